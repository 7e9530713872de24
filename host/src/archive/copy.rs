//! Copying a backup into another store, byte by byte, so that digests, signatures and encryption stay what they are.

use super::tombstone::Tombstone;
use super::{ArchiveError, BackupFile, BackupName, Claim, Digester, Manifest, layout, read_manifest};
use crate::report::{Cancellation, Progress};
use crate::store::{Entry, Store, StoreError};
use bytes::Bytes;
use jiff::Timestamp;

/// How many bytes are on their way at a time.
const PORTION: u64 = 8 * 1024 * 1024;

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many files.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Copy the finished backup `name`, and read all of it back. The copy is there when its manifest is, which comes last.
/// `from` must show encrypted files as they are stored: they are copied without being decrypted. Cancelled, or after an
/// error, it removes what it has copied.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    name: &BackupName,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<Copied, ArchiveError> {
    let manifest = match read_manifest(from, name).await {
        Ok(manifest) => Some(manifest),
        Err(ArchiveError::Encrypted { .. }) => None,
        Err(error) => return Err(error),
    };
    let entries = in_order(from.list(&layout::folder(name)).await?, name);
    progress.begin("Copying", Some(entries.iter().map(|entry| entry.size).sum()));
    let claim = take_claim(from, to, name).await?;
    let copied = async {
        let mut copied = Copied { files: 1, bytes: 0 };
        for entry in &entries {
            if entry.key != BackupFile::Claim.key(name) {
                copy_file(from, to, entry, manifest.as_ref(), progress).await?;
                copied.files += 1;
            }
            copied.bytes += entry.size;
        }
        Ok(copied)
    };
    let copied = tokio::select! {
        copied = copied => copied,
        () = cancellation.cancelled() => Err(ArchiveError::Cancelled),
    };
    if copied.is_err() {
        remove_remains(to, name, claim.as_ref()).await;
    }
    copied
}

/// The claim first and the manifest last.
fn in_order(mut entries: Vec<Entry>, name: &BackupName) -> Vec<Entry> {
    let (claim, manifest) = (BackupFile::Claim.key(name), BackupFile::Manifest.key(name));
    entries.sort_by_key(|entry| (entry.key == manifest, entry.key != claim, entry.key.clone()));
    entries
}

/// Copy the claim, which takes the name in the other store.
async fn take_claim(
    from: &dyn Store,
    to: &dyn Store,
    name: &BackupName,
) -> Result<Option<Claim>, ArchiveError> {
    let key = BackupFile::Claim.key(name);
    let bytes = from.read(&key, None).await?;
    match to.put_if_absent(&key, bytes).await {
        Ok(()) => Ok(Claim::read(to, name).await?),
        Err(StoreError::Exists { .. }) => match to.size(&BackupFile::Manifest.key(name)).await? {
            Some(_) => Err(ArchiveError::Exists {
                name: name.clone(),
                store: to.address(),
            }),
            None => Err(ArchiveError::Incomplete {
                name: name.clone(),
                claim: Claim::read(to, name).await?.map(Box::new),
            }),
        },
        Err(error) => Err(error.into()),
    }
}

/// Copy a file, and compare what arrived with what was sent, and that with what the manifest says.
async fn copy_file(
    from: &dyn Store,
    to: &dyn Store,
    entry: &Entry,
    manifest: Option<&Manifest>,
    progress: &Progress,
) -> Result<(), ArchiveError> {
    let damaged = |message: &str| ArchiveError::Damaged {
        file: entry.key.clone(),
        message: message.to_owned(),
    };
    let mut sent = Digester::default();
    if entry.size <= PORTION {
        let bytes = from.read(&entry.key, None).await?;
        sent.update(&bytes);
        to.put_if_absent(&entry.key, bytes).await?;
    } else {
        let mut upload = to.upload(&entry.key).await?;
        while sent.size() < entry.size {
            let bytes = portion(from, entry, sent.size()).await?;
            sent.update(&bytes);
            upload.write(bytes).await?;
        }
        upload.commit().await?;
    }
    let sent = sent.finish();
    let record = manifest.and_then(|manifest| {
        let file = entry.key.strip_prefix(&layout::folder(&manifest.name))?;
        manifest.files.iter().find(|record| record.name == file)
    });
    if record.is_some_and(|record| record.sha256 != sent) {
        return Err(damaged("the file does not fit its digest in the manifest"));
    }
    let mut arrived = Digester::default();
    while arrived.size() < entry.size {
        let bytes = portion(to, entry, arrived.size()).await?;
        progress.advance(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        arrived.update(&bytes);
    }
    match arrived.finish() == sent {
        true => Ok(()),
        false => Err(damaged("what arrived is not what was sent")),
    }
}

/// The bytes of a file from `start` on, as many as go at a time.
async fn portion(store: &dyn Store, entry: &Entry, start: u64) -> Result<Bytes, StoreError> {
    let end = entry.size.min(start.saturating_add(PORTION));
    store.read(&entry.key, Some(start..end)).await
}

/// Remove what was copied of a backup. What cannot be removed is known as unfinished.
async fn remove_remains(to: &dyn Store, name: &BackupName, claim: Option<&Claim>) {
    let removed = async {
        match Tombstone::put(to, name, Timestamp::MIN).await? {
            Some(tombstone) => tombstone.bury(to, name, claim).await,
            None => Ok(false),
        }
    };
    if let Err(error) = removed.await {
        tracing::warn!("what was copied of backup {name} could not be removed: {error}");
    }
}
