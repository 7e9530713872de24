//! The claim: who writes a backup, since when. It is the first file of a backup, and holds its name.

use super::tombstone::Tombstone;
use super::{
    ArchiveError, BackupFile, BackupName, Digester, FileRecord, Recipient, SigningKey, layout, process,
};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Who writes a backup, since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// A random id of this one attempt at writing.
    pub writer: String,
    /// Name of the writer's host; none of a backup that is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Id of the writer's process there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// What tells that process from others that have had its id or will: when it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_start: Option<String>,
    /// When it began.
    pub since: Timestamp,
    /// Version of the program that writes.
    pub program_version: String,
}

/// `begun by process 12 on web-1 at 2026-01-01T00:00:00Z`.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("begun")?;
        if let (Some(pid), Some(host)) = (self.pid, &self.host) {
            write!(f, " by process {pid} on {host}")?;
        }
        write!(f, " at {:.0}", self.since)
    }
}

impl Claim {
    /// A claim of this process as of now, which says where that is unless it is `hidden`.
    fn of_this_process(hidden: bool) -> Self {
        let host = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        Claim {
            writer: Uuid::new_v4().to_string(),
            host: (!hidden).then(host),
            pid: (!hidden).then(std::process::id),
            process_start: (!hidden).then(|| process::start(std::process::id())).flatten(),
            since: Timestamp::now(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Whether its writer is at work on this machine: not another process that got its id later, and not one that has
    /// ended and is only not taken note of. False where the claim does not say, or it is elsewhere.
    pub fn is_at_work_here(&self) -> bool {
        let here = rustix::system::uname().nodename().to_string_lossy().into_owned();
        self.host.as_ref() == Some(&here)
            && self
                .pid
                .is_some_and(|pid| process::is_alive(pid, self.process_start.as_deref()))
    }

    /// The claim of the backup `name`; none where there is none, or it cannot be read.
    pub(super) async fn read(store: &dyn Store, name: &BackupName) -> Result<Option<Claim>, StoreError> {
        match store.read(&BackupFile::Claim.key(name), None).await {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Who writes the backup `name`, or wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The id in its claim; none where that cannot be read.
    pub id: Option<String>,
    /// Whether the backup is finished.
    pub is_finished: bool,
}

/// Who writes the backup `name`, or wrote it; none where nothing of it is in the store.
pub async fn writer_of(store: &dyn Store, name: &BackupName) -> Result<Option<Writer>, ArchiveError> {
    // In this order a backup that is finished meanwhile is not missed.
    let is_claimed = store.size(&BackupFile::Claim.key(name)).await?.is_some();
    let is_finished = store.size(&BackupFile::Manifest.key(name)).await?.is_some();
    let id = Claim::read(store, name).await?.map(|claim| claim.writer);
    Ok((is_claimed || is_finished).then_some(Writer { id, is_finished }))
}

/// How a backup is protected from those who can read or write its store.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    /// Who can decrypt it; none: it is not encrypted.
    pub recipients: Vec<Recipient>,
    /// What signs it; none: it is not signed.
    pub signing_key: Option<SigningKey>,
}

impl Protection {
    /// Whether the backup is encrypted.
    pub(super) fn encrypts(&self) -> bool {
        !self.recipients.is_empty()
    }
}

/// A claim that this process holds.
pub struct HeldClaim<'a> {
    store: &'a dyn Store,
    name: &'a BackupName,
    claim: Claim,
    record: FileRecord,
    protection: Protection,
}

impl<'a> HeldClaim<'a> {
    /// Claim the name of a backup. [`ArchiveError::Exists`] when it is taken, [`ArchiveError::Incomplete`] when another
    /// writer has claimed it.
    ///
    /// Whoever holds a claim ends it with a manifest or with [`HeldClaim::abandon`]. A claim that is dropped stays in
    /// the store, as after a kill.
    pub async fn take(store: &'a dyn Store, name: &'a BackupName) -> Result<HeldClaim<'a>, ArchiveError> {
        HeldClaim::take_protected(store, name, Protection::default()).await
    }

    /// The same for a backup that is written with this protection.
    pub async fn take_protected(
        store: &'a dyn Store,
        name: &'a BackupName,
        protection: Protection,
    ) -> Result<HeldClaim<'a>, ArchiveError> {
        let claim = Claim::of_this_process(protection.encrypts());
        let mut bytes =
            serde_json::to_vec(&claim).map_err(|error| ArchiveError::Internal(error.to_string()))?;
        bytes.push(b'\n');
        let mut digester = Digester::default();
        digester.update(&bytes);
        let record = FileRecord {
            name: BackupFile::Claim.file_name(name),
            size: digester.size(),
            stored: None,
            sha256: digester.finish(),
        };
        let held = HeldClaim {
            store,
            name,
            claim,
            record,
            protection,
        };
        match store
            .put_if_absent(&BackupFile::Claim.key(name), Bytes::from(bytes))
            .await
        {
            Ok(()) => match held.check_alone().await {
                Ok(()) => Ok(held),
                Err(error) => {
                    store.delete(&BackupFile::Claim.key(name)).await?;
                    Err(error)
                }
            },
            Err(StoreError::Exists { .. }) => Err(held.lost_to_another().await?),
            Err(error) => {
                // The file may be there all the same, when it was making it durable that failed.
                let _ = held.abandon().await;
                Err(error.into())
            }
        }
    }

    /// Whether nothing else lies under the name: files of Velero, or of a writer that was taken for dead.
    async fn check_alone(&self) -> Result<(), ArchiveError> {
        let claim = BackupFile::Claim.key(self.name);
        let files = self.store.list(&layout::folder(self.name)).await?;
        let Some(other) = files.into_iter().find(|entry| entry.key != claim) else {
            return Ok(());
        };
        Err(ArchiveError::Taken {
            name: self.name.clone(),
            file: other.key,
        })
    }

    /// Who holds the name instead.
    async fn lost_to_another(&self) -> Result<ArchiveError, ArchiveError> {
        let finished = self
            .store
            .size(&BackupFile::Manifest.key(self.name))
            .await?
            .is_some();
        Ok(match finished {
            true => ArchiveError::Exists {
                name: self.name.clone(),
                store: self.store.address(),
            },
            false => {
                let claim = Claim::read(self.store, self.name).await?.map(Box::new);
                ArchiveError::Incomplete {
                    name: self.name.clone(),
                    claim,
                }
            }
        })
    }

    /// The claim.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// The name that is claimed.
    pub(super) fn name(&self) -> &'a BackupName {
        self.name
    }

    /// The store in which it is claimed.
    pub(super) fn store(&self) -> &'a dyn Store {
        self.store
    }

    /// How the backup is protected.
    pub(super) fn protection(&self) -> &Protection {
        &self.protection
    }

    /// The claim's file, for the manifest.
    pub(super) fn record(&self) -> &FileRecord {
        &self.record
    }

    /// [`ArchiveError::ClaimLost`] when somebody removed the claim in the meantime, taking the writer for dead.
    pub(super) async fn check(&self) -> Result<(), ArchiveError> {
        match Claim::read(self.store, self.name).await? {
            Some(claim) if claim.writer == self.claim.writer => Ok(()),
            _ => Err(ArchiveError::ClaimLost {
                name: self.name.clone(),
            }),
        }
    }

    /// Remove all that was written under the claim, and then the claim. Does nothing when it is no longer ours, or the
    /// backup is finished.
    pub async fn abandon(&self) -> Result<(), ArchiveError> {
        match self.check().await {
            Ok(()) => {
                if let Some(tombstone) = Tombstone::put(self.store, self.name, Timestamp::MIN).await? {
                    tombstone.bury(self.store, self.name, Some(&self.claim)).await?;
                }
                Ok(())
            }
            Err(ArchiveError::ClaimLost { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn elsewhere(claim: &mut Claim) {
        claim.host = Some("elsewhere".to_owned());
    }

    #[rstest]
    #[case::as_it_is(|_: &mut Claim| {}, true)]
    #[case::written_before_starts_were_known(|claim: &mut Claim| claim.process_start = None, true)]
    #[case::of_another_host(elsewhere, false)]
    #[case::of_a_process_that_had_its_id(|claim: &mut Claim| claim.process_start = Some("boot/1".to_owned()), false)]
    #[case::of_nobody(|claim: &mut Claim| claim.pid = Some(u32::MAX), false)]
    #[case::that_does_not_say(|claim: &mut Claim| claim.pid = None, false)]
    fn a_writer_is_at_work_while_its_process_lives(#[case] change: fn(&mut Claim), #[case] expected: bool) {
        let mut claim = Claim::of_this_process(false);
        change(&mut claim);
        assert_eq!(claim.is_at_work_here(), expected);
    }

    #[test]
    fn a_hidden_claim_says_nothing_of_its_machine() {
        let claim = Claim::of_this_process(true);
        assert_eq!((claim.host, claim.pid, claim.process_start), (None, None, None));
    }
}
