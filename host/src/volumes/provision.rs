//! Making a volume from a snapshot: the objects that a claim needs for it.

use super::class::SnapshotClass;
use super::content::{self, Policy};
use super::kinds::{SNAPSHOT_GROUP, SnapshotTypes};
use super::origin::{HELPS, label_value, set, unique};
use super::quantity::bytes;
use super::record::SnapshotRecord;
use super::text;
use crate::cluster::{Cluster, ClusterError, Write};
use serde_json::{Value, json};

/// The objects with which a claim becomes a volume with the data of a snapshot: a `VolumeSnapshotContent` for the handle
/// and a `VolumeSnapshot` in the namespace of the claim. The snapshot itself stays whatever becomes of them.
#[derive(Clone, Debug)]
pub struct Provision<'r> {
    /// The snapshot.
    pub record: &'r SnapshotRecord,
    /// The namespace of the new claim.
    pub namespace: String,
    /// The name of the `VolumeSnapshot`, which the claim has as its source.
    pub snapshot: String,
    /// The name of the content. Different for each restore.
    pub content: String,
    /// Who makes them: the name of a restore.
    pub owner: String,
}

impl<'r> Provision<'r> {
    /// Those for the claim of `record` in the backup with this `id`, in `namespace`, made by `owner`.
    pub fn new(record: &'r SnapshotRecord, id: &str, namespace: &str, owner: &str) -> Self {
        Provision {
            record,
            namespace: namespace.to_owned(),
            snapshot: source_name(id, record),
            content: unique(&[owner, namespace, &record.claim, &record.handle]),
            owner: owner.to_owned(),
        }
    }

    /// Make them. Those that are there already are left as they are: nobody else gives these names.
    pub async fn make(
        &self,
        cluster: &dyn Cluster,
        types: &SnapshotTypes,
        classes: &[SnapshotClass],
    ) -> Result<(), ClusterError> {
        let class = classes.iter().find(|class| class.driver == self.record.driver);
        let mut content = content::of_handle(
            types,
            self.record,
            Policy::Retain,
            &self.content,
            (&self.namespace, &self.snapshot),
            class.map(|class| class.name.as_str()),
        );
        let of = &types.snapshots;
        let mut snapshot = json!({
            "apiVersion": of.resource.api_version(&of.version),
            "kind": of.kind,
            "metadata": {"name": self.snapshot, "namespace": self.namespace},
            "spec": {"source": {"volumeSnapshotContentName": self.content}},
        });
        for (of, object) in [(&types.contents, &mut content), (of, &mut snapshot)] {
            set(object, "labels", HELPS, &label_value(&self.owner));
            match cluster.create(of, object, Write::default()).await {
                Ok(_) | Err(ClusterError::Exists(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Remove them, once the claim is bound, or is not wanted any more. The snapshot stays.
    pub async fn remove(&self, cluster: &dyn Cluster, types: &SnapshotTypes) -> Result<(), ClusterError> {
        remove(cluster, types, &self.namespace, &self.snapshot).await?;
        cluster.delete(&types.contents, None, &self.content, None).await
    }
}

async fn remove(
    cluster: &dyn Cluster,
    types: &SnapshotTypes,
    namespace: &str,
    name: &str,
) -> Result<(), ClusterError> {
    cluster
        .delete(&types.snapshots, Some(namespace), name, None)
        .await
}

/// What the `VolumeSnapshot` is called that a claim of a backup has as its source: the same in a plan and in every restore.
pub(crate) fn source_name(id: &str, record: &SnapshotRecord) -> String {
    unique(&[id, &record.namespace, &record.claim])
}

/// Let a claim become a volume with the data of a snapshot: of at least its size, and no volume that it had before.
pub(crate) fn use_snapshot(claim: &mut Value, id: &str, record: &SnapshotRecord) {
    let asked = text(claim, "/spec/resources/requests/storage")
        .and_then(bytes)
        .unwrap_or_default();
    let Some(spec) = claim.pointer_mut("/spec").and_then(Value::as_object_mut) else {
        return;
    };
    for member in ["volumeName", "dataSourceRef", "dataSource"] {
        spec.shift_remove(member);
    }
    let source = json!({
        "apiGroup": SNAPSHOT_GROUP,
        "kind": "VolumeSnapshot",
        "name": source_name(id, record),
    });
    spec.insert("dataSource".to_owned(), source);
    if let Some(size) = record.restore_size.filter(|size| *size > asked) {
        let resources = spec.entry("resources").or_insert_with(|| json!({}));
        let requests = resources
            .as_object_mut()
            .map(|resources| resources.entry("requests").or_insert_with(|| json!({})));
        if let Some(requests) = requests.and_then(Value::as_object_mut) {
            requests.insert("storage".to_owned(), size.to_string().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn record(restore_size: Option<u64>) -> SnapshotRecord {
        SnapshotRecord {
            namespace: "shop".into(),
            claim: "data".into(),
            volume: "pv".into(),
            driver: "disk".into(),
            handle: "h".into(),
            content: "c".into(),
            class: None,
            mode: None,
            storage_class: None,
            cut_at: None,
            restore_size,
        }
    }

    #[rstest]
    #[case::as_asked(Some(1 << 30), "1Gi", "1Gi")]
    #[case::asked_for_more(Some(1), "2Gi", "2Gi")]
    #[case::snapshot_is_larger(Some((1 << 30) + 1), "1Gi", "1073741825")]
    #[case::unknown(None, "1Gi", "1Gi")]
    fn a_claim_is_at_least_as_large_as_its_snapshot(
        #[case] size: Option<u64>,
        #[case] asked: &str,
        #[case] expected: &str,
    ) {
        let mut claim = json!({"spec": {
            "volumeName": "pv", "dataSourceRef": {"name": "old"}, "resources": {"requests": {"storage": asked}},
        }});
        use_snapshot(&mut claim, "id", &record(size));
        assert_eq!(claim["spec"]["resources"]["requests"]["storage"], expected);
        assert_eq!(
            claim["spec"]["dataSource"]["name"],
            source_name("id", &record(size))
        );
        assert!(claim["spec"].get("volumeName").is_none() && claim["spec"].get("dataSourceRef").is_none());
    }
}
