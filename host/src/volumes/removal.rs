//! Removing the snapshots of a backup from the storage.

use super::content::{self, Policy};
use super::kinds::SnapshotTypes;
use super::origin::unique;
use super::record::{SnapshotRecord, VolumeRecords};
use crate::cluster::{Cluster, ClusterError, Write};
use crate::report::{Code, Problem};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt};

/// How many are removed at a time.
const AT_A_TIME: usize = 16;

/// Remove the snapshots of a backup, and return what could not be removed. A snapshot whose content is in the cluster goes
/// with it. For one whose content is not there (a new cluster that reaches the same storage, or somebody has deleted it)
/// a content is made from the handle, and deleted with the snapshot, as Velero does.
pub async fn remove_snapshots(records: &VolumeRecords, cluster: &dyn Cluster) -> Vec<Problem> {
    if records.snapshots.is_empty() {
        return Vec::new();
    }
    let types = match cluster.resource_types().await {
        Ok(discovery) => SnapshotTypes::of(&discovery.types),
        Err(error) => return vec![error.into()],
    };
    let Some(types) = types else {
        let message =
            "the cluster does not serve snapshot.storage.k8s.io, so the snapshots of the backup stay";
        return vec![Problem::new(Code::SnapshotsNotServed, message)];
    };
    let removing = records.snapshots.iter();
    let removing: Vec<BoxFuture<'_, _>> = removing
        .map(|record| remove(record, cluster, &types).boxed())
        .collect();
    let removed: Vec<_> = stream::iter(removing).buffered(AT_A_TIME).collect().await;
    let failed = records.snapshots.iter().zip(removed);
    failed
        .filter_map(|(record, removed)| {
            let problem = Problem::from(removed.err()?);
            let message = format!(
                "the snapshot {} of driver {} stays: {}",
                record.handle, record.driver, problem.message
            );
            Some(Problem::new(problem.code, message).about(record.id()))
        })
        .collect()
}

async fn remove(
    record: &SnapshotRecord,
    cluster: &dyn Cluster,
    types: &SnapshotTypes,
) -> Result<(), ClusterError> {
    let there = content::get(cluster, types, &record.content).await?;
    let is_it = |content: &serde_json::Value| {
        super::text(content, "/status/snapshotHandle") == Some(record.handle.as_str())
    };
    if there.as_ref().is_some_and(is_it) {
        return content::destroy(cluster, types, &record.content).await;
    }
    let name = unique(&["delete", &record.driver, &record.handle]);
    let wanted = content::of_handle(
        types,
        record,
        Policy::Delete,
        &name,
        (&record.namespace, &name),
        record.class.as_deref(),
    );
    match cluster.create(&types.contents, &wanted, Write::default()).await {
        Ok(_) | Err(ClusterError::Exists(_)) => content::destroy(cluster, types, &name).await,
        Err(error) => Err(error),
    }
}
