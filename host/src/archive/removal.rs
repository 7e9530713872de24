//! Removing backups, and what is left of those that were never finished.

use super::tombstone::Tombstone;
use super::{ArchiveError, BackupFile, BackupName, Claim, UnfinishedBackup, layout, list, read_manifest};
use crate::store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

/// Remove a finished backup, damaged or not. [`ArchiveError::Incomplete`] when it was never finished: its writer may be
/// at it, and [`cleanup`] knows when it is not.
pub async fn delete(store: &dyn Store, name: &BackupName) -> Result<(), ArchiveError> {
    let manifest = BackupFile::Manifest.key(name);
    match store.read(&manifest, None).await {
        Ok(bytes) if Tombstone::parse(&bytes).is_none() => {}
        Ok(_) | Err(StoreError::NotFound { .. }) => return Err(super::reader::absent(store, name).await?),
        Err(error) => return Err(error.into()),
    }
    let claim = Claim::read(store, name).await?;
    // First, so that no backup that looks finished lacks a file.
    store.delete(&manifest).await?;
    if let Some(tombstone) = Tombstone::put(store, name, Timestamp::MIN).await? {
        tombstone.bury(store, name, claim.as_ref()).await?;
    }
    Ok(())
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
/// finished, and files that were never committed. A writer that is slower than that loses its backup: of it and the
/// cleanup one wins, and it does not finish.
pub async fn cleanup(store: &dyn Store, older_than: Duration) -> Result<Cleanup, ArchiveError> {
    cleanup_but(store, older_than, &BTreeSet::new()).await
}

/// The same, but for the backups `kept`: what lies beside them is needed still.
pub async fn cleanup_but(
    store: &dyn Store,
    older_than: Duration,
    kept: &BTreeSet<BackupName>,
) -> Result<Cleanup, ArchiveError> {
    let age = SignedDuration::try_from(older_than).unwrap_or(SignedDuration::MAX);
    let limit = Timestamp::now().saturating_sub(age).unwrap_or(Timestamp::MIN);
    let mut removed = Cleanup::default();
    for UnfinishedBackup { name, claim, .. } in list(store).await?.unfinished {
        // A claim that cannot be read says no time, and no writer of ours leaves such a one behind.
        let stale = claim.as_ref().is_none_or(|claim| claim.since <= limit) && !kept.contains(&name);
        if stale && remove_unfinished(store, &name, claim.as_ref(), limit).await? {
            removed.backups.push(name);
        }
    }
    removed.files = store.remove_abandoned(older_than).await?;
    Ok(removed)
}

/// Remove a backup that was not finished when its claim was `seen`. False when it is finished by now, is another's, or
/// somebody else removes it.
async fn remove_unfinished(
    store: &dyn Store,
    name: &BackupName,
    seen: Option<&Claim>,
    limit: Timestamp,
) -> Result<bool, ArchiveError> {
    if let Some(tombstone) = Tombstone::put(store, name, limit).await? {
        return tombstone.bury(store, name, seen).await;
    }
    let manifest = BackupFile::Manifest.key(name);
    let lone = match read_manifest(store, name).await {
        Ok(_) | Err(ArchiveError::Damaged { .. }) => store
            .list(&layout::folder(name))
            .await?
            .iter()
            .all(|entry| entry.key == manifest),
        _ => false,
    };
    if lone {
        store.delete(&manifest).await?;
    }
    Ok(lone)
}
