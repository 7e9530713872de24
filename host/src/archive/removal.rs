//! Removing backups, and what is left of those that were never finished.

use super::claim::remove_files;
use super::{ArchiveError, BackupFile, BackupName, list};
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Remove a finished backup, damaged or not. [`ArchiveError::Incomplete`] when it was never finished: its writer may be
/// at it, and [`cleanup`] knows when it is not.
pub async fn delete(store: &dyn Store, name: &BackupName) -> Result<(), ArchiveError> {
    if store.size(&BackupFile::Manifest.key(name)).await?.is_none() {
        return Err(super::reader::absent(store, name).await?);
    }
    Ok(remove_files(store, name).await?)
}

/// What a cleanup removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// Backups that were never finished.
    pub backups: Vec<BackupName>,
    /// Files that were never committed.
    pub files: u64,
}

/// Remove what writers that are gone have left: backups that were claimed at least `older_than` ago and are not
/// finished, and files that were never committed. A writer that is slower than that loses its backup: it notices, and
/// does not finish.
pub async fn cleanup(store: &dyn Store, older_than: Duration) -> Result<Cleanup, ArchiveError> {
    let age = SignedDuration::try_from(older_than).unwrap_or(SignedDuration::MAX);
    let limit = Timestamp::now().saturating_sub(age).unwrap_or(Timestamp::MIN);
    let mut removed = Cleanup::default();
    for unfinished in list(store).await?.unfinished {
        // A claim that cannot be read says no time, and no writer of ours leaves such a one behind.
        let stale = unfinished.claim.is_none_or(|claim| claim.since <= limit);
        // Its writer may have finished it since it was listed.
        if stale
            && store
                .size(&BackupFile::Manifest.key(&unfinished.name))
                .await?
                .is_none()
        {
            remove_files(store, &unfinished.name).await?;
            removed.backups.push(unfinished.name);
        }
    }
    removed.files = store.remove_abandoned(older_than).await?;
    Ok(removed)
}
