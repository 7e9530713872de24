//! Making a backup: discover, list, select, write, finish.

use super::reading::{CONCURRENT_TYPES, Pages, ReadPage, channel};
use super::selection::Selection;
use super::{BackupError, BackupRequest, BackupSummary};
use crate::archive::{ArchiveWriter, Description, HeldClaim, Source};
use crate::cluster::{Cluster, ClusterError};
use crate::object::ResourceType;
use crate::report::{Cancellation, Code, Problem, Progress};
use crate::store::Store;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::StreamExt;

/// Back up the objects of a cluster that the request names into a store.
///
/// The backup is there when this returns, and not before. What a live cluster does not let us read is an error in the
/// summary, and the rest is backed up. After an error or a cancellation nothing of it is left, unless the store fails at
/// that too: then, and when the future is dropped, what remains is known as unfinished, until
/// [`crate::archive::cleanup`] removes it.
pub async fn create(
    request: &BackupRequest,
    cluster: &dyn Cluster,
    store: &dyn Store,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<BackupSummary, BackupError> {
    progress.begin("Discovering resource types", None);
    let (selection, warnings) = tokio::select! {
        biased;
        () = cancellation.cancelled() => return Err(BackupError::Cancelled),
        selection = Selection::new(request, cluster) => selection?,
    };
    let claim = HeldClaim::take_protected(store, &request.name, request.protection.clone()).await?;
    let mut run = Run {
        selection,
        warnings,
        errors: Vec::new(),
        progress,
    };
    progress.begin("Writing objects", None);
    let written = async {
        let writer = ArchiveWriter::begin(&claim, request.workers).await?;
        let writer = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(BackupError::Cancelled),
            written = run.write_objects(cluster, writer) => written?,
        };
        run.finish(writer, request, cluster).await
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

/// A backup that is being made.
struct Run<'p> {
    selection: Selection,
    warnings: Vec<Problem>,
    errors: Vec<Problem>,
    progress: &'p Progress,
}

impl Run<'_> {
    /// List types ahead, and write their objects type by type.
    async fn write_objects<'a>(
        &mut self,
        cluster: &dyn Cluster,
        mut writer: ArchiveWriter<'a>,
    ) -> Result<ArchiveWriter<'a>, BackupError> {
        let types = self.selection.types.clone();
        let mut to_write = Vec::new();
        let mut lists: Vec<BoxFuture<'_, ()>> = Vec::new();
        for of in &types {
            let (sender, pages) = channel();
            lists.push(sender.list(cluster, of, self.selection.lists_of(of)).boxed());
            to_write.push((of, pages));
        }
        let list = futures::stream::iter(lists)
            .buffer_unordered(CONCURRENT_TYPES)
            .collect::<()>();
        let write = async {
            for (of, pages) in to_write {
                self.write_type(of, pages, cluster.is_live(), &mut writer).await?;
            }
            Ok::<(), BackupError>(())
        };
        futures::try_join!(list.map(Ok), write)?;
        Ok(writer)
    }

    /// Write the objects of a type, as far as they can be read.
    async fn write_type(
        &mut self,
        of: &ResourceType,
        mut pages: Pages,
        is_live: bool,
        writer: &mut ArchiveWriter<'_>,
    ) -> Result<(), BackupError> {
        let mut seen = 0;
        while let Some(page) = pages.recv().await {
            match page {
                Ok(page) => seen += self.write_page(of, page, writer).await?,
                // Its definition was deleted a moment ago, and all of its objects with it.
                Err(ClusterError::UnknownType(_)) if is_live => {}
                Err(error) if is_live && leaves_the_rest(&error) => {
                    self.errors.push(not_read(of, error, seen));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Write those objects of a page that the backup takes, and say how many were looked at.
    async fn write_page(
        &mut self,
        of: &ResourceType,
        read: ReadPage,
        writer: &mut ArchiveWriter<'_>,
    ) -> Result<usize, BackupError> {
        if read.page.was_continued {
            let message = "the list took so long that the rest of it is of a later moment";
            self.warnings
                .push(Problem::new(Code::ListContinued, message).about(&of.resource));
        }
        for object in &read.page.items {
            if self.selection.takes(of, object) {
                writer.append(of, &object.id, object.json.get()).await?;
                self.progress.advance(1);
            }
        }
        Ok(read.page.items.len())
    }

    /// Finish the backup. This is not cancelled half way: a manifest on its way to the store could arrive after all else
    /// was removed.
    async fn finish(
        mut self,
        writer: ArchiveWriter<'_>,
        request: &BackupRequest,
        cluster: &dyn Cluster,
    ) -> Result<BackupSummary, BackupError> {
        self.warnings.extend(self.selection.unmet_needs());
        let description = Description {
            source: Source {
                cluster: cluster.address(),
                filter: request.filter.clone(),
            },
            labels: request.labels.clone(),
            ttl: request.ttl,
            warnings: self.warnings.clone(),
            errors: self.errors.clone(),
            being_deleted: self.selection.being_deleted,
            excluded_by_label: self.selection.excluded_by_label,
            left_out: self.selection.defaults.report,
        };
        let manifest = writer.finish(description).await?;
        Ok(BackupSummary {
            manifest,
            warnings: self.warnings,
            errors: self.errors,
        })
    }
}

/// Whether an error is about one type only, and other types can be read all the same.
fn leaves_the_rest(error: &ClusterError) -> bool {
    matches!(
        error,
        ClusterError::Forbidden { .. }
            | ClusterError::Busy { .. }
            | ClusterError::Expired(_)
            | ClusterError::Answer { .. }
            | ClusterError::Rejected { .. }
    )
}

/// What is in the report for a type that could not be read to its end.
fn not_read(of: &ResourceType, error: ClusterError, seen: usize) -> Problem {
    let problem = Problem::from(error);
    let what = match seen {
        0 => "none of them is in the backup".to_owned(),
        seen => format!("after {seen} of them, the others are not in the backup"),
    };
    Problem::new(problem.code, format!("{what}: {}", problem.message)).about(&of.resource)
}
