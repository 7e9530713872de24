//! Making a backup: discover, list, select, write, finish.

use super::selection::Selection;
use super::{BackupError, BackupRequest, BackupSummary};
use crate::archive::{ArchiveWriter, Description, HeldClaim, Source};
use crate::cluster::{Cluster, ClusterError, ListOptions, Page};
use crate::object::ResourceType;
use crate::report::{Cancellation, Progress};
use crate::store::Store;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::StreamExt;
use tokio::sync::mpsc;

/// How many types are listed at a time. Each has one page in the making and one waiting.
const CONCURRENT_TYPES: usize = 4;

/// Back up the objects of a cluster that the request names into a store.
///
/// The backup is there when this returns, and not before. After an error or a cancellation nothing of it is left, unless
/// the store fails at that too: then, and when the future is dropped, what remains is known as unfinished, until
/// [`crate::archive::cleanup`] removes it.
pub async fn create(
    request: &BackupRequest,
    cluster: &dyn Cluster,
    store: &dyn Store,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<BackupSummary, BackupError> {
    progress.begin("Discovering resource types", None);
    let (mut selection, warnings) = Selection::new(request, cluster).await?;
    let claim = HeldClaim::take(store, &request.name).await?;
    let description = Description {
        source: Source {
            cluster: cluster.address(),
            filter: request.filter.clone(),
        },
        labels: request.labels.clone(),
        ttl: request.ttl,
        warnings,
        ..Description::default()
    };
    progress.begin("Writing objects", None);
    let written = async {
        let writer = ArchiveWriter::begin(&claim, request.workers).await?;
        let writer = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(BackupError::Cancelled),
            written = write_objects(&mut selection, cluster, writer, progress) => written?,
        };
        finish(writer, &selection, description).await
    };
    let result = written.await;
    if result.is_err()
        && let Err(error) = claim.abandon().await
    {
        tracing::warn!(
            "what was written of backup {} could not be removed: {error}",
            request.name
        );
    }
    result
}

/// Finish the backup. This is not cancelled half way: a manifest on its way to the store could arrive after all else was
/// removed.
async fn finish(
    writer: ArchiveWriter<'_>,
    selection: &Selection,
    description: Description,
) -> Result<BackupSummary, BackupError> {
    let warnings = description.warnings.clone();
    let description = Description {
        being_deleted: selection.being_deleted,
        excluded_by_label: selection.excluded_by_label,
        ..description
    };
    let manifest = writer.finish(description).await?;
    Ok(BackupSummary { manifest, warnings })
}

/// List types ahead, and write their objects type by type.
async fn write_objects<'a>(
    selection: &mut Selection,
    cluster: &dyn Cluster,
    mut writer: ArchiveWriter<'a>,
    progress: &Progress,
) -> Result<ArchiveWriter<'a>, BackupError> {
    let types = selection.types.clone();
    let (senders, receivers): (Vec<_>, Vec<_>) = types.iter().map(|_| mpsc::channel(1)).unzip();
    let lists: Vec<BoxFuture<'_, ()>> = types
        .iter()
        .zip(senders)
        .map(|(of, pages)| send_pages(cluster, of, pages).boxed())
        .collect();
    let list = futures::stream::iter(lists)
        .buffer_unordered(CONCURRENT_TYPES)
        .collect::<()>();
    let write = async {
        for (of, mut pages) in types.iter().zip(receivers) {
            while let Some(page) = pages.recv().await {
                for object in page?.items {
                    if selection.takes(of, &object) {
                        writer.append(of, &object.id, object.json.get()).await?;
                        progress.advance(1);
                    }
                }
            }
        }
        Ok::<(), BackupError>(())
    };
    futures::try_join!(list.map(Ok), write)?;
    Ok(writer)
}

/// List a type for whoever writes it, who may have given up.
async fn send_pages(cluster: &dyn Cluster, of: &ResourceType, to: mpsc::Sender<Result<Page, ClusterError>>) {
    let mut pages = cluster.list(of, &ListOptions::default());
    while let Some(page) = pages.next().await {
        if to.send(page).await.is_err() {
            break;
        }
    }
}
