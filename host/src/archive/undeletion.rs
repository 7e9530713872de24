//! Bringing deleted backups back.

use super::deletion::withdraw_deletion;
use super::tombstone::Tombstone;
use super::{ArchiveError, BackupFile, BackupName, layout, read_manifest};
use crate::store::Store;
use jiff::Timestamp;

/// How a backup was brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeletion {
    /// Its deletion had not taken effect yet.
    Withdrawn,
    /// The store had kept so many of its files.
    Recovered(u64),
    /// It was not deleted.
    Unneeded,
}

/// Bring back the backup `name`: take back a deletion that has not taken effect, or recover its files from a store that
/// keeps what was deleted.
pub async fn undelete(
    store: &dyn Store,
    name: &BackupName,
    now: Timestamp,
) -> Result<Undeletion, ArchiveError> {
    if withdraw_deletion(store, name, now).await? {
        return Ok(Undeletion::Withdrawn);
    }
    match read_manifest(store, name).await {
        Err(ArchiveError::NotFound { .. } | ArchiveError::Incomplete { .. }) => {}
        // Anything else is there, in whatever state.
        _ => return Ok(Undeletion::Unneeded),
    }
    // Where the manifest was, who deleted the backup put a tombstone later.
    let (folder, manifest) = (layout::folder(name), BackupFile::Manifest.key(name));
    let files = store
        .undelete(&folder, &manifest, |state| Tombstone::parse(state).is_none())
        .await?;
    if files == 0 {
        return Err(ArchiveError::NotFound {
            name: name.clone(),
            store: store.address(),
        });
    }
    match read_manifest(store, name).await {
        Err(error @ (ArchiveError::NotFound { .. } | ArchiveError::Incomplete { .. })) => Err(error),
        _ => Ok(Undeletion::Recovered(files)),
    }
}
