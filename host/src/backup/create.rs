//! Making a backup: discover, list, select, write, finish.

use super::hooking::{self, Hooked, Hooking, Taken};
use super::reading::{CONCURRENT_TYPES, Pages, ReadPage, channel};
use super::selection::Selection;
use super::volumes::{self, Kept, Volumes};
use super::{BackupError, BackupRequest, BackupSummary};
use crate::archive::{ArchiveError, ArchiveWriter, BackupFile, Description, HeldClaim, Source};
use crate::cluster::{Cluster, ClusterError, RawObject};
use crate::hooks::Hooks;
use crate::object::{ObjectKey, ResourceType};
use crate::report::{Cancellation, Code, Problem, Progress};
use crate::store::Store;
use crate::volumes::{Origin, Snapshots};
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
    create_with_hooks(request, None, cluster, store, progress, cancellation).await
}

/// The same, with hooks around pods. All of them run before the first object is written. Cancelled, or after an error,
/// pods that stand still are let go first; where that was not done for certain, the error says so, and the store keeps
/// what is needed to do it later ([`crate::hooks::frozen`]).
pub async fn create_with_hooks(
    request: &BackupRequest,
    hooking: Option<Hooking<'_>>,
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
    let mut errors = Vec::new();
    let found = Volumes::find(request, &selection, cluster);
    let volumes = tokio::select! {
        biased;
        () = cancellation.cancelled() => Volumes::default(),
        found = found => found.unwrap_or_else(|error| {
            errors.push(volumes::not_found(error));
            Volumes::default()
        }),
    };
    let origin = Origin::new(&request.name, &claim.claim().writer, store);
    let snapshots = volumes.snapshots(cluster, origin, request);
    let snapshots = snapshots.as_ref();
    let watch = (progress, cancellation);
    let hooked = match hooking {
        Some(hooking) => hooking::run(&selection, hooking, cluster, &claim, snapshots, watch).await,
        None => Ok(Hooked::default()),
    };
    let result = match hooked {
        Ok(hooked) => {
            let frozen = hooked.frozen.clone();
            let run = Run {
                selection,
                warnings,
                errors,
                hooks: hooking.map(|hooking| hooking.hooks),
                hooked,
                volumes,
                snapshots,
                progress,
            };
            let written = run.write(request, cluster, &claim, cancellation).await;
            written.map_err(|error| match frozen.is_empty() {
                true => error,
                false => BackupError::frozen(frozen, error),
            })
        }
        Err(error) => Err(error),
    };
    match (&result, snapshots) {
        (Ok(_), Some(snapshots)) => snapshots.release().await,
        (Err(_), Some(snapshots)) => snapshots.abandon().await,
        (_, None) => {}
    }
    match &result {
        // The notes must stay, and with them the claim.
        Err(BackupError::Frozen { .. }) | Ok(_) => {}
        Err(_) => abandon(&claim, request).await,
    }
    result
}

/// Remove what was written of a backup.
async fn abandon(claim: &HeldClaim<'_>, request: &BackupRequest) {
    if let Err(error) = claim.abandon().await {
        tracing::warn!(
            "what was written of backup {} could not be removed: {error}",
            request.name
        );
    }
}

/// A backup that is being made.
struct Run<'p> {
    selection: Selection,
    warnings: Vec<Problem>,
    errors: Vec<Problem>,
    hooks: Option<&'p Hooks<'p>>,
    hooked: Hooked,
    volumes: Volumes,
    snapshots: Option<&'p Snapshots<'p>>,
    progress: &'p Progress,
}

impl Run<'_> {
    /// Write all there is, and finish the backup.
    async fn write(
        mut self,
        request: &BackupRequest,
        cluster: &dyn Cluster,
        claim: &HeldClaim<'_>,
        cancellation: &Cancellation,
    ) -> Result<BackupSummary, BackupError> {
        if let Some(snapshots) = self.snapshots {
            let count = u64::try_from(snapshots.len()).ok();
            self.progress.begin("Cutting snapshots", count);
            tokio::select! {
                biased;
                () = cancellation.cancelled() => return Err(BackupError::Cancelled),
                () = snapshots.cut(|_| true, self.progress) => {}
            }
        }
        self.progress.begin("Writing objects", None);
        let writer = ArchiveWriter::begin(claim, request.workers).await?;
        let writer = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(BackupError::Cancelled),
            written = self.write_objects(cluster, writer) => written?,
        };
        let volumes = std::mem::take(&mut self.volumes);
        let kept = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(BackupError::Cancelled),
            kept = volumes.settle(self.snapshots, self.progress) => kept?,
        };
        self.warnings.extend(kept.warnings.iter().cloned());
        self.errors.extend(kept.errors.iter().cloned());
        let is_frozen = !self.hooked.frozen.is_empty();
        let summary = self.finish(writer, request, cluster, kept).await?;
        if !is_frozen {
            claim.remove_notes().await;
        }
        Ok(summary)
    }

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
        if of.resource.is("", "pods") {
            self.write_hooked(of, None, writer).await?;
        }
        Ok(())
    }

    /// Write the pods that hooks were for and that come before `key`, as they were taken then: they may be gone by now.
    async fn write_hooked(
        &mut self,
        of: &ResourceType,
        key: Option<&ObjectKey>,
        writer: &mut ArchiveWriter<'_>,
    ) -> Result<(), BackupError> {
        while let Some(taken) = self.hooked.next_before(key) {
            if let Taken::Object(pod) = taken {
                self.write_object(of, &pod, writer).await?;
            }
        }
        Ok(())
    }

    /// Write a listed pod, unless hooks were for it: then as it was taken, or not at all.
    async fn write_pod(
        &mut self,
        of: &ResourceType,
        listed: &RawObject,
        writer: &mut ArchiveWriter<'_>,
    ) -> Result<(), BackupError> {
        let key = ObjectKey::new(listed.id.namespace.as_deref(), &listed.id.name);
        self.write_hooked(of, Some(&key), writer).await?;
        match self.hooked.pods.remove(&key) {
            Some(Taken::Nothing) => Ok(()),
            Some(Taken::Object(taken)) => self.write_object(of, &taken, writer).await,
            None => {
                let hooks = self.hooks.filter(|_| self.selection.wants(listed));
                hooks.inspect(|hooks| self.hooked.note_latecomer(of, listed, hooks));
                self.write_object(of, listed, writer).await
            }
        }
    }

    async fn write_object(
        &mut self,
        of: &ResourceType,
        object: &RawObject,
        writer: &mut ArchiveWriter<'_>,
    ) -> Result<(), BackupError> {
        if self.selection.takes(of, object) {
            writer.append(of, &object.id, &object.json).await?;
            self.progress.advance(1);
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
            match of.resource.is("", "pods") {
                true => self.write_pod(of, object, writer).await?,
                false => self.write_object(of, object, writer).await?,
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
        kept: Kept,
    ) -> Result<BackupSummary, BackupError> {
        self.warnings.append(&mut self.hooked.warnings);
        self.errors.append(&mut self.hooked.errors);
        self.warnings.extend(self.selection.unmet_needs());
        let point = request.point.as_ref().map(|stamps| match self.errors.is_empty() {
            true => stamps.whole.clone(),
            false => stamps.partial.clone(),
        });
        let hooks = hooks_of(&self.hooked)?.map(|hooks| (BackupFile::Hooks, hooks));
        let description = Description {
            point,
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
            hook_status: (!self.hooked.record.is_empty()).then(|| self.hooked.record.status()),
            side_files: hooks.into_iter().chain(kept.files).collect(),
            snapshots: kept.snapshots,
        };
        let manifest = writer.finish(description).await?;
        Ok(BackupSummary {
            hooks: self.hooked.record,
            manifest,
            warnings: self.warnings,
            errors: self.errors,
        })
    }
}

/// What hooks leave with the backup; none where there were none.
fn hooks_of(hooked: &Hooked) -> Result<Option<Vec<u8>>, BackupError> {
    if hooked.record.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_vec(&hooked.record);
    let text = text.map_err(|error| ArchiveError::Internal(error.to_string()))?;
    Ok(Some(text))
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
