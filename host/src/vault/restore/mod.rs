//! Bringing a snapshot back: into an empty folder, with all that was stored of its files, or onto a block device.
//!
//! Nothing outside the folder is touched, whatever the repository holds: each file is made anew in a folder that was
//! made, or found empty, before, and no link is followed.

mod attributes;
mod folder;
mod node;
mod target;
mod walk;
mod work;
mod write;

use super::copy::{Findings, LOST_AND_FOUND};
use super::progress::Bars;
use super::repository::Session;
use super::{SnapshotId, Vault, VaultError, blocking};
use crate::report::{Cancellation, Progress, Unit};
use rustic_core::repofile::{Node, SnapshotFile};
use rustic_core::{IndexedFullStatus, Repository};
use serde::Serialize;
use std::path::{Path, PathBuf};
use work::Shared;

/// What is to be restored, and where to.
#[derive(Clone, Debug)]
pub struct RestoreRequest {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// A folder or file in it; none: what was copied, as a whole.
    pub path: Option<String>,
    /// Where to.
    pub target: Target,
}

/// Where a snapshot is restored to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A folder that is empty, or is made. What was in the folder that was copied is in it then.
    Folder(PathBuf),
    /// A block device, or a file that may be there: the contents of the one file that was copied.
    Device(PathBuf),
}

/// What was restored.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    /// Files that are no folders.
    pub files: u64,
    /// Folders, with the one that was restored into.
    pub folders: u64,
    /// Bytes of contents.
    pub bytes: u64,
    /// Bytes that were read from the store.
    pub bytes_read: u64,
    /// What could not be set: the owner of a file, where the user may not, or an attribute that the file system lacks.
    #[serde(skip)]
    pub incomplete: Findings,
}

/// Restore a snapshot. When this returns it is on the disk.
///
/// # Errors
/// [`VaultError::NotEmpty`] when the folder is not; [`VaultError::Damaged`] when something of the contents is lost; what
/// the disk says when it is full. What was restored by then stays, and is no whole volume.
pub async fn restore(
    vault: &Vault,
    request: RestoreRequest,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<Restored, VaultError> {
    let (vault, backend) = (vault.clone(), vault.backend(cancellation));
    let (progress, cancellation) = (progress.clone(), cancellation.clone());
    blocking(move || {
        progress.begin("Reading the index", None);
        let session = vault.session(backend, Bars::hidden())?;
        let restored = work(session, &request, &progress, &cancellation);
        match cancellation.is_cancelled() {
            true => Err(VaultError::Cancelled),
            false => restored,
        }
    })
    .await
}

fn work(
    session: Session,
    request: &RestoreRequest,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<Restored, VaultError> {
    let Session { backend, repository } = session;
    let id = request.snapshot;
    let read = repository.get_file::<SnapshotFile>(&id.0);
    let snapshot = read.map_err(|error| VaultError::of(&error, &backend))?;
    let indexed = repository.to_indexed();
    let indexed = indexed.map_err(|error| VaultError::of(&error, &backend))?;
    let node = wanted(&indexed, &snapshot, request.path.as_deref())?;
    let size = snapshot
        .summary
        .as_ref()
        .map(|summary| summary.total_bytes_processed);
    // Of a part of a snapshot it is not known how large it is.
    let total = size.filter(|_| request.path.is_none());
    progress.begin_in(Unit::Bytes, format!("Restoring {}", id.short()), total);
    let shared = Shared::new(&indexed, &backend, progress, cancellation);
    match &request.target {
        Target::Folder(path) => target::restore_folder(&shared, node, path)?,
        Target::Device(path) => target::restore_device(&shared, node, path)?,
    }
    Ok(shared.restored())
}

/// What is to be restored: what was asked for, or what was copied. Where a snapshot has several paths, or holds its files
/// in another place than its path says, as `restic backup .` does, it is all of it.
fn wanted(
    repository: &Repository<IndexedFullStatus>,
    snapshot: &SnapshotFile,
    path: Option<&str>,
) -> Result<Node, VaultError> {
    let at = |path: &str| repository.node_from_path(snapshot.tree, Path::new(path));
    let missing = |path: &str| VaultError::Invalid(format!("the snapshot has no '{path}'"));
    if let Some(path) = path {
        return at(path).map_err(|_| missing(path));
    }
    let paths: Vec<&String> = snapshot.paths.iter().collect();
    if let [path] = paths.as_slice()
        && let Ok(node) = at(path)
    {
        return Ok(node);
    }
    at("").map_err(|_| missing("/"))
}
