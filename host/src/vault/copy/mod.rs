//! Copying a volume into a snapshot.

mod findings;
mod node;
mod reader;
mod source;

pub use findings::Findings;
pub(in crate::vault) use findings::SharedFindings;
pub(in crate::vault) use source::LOST_AND_FOUND;
pub use source::Source;

use super::backend::StoreBackend;
use super::lock::Lock;
use super::progress::Bars;
use super::repository::Session;
use super::snapshot::INCOMPLETE;
use super::{Snapshot, SnapshotId, Vault, VaultError, blocking};
use crate::report::{Cancellation, Progress};
use rustic_core::repofile::SnapshotFile;
use rustic_core::{BackupOptions, ParentOptions, RusticError, SnapshotOptions};
use serde::Serialize;
use source::Volume;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A volume that is to be copied, and what its snapshot is called.
#[derive(Clone, Debug)]
pub struct CopyRequest {
    /// What is copied.
    pub source: Source,
    /// What it is called in the repository: an absolute path, `/NAMESPACE/CLAIM` of a volume. The newest snapshot of the
    /// same path and host is the one that files are compared with.
    pub path: String,
    /// The host or cluster that it is of.
    pub host: String,
    /// Tags of the snapshot.
    pub tags: Vec<String>,
    /// Make a snapshot, tagged `incomplete`, even though something cannot be read. Otherwise nothing is kept then.
    pub skip_unreadable: bool,
}

/// What was copied.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Copied {
    /// The new snapshot.
    pub snapshot: Snapshot,
    /// The snapshot that files were compared with.
    pub parent: Option<SnapshotId>,
    /// How many files were new or other than in the snapshot before, so that they were read.
    pub files_read: u64,
    /// Bytes that were written to the store.
    pub bytes_written: u64,
    /// Bytes that were read from the store.
    pub bytes_read: u64,
    /// What could not be read, and was left out.
    #[serde(skip)]
    pub left_out: Findings,
}

/// Copy a volume into a new snapshot. The snapshot is the last that is written: cancelled, killed, or after an error,
/// there is none, and what was stored meanwhile is used by the next copy or removed when the repository is pruned.
///
/// # Errors
/// [`VaultError::Unreadable`] when something of the volume cannot be read, unless that was allowed; what a repository
/// that is locked, damaged or out of reach says.
pub async fn copy(
    vault: &Vault,
    request: CopyRequest,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<Copied, VaultError> {
    let lock = Lock::shared(vault, cancellation).await?;
    let backend = vault.backend(cancellation);
    let (vault, progress, cancellation) = (vault.clone(), progress.clone(), cancellation.clone());
    let copied = blocking(move || {
        let bars = Bars {
            name: Some(format!("Copying {}", request.path)),
            progress,
        };
        let session = vault.session(backend, bars);
        let copied = session.and_then(|session| work(session, request, &cancellation));
        match cancellation.is_cancelled() {
            true => Err(VaultError::Cancelled),
            false => copied,
        }
    })
    .await;
    lock.release().await;
    copied
}

fn work(session: Session, request: CopyRequest, cancellation: &Cancellation) -> Result<Copied, VaultError> {
    let Session { backend, repository } = session;
    let failed = |error: Box<RusticError>| VaultError::of(&error, &backend);
    let repository = repository.to_indexed_ids().map_err(failed)?;
    let path = PathBuf::from(&request.path);
    let volume = Volume {
        source: request.source.clone(),
        stored_as: path.clone(),
        findings: Arc::default(),
        cancellation: cancellation.clone(),
        handed_out: Arc::new(AtomicU64::new(0)),
    };
    let options = BackupOptions::default().parent_opts(ParentOptions::default().ignore_ctime(true));
    backend.hold_snapshots(true);
    let held = repository
        .archive(&options, &volume, described(&request)?, &[path])
        .map_err(failed)?;
    backend.hold_snapshots(false);
    let left_out = volume.findings.so_far();
    if cancellation.is_cancelled() {
        return Err(VaultError::Cancelled);
    }
    let whole = finished(held, &request, &volume, &left_out)?;
    repository.save_snapshots(vec![whole.clone()]).map_err(failed)?;
    report(whole, &backend, left_out)
}

/// The snapshot as it begins.
fn described(request: &CopyRequest) -> Result<SnapshotFile, VaultError> {
    let options = SnapshotOptions::default().host(request.host.clone());
    let snapshot = options.to_snapshot();
    let mut snapshot = snapshot.map_err(|error| VaultError::Engine(super::error::in_one_line(&error)))?;
    for tag in &request.tags {
        snapshot.tags.add(tag.clone());
    }
    snapshot.program_version = concat!("lazarette ", env!("CARGO_PKG_VERSION")).to_owned();
    Ok(snapshot)
}

/// The snapshot as it is to be written: when all that was handed to the library is in it, or may be left out.
fn finished(
    mut snapshot: SnapshotFile,
    request: &CopyRequest,
    volume: &Volume,
    left_out: &Findings,
) -> Result<SnapshotFile, VaultError> {
    let handed_out = volume.handed_out.load(Ordering::Relaxed);
    let stored = snapshot
        .summary
        .as_ref()
        .map_or(0, |summary| summary.total_files_processed);
    match &left_out.messages.first() {
        Some(first) if !request.skip_unreadable => {
            return Err(VaultError::Unreadable {
                first: (*first).clone(),
                count: left_out.count,
            });
        }
        Some(_) => snapshot.tags.add(INCOMPLETE.to_owned()),
        None if stored != handed_out => {
            let message = format!("of {handed_out} files, {stored} were stored");
            return Err(VaultError::Engine(message));
        }
        None => {}
    }
    Ok(snapshot)
}

fn report(snapshot: SnapshotFile, backend: &StoreBackend, left_out: Findings) -> Result<Copied, VaultError> {
    let written = backend.written();
    let id = written
        .snapshot
        .ok_or_else(|| VaultError::Engine("the snapshot was not written".to_owned()))?;
    let parent = snapshot.parent.map(SnapshotId);
    let summary = snapshot.summary.as_ref();
    let files_read = summary.map_or(0, |summary| {
        summary.files_new.saturating_add(summary.files_changed)
    });
    Ok(Copied {
        snapshot: Snapshot::of(&SnapshotFile {
            id: id.into(),
            ..snapshot.clone()
        }),
        parent,
        files_read,
        bytes_written: written.bytes,
        bytes_read: backend.bytes_read(),
        left_out,
    })
}
