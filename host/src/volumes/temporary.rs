//! A claim for a while, with the data of a recovery point: for who copies it elsewhere.

use super::candidate::claim_id;
use super::content;
use super::kinds::{SnapshotTypes, claims};
use super::origin::{HELPS, label_value, unique};
use super::provision::{Provision, use_snapshot};
use super::record::SnapshotRecord;
use super::survey::classes;
use crate::cluster::{Cluster, ClusterError, Write};
use crate::object::ObjectId;
use serde_json::json;

/// A claim in `namespace` whose volume is made from a snapshot, and is thrown away again. With
/// `WaitForFirstConsumer` the volume comes to be with the first pod that uses the claim.
#[derive(Clone, Debug)]
pub struct TemporaryClaim<'r> {
    provision: Provision<'r>,
    name: String,
}

impl<'r> TemporaryClaim<'r> {
    /// The claim that `owner` makes in `namespace` from a snapshot of the backup with this `id`. Nothing is there yet.
    pub fn new(record: &'r SnapshotRecord, id: &str, namespace: &str, owner: &str) -> Self {
        let mut provision = Provision::new(record, id, namespace, owner);
        // Two who copy the same snapshot into one namespace are not in each other's way.
        provision.snapshot = unique(&[id, owner, &record.namespace, &record.claim]);
        TemporaryClaim {
            name: provision.snapshot.clone(),
            provision,
        }
    }

    /// Who the claim is.
    pub fn id(&self) -> ObjectId {
        claim_id(&self.provision.namespace, &self.name)
    }

    /// Make it, in `storage_class` where one is given and else in that of the original. What is there already of an
    /// earlier attempt is used.
    pub async fn make(
        &self,
        cluster: &dyn Cluster,
        types: &SnapshotTypes,
        storage_class: Option<&str>,
    ) -> Result<(), ClusterError> {
        let classes = classes(cluster, &types.classes).await?;
        self.provision.make(cluster, types, &classes).await?;
        let record = self.provision.record;
        let size = match record.restore_size {
            Some(size) => Some(size),
            None => self.size(cluster, types).await?,
        };
        let mut claim = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": self.name,
                "namespace": self.provision.namespace,
                "labels": {HELPS: label_value(&self.provision.owner)},
            },
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "volumeMode": record.mode.as_deref().unwrap_or("Filesystem"),
                "storageClassName": storage_class.or(record.storage_class.as_deref()),
                "resources": {"requests": {"storage": size.unwrap_or(1).to_string()}},
            },
        });
        use_snapshot(&mut claim, "", record);
        if let Some(name) = claim.pointer_mut("/spec/dataSource/name") {
            *name = self.provision.snapshot.as_str().into();
        }
        match cluster.create(&claims(), &claim, Write::default()).await {
            Ok(_) | Err(ClusterError::Exists(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// How large the volume must be, by what the cluster has found out about the snapshot, if it has.
    async fn size(&self, cluster: &dyn Cluster, types: &SnapshotTypes) -> Result<Option<u64>, ClusterError> {
        let content = content::get(cluster, types, &self.provision.content).await?;
        Ok(content.and_then(|content| content.pointer("/status/restoreSize")?.as_u64()))
    }

    /// Remove it, with its volume. The pods that use it must be gone, else it stays until they are.
    pub async fn remove(&self, cluster: &dyn Cluster, types: &SnapshotTypes) -> Result<(), ClusterError> {
        let namespace = Some(self.provision.namespace.as_str());
        cluster.delete(&claims(), namespace, &self.name, None).await?;
        self.provision.remove(cluster, types).await
    }
}
