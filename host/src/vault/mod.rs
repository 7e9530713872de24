//! The vault tier: copies of volumes in a repository, deduplicated, compressed, encrypted and checked.
//!
//! The repository has the format of restic (<https://restic.readthedocs.io/en/stable/100_references.html>), which
//! `rustic_core` writes and reads, over our own [`Store`](crate::store::Store): it lies below `restic/` in the location of the backups, and
//! `restic` reads it. What the library does not do as backups of volumes need it is done here:
//!
//! - it leaves out files that it cannot read and goes on: [`copy`] reads them through a source of its own, which keeps
//!   each failure, and writes the snapshot itself once the volume was read whole;
//! - it compares files with the snapshot before by inode and change time, which are new in every volume that is made
//!   from a snapshot, and stores both: here neither is stored, so that unchanged folders are the same to the byte;
//! - its restore ends the process where a store fails: [`restore`] is ours, on top of its index and its blobs;
//! - it knows no locks: our own module for locks writes and heeds those of restic. Correctness does not hang on them, since what is
//!   pruned is marked first and removed a day later.

mod backend;
mod check;
mod copy;
mod error;
mod exported;
mod key;
mod layout;
mod lock;
mod mode;
mod progress;
mod prune;
mod repository;
mod restore;
mod snapshot;
#[cfg(test)]
mod tests;
mod windows;

pub use check::{CheckRequest, Checked, Subset, check};
pub use copy::{Copied, CopyRequest, Findings, Source, copy};
pub use error::VaultError;
pub use exported::{confirm_export, export_warning, is_export_confirmed};
pub use key::{KeyFileError, KeySource, RepositoryKey};
pub use prune::{Forgotten, Pruned, forget, prune};
pub use repository::Vault;
pub use restore::{RestoreRequest, Restored, Target, restore};
pub use snapshot::{Snapshot, SnapshotId};

use futures::future::FutureExt;

/// Do `work`, which waits for the store and computes, on a thread that may do so. A panic of the library, as it has for
/// contents that its own code never wrote, is an error.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    tokio::task::spawn_blocking(work)
        .map(|ended| match ended {
            Ok(result) => result,
            Err(_) => Err(VaultError::Engine(
                "it holds something that this program cannot read".to_owned(),
            )),
        })
        .await
}
