//! Deletions that take effect later: until then they can be taken back. Each request and each withdrawal is a small file
//! beside the backup, numbered in their order, so that nothing is ever changed.

use super::{ArchiveError, BackupName, layout, removal, required_deletion_delay};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What the names of these files begin with, and end with.
const PREFIX: &str = "lazarette-deletion-";
const SUFFIX: &str = ".json";

/// A request to delete a backup, or its withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Event {
    /// It is to be deleted.
    #[serde(rename_all = "camelCase")]
    Requested { at: Timestamp, due: Timestamp },
    /// It is not to be deleted after all.
    Withdrawn { at: Timestamp },
}

/// What has become of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The backup is gone.
    Done,
    /// It goes at this time, when somebody prunes or deletes again.
    Due(Timestamp),
}

/// Delete the backup `name`; or have it deleted later, where the user wants a `delay` or the store requires one: after the
/// longer of these.
pub async fn delete_after(
    store: &dyn Store,
    name: &BackupName,
    delay: Option<SignedDuration>,
    now: Timestamp,
) -> Result<Deletion, ArchiveError> {
    let Some(delay) = delay.max(required_deletion_delay(store, now).await?) else {
        return removal::delete(store, name).await.map(|()| Deletion::Done);
    };
    let (last, number) = last_event(store, name).await?;
    match last {
        Some(Event::Requested { due, .. }) if due <= now => {
            removal::delete(store, name).await.map(|()| Deletion::Done)
        }
        Some(Event::Requested { due, .. }) => Ok(Deletion::Due(due)),
        _ => {
            // What is not there, or not finished, is told now rather than after the delay.
            match super::read_manifest(store, name).await {
                Err(
                    error @ (ArchiveError::NotFound { .. }
                    | ArchiveError::Incomplete { .. }
                    | ArchiveError::OfVelero { .. }),
                ) => {
                    return Err(error);
                }
                Err(ArchiveError::Store(error)) => return Err(error.into()),
                _ => {}
            }
            let due = now.checked_add(delay).unwrap_or(Timestamp::MAX);
            append(store, name, number + 1, Event::Requested { at: now, due }).await?;
            Ok(Deletion::Due(due))
        }
    }
}

/// Take back a deletion that has not taken effect. False when there is none.
pub async fn withdraw_deletion(
    store: &dyn Store,
    name: &BackupName,
    now: Timestamp,
) -> Result<bool, ArchiveError> {
    let (last, number) = last_event(store, name).await?;
    if !matches!(last, Some(Event::Requested { .. })) {
        return Ok(false);
    }
    append(store, name, number + 1, Event::Withdrawn { at: now }).await?;
    Ok(true)
}

/// When the backup goes whose files are `keys`; none when that is not planned.
pub(super) async fn due<'a>(
    store: &dyn Store,
    name: &BackupName,
    keys: impl Iterator<Item = &'a str>,
) -> Result<Option<Timestamp>, ArchiveError> {
    let Some(number) = keys.filter_map(|key| number_of(name, key)).max() else {
        return Ok(None);
    };
    match read(store, name, number).await? {
        Some(Event::Requested { due, .. }) => Ok(Some(due)),
        _ => Ok(None),
    }
}

/// Whether the file `key` of the backup `name` is one of these, and reads as one.
pub(super) async fn is_record(store: &dyn Store, name: &BackupName, key: &str) -> Result<bool, ArchiveError> {
    match number_of(name, key) {
        Some(number) => Ok(read(store, name, number).await?.is_some()),
        None => Ok(false),
    }
}

/// The last thing that was said, and its number; 0 where nothing was.
async fn last_event(store: &dyn Store, name: &BackupName) -> Result<(Option<Event>, u32), ArchiveError> {
    let files = store.list(&layout::folder(name)).await?;
    let last = files.iter().filter_map(|entry| number_of(name, &entry.key)).max();
    match last {
        Some(number) => Ok((read(store, name, number).await?, number)),
        None => Ok((None, 0)),
    }
}

async fn read(store: &dyn Store, name: &BackupName, number: u32) -> Result<Option<Event>, ArchiveError> {
    match store.read(&key(name, number), None).await {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn append(store: &dyn Store, name: &BackupName, number: u32, event: Event) -> Result<(), ArchiveError> {
    let bytes = serde_json::to_vec(&event).map_err(|error| ArchiveError::Internal(error.to_string()))?;
    Ok(store
        .put_if_absent(&key(name, number), Bytes::from(bytes))
        .await?)
}

fn key(name: &BackupName, number: u32) -> String {
    format!("{}{PREFIX}{number:04}{SUFFIX}", layout::folder(name))
}

fn number_of(name: &BackupName, key: &str) -> Option<u32> {
    key.strip_prefix(&layout::folder(name))?
        .strip_prefix(PREFIX)?
        .strip_suffix(SUFFIX)?
        .parse()
        .ok()
}
