//! `VolumeSnapshotContent`s: the snapshots themselves.

use super::kinds::SnapshotTypes;
use super::origin::{Origin, set};
use super::pace::Pace;
use super::record::SnapshotRecord;
use super::text;
use crate::cluster::{Cluster, ClusterError, Write};
use crate::report::units::took;
use crate::report::{Code, Problem};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// How often a content is read again that has changed before it could be written.
const ATTEMPTS: u32 = 8;

/// Without it the snapshotter keeps a content that is deleted as long as it believes the `VolumeSnapshot` to be there.
const BEING_DELETED: &str = "snapshot.storage.kubernetes.io/volumesnapshot-being-deleted";

/// The finalizer that the snapshotter takes away once the snapshot is deleted.
const PROTECTION: &str = "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection";

/// What happens to the snapshot in the storage when its content goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// It stays.
    Retain,
    /// It goes, too.
    Delete,
}

impl Policy {
    fn name(self) -> &'static str {
        match self {
            Policy::Retain => "Retain",
            Policy::Delete => "Delete",
        }
    }
}

/// A content as it is now, or none.
pub(crate) async fn get(
    cluster: &dyn Cluster,
    types: &SnapshotTypes,
    name: &str,
) -> Result<Option<Value>, ClusterError> {
    cluster.get(&types.contents, None, name).await
}

/// Whether the storage has a handle and a time for the snapshot.
pub(crate) fn is_cut(content: &Value) -> bool {
    text(content, "/status/snapshotHandle").is_some()
        && content
            .pointer("/status/creationTime")
            .is_some_and(|time| !time.is_null())
}

/// When it was cut: nanoseconds since 1970 in a content, a text in a `VolumeSnapshot`.
pub(crate) fn cut_at(content: &Value) -> Option<Timestamp> {
    let time = content.pointer("/status/creationTime")?;
    match time.as_i64() {
        Some(nanoseconds) => Timestamp::from_nanosecond(nanoseconds.into()).ok(),
        None => time.as_str()?.parse().ok(),
    }
}

/// What went wrong with it at last.
pub(crate) fn error(object: &Value) -> Option<String> {
    text(object, "/status/error/message").map(str::to_owned)
}

/// Set the policy of a content, and mark whose it is. None where it is not there.
pub(crate) async fn set_policy(
    cluster: &dyn Cluster,
    types: &SnapshotTypes,
    name: &str,
    policy: Policy,
    origin: Option<&Origin>,
) -> Result<Option<Value>, ClusterError> {
    let mut attempt = 0;
    loop {
        let Some(mut content) = get(cluster, types, name).await? else {
            return Ok(None);
        };
        if let Some(spec) = content.pointer_mut("/spec").and_then(Value::as_object_mut) {
            spec.insert("deletionPolicy".to_owned(), policy.name().into());
        }
        if policy == Policy::Delete {
            set(&mut content, "annotations", BEING_DELETED, "yes");
        }
        if let Some(origin) = origin {
            origin.put(&mut content);
        }
        attempt += 1;
        match cluster.replace(&types.contents, &content, Write::default()).await {
            Err(ClusterError::Conflict(_)) if attempt < ATTEMPTS => {}
            Err(ClusterError::NotFound(_)) => return Ok(None),
            written => return written.map(Some),
        }
    }
}

/// Wait until the snapshot of a content is ready to use, and return the content.
pub(crate) async fn wait_until_ready(
    cluster: &dyn Cluster,
    types: &SnapshotTypes,
    name: &str,
    limit: Duration,
) -> Result<Value, Problem> {
    let mut pace = Pace::new(limit);
    let mut said = None;
    loop {
        match get(cluster, types, name).await {
            Ok(Some(content)) if is_ready(&content) => return Ok(content),
            Ok(Some(content)) => said = error(&content).or(said),
            Ok(None) => {
                let message = "its snapshot was deleted while the backup was made";
                return Err(Problem::new(Code::SnapshotFailed, message));
            }
            Err(error) if error.is_retryable() => {}
            Err(error) => return Err(error.into()),
        }
        if !pace.wait().await {
            let said = said.map(|said| format!(": {said}")).unwrap_or_default();
            let message = format!(
                "its snapshot was cut, and not ready to use within {}{said}",
                took(limit)
            );
            return Err(Problem::new(Code::SnapshotTimeout, message));
        }
    }
}

fn is_ready(content: &Value) -> bool {
    content.pointer("/status/readyToUse").and_then(Value::as_bool) == Some(true)
}

/// Delete a content and the snapshot in the storage, and wait until both are gone. No error when there is none.
pub(crate) async fn destroy(
    cluster: &dyn Cluster,
    types: &SnapshotTypes,
    name: &str,
) -> Result<(), ClusterError> {
    match set_policy(cluster, types, name, Policy::Delete, None).await? {
        Some(_) => cluster.delete(&types.contents, None, name, None).await,
        None => Ok(()),
    }
}

/// A content for a snapshot that the storage has already, for the `VolumeSnapshot` `name` in `namespace`.
pub(crate) fn of_handle(
    types: &SnapshotTypes,
    record: &SnapshotRecord,
    policy: Policy,
    content: &str,
    (namespace, name): (&str, &str),
    class: Option<&str>,
) -> Value {
    let of = &types.contents;
    let mut spec = json!({
        "deletionPolicy": policy.name(),
        "driver": record.driver,
        "source": {"snapshotHandle": record.handle},
        "sourceVolumeMode": record.mode.as_deref().unwrap_or("Filesystem"),
        "volumeSnapshotRef": {"name": name, "namespace": namespace},
    });
    if let Some((spec, class)) = spec.as_object_mut().zip(class) {
        spec.insert("volumeSnapshotClassName".to_owned(), class.into());
    }
    let mut metadata = json!({"name": content});
    if let (Some(metadata), Policy::Delete) = (metadata.as_object_mut(), policy) {
        // A content that no `VolumeSnapshot` is bound to gets none, and would be gone before the snapshot is deleted.
        metadata.insert("finalizers".to_owned(), json!([PROTECTION]));
    }
    json!({
        "apiVersion": of.resource.api_version(&of.version),
        "kind": of.kind,
        "metadata": metadata,
        "spec": spec,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::both(json!({"snapshotHandle": "h", "creationTime": 1}), true)]
    #[case::no_time(json!({"snapshotHandle": "h"}), false)]
    #[case::no_handle(json!({"creationTime": 1, "readyToUse": false}), false)]
    #[case::nothing(json!({}), false)]
    fn a_snapshot_is_cut_with_handle_and_time(#[case] status: Value, #[case] expected: bool) {
        assert_eq!(is_cut(&json!({"status": status})), expected);
    }

    #[rstest]
    #[case::nanoseconds(json!(1_700_000_000_000_000_000_i64), Some("2023-11-14T22:13:20Z"))]
    #[case::a_text(json!("2023-11-14T22:13:20Z"), Some("2023-11-14T22:13:20Z"))]
    #[case::odd(json!("yesterday"), None)]
    fn when_it_was_cut(#[case] time: Value, #[case] expected: Option<&str>) {
        let found = cut_at(&json!({"status": {"creationTime": time}}));
        assert_eq!(found.map(|time| time.to_string()).as_deref(), expected);
    }
}
