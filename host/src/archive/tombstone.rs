//! The tombstone: who removes a backup, since when. It lies where the manifest would, so that of a writer that finishes
//! and somebody who takes it for dead one wins, and so that no two remove the same files.

use super::claim::Claim;
use super::{ArchiveError, BackupFile, BackupName, layout};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who removes a backup, since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tombstone {
    removal: Removal,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Removal {
    id: String,
    since: Timestamp,
}

impl Tombstone {
    /// The tombstone that `bytes` in the place of a manifest are; none when they are something else.
    pub(super) fn parse(bytes: &[u8]) -> Option<Tombstone> {
        serde_json::from_slice(bytes).ok()
    }

    /// Put one in the place of the manifest of `name`. That of somebody who began before `limit` is taken over. None
    /// when there is a manifest, or somebody else is at it.
    pub(super) async fn put(
        store: &dyn Store,
        name: &BackupName,
        limit: Timestamp,
    ) -> Result<Option<Tombstone>, ArchiveError> {
        let removal = Removal {
            id: Uuid::new_v4().to_string(),
            since: Timestamp::now(),
        };
        let tombstone = Tombstone { removal };
        let bytes =
            serde_json::to_vec(&tombstone).map_err(|error| ArchiveError::Internal(error.to_string()))?;
        let key = BackupFile::Manifest.key(name);
        match store.put_if_absent(&key, Bytes::from(bytes)).await {
            Ok(()) => Ok(Some(tombstone)),
            Err(StoreError::Exists { .. }) => {
                let other = Tombstone::read(store, name).await?;
                Ok(other.filter(|other| other.removal.since <= limit))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn read(store: &dyn Store, name: &BackupName) -> Result<Option<Tombstone>, StoreError> {
        match store.read(&BackupFile::Manifest.key(name), None).await {
            Ok(bytes) => Ok(Tombstone::parse(&bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Remove all files of `name`, if its claim is the one that was `seen`: then the claim, so that nobody writes under
    /// the name meanwhile, and this at the very end. Ends early, and says false, when somebody else took it over.
    pub(super) async fn bury(
        &self,
        store: &dyn Store,
        name: &BackupName,
        seen: Option<&Claim>,
    ) -> Result<bool, ArchiveError> {
        let (manifest, claim) = (BackupFile::Manifest.key(name), BackupFile::Claim.key(name));
        if Claim::read(store, name).await?.as_ref() != seen {
            store.delete(&manifest).await?;
            return Ok(false);
        }
        for entry in store.list(&layout::folder(name)).await? {
            if entry.key == manifest || entry.key == claim {
                continue;
            }
            if Tombstone::read(store, name).await?.as_ref() != Some(self) {
                return Ok(false);
            }
            store.delete(&entry.key).await?;
        }
        store.delete(&claim).await?;
        store.delete(&manifest).await?;
        Ok(true)
    }
}
