//! Locks, as restic has them: files that say who works on a repository, so that `restic prune` and `restic forget` wait
//! for our copies, and we for those (<https://restic.readthedocs.io/en/stable/100_references.html#locks>).
//!
//! They are advisory. Among our own operations nothing hangs on them: what is pruned is marked, and removed a day later.
//!
//! The library writes none. A lock is an encrypted file of JSON, and so is a snapshot, of which restic reads those fields
//! in a lock that both have: `time`, `hostname`, `username`. So a lock is written as a snapshot of nothing, through a
//! view of the store that has the locks in the place of the snapshots.

use super::backend::StoreBackend;
use super::progress::Bars;
use super::repository::Session;
use super::{Vault, VaultError, blocking, layout};
use crate::report::Cancellation;
use jiff::{SignedDuration, Timestamp};
use rustic_core::repofile::SnapshotFile;
use rustic_core::{FileType, Id, SnapshotOptions};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A lock that was not renewed for so long is of nobody, as restic has it.
const STALE: SignedDuration = SignedDuration::from_mins(30);
/// How often a lock is renewed, as restic does.
const RENEWED: Duration = Duration::from_secs(5 * 60);
/// What the lock of a prune says beside.
const PRUNE: &str = "prune";

/// A lock that is held. Dropped without [`Lock::release`], it stays until it is stale.
pub(super) struct Lock {
    held: Arc<Held>,
    renewing: JoinHandle<()>,
}

/// A lock and its file, which is another after each renewal.
struct Held {
    session: Session,
    label: &'static str,
    file: Mutex<Option<Id>>,
}

/// What a lock says, ours or restic's.
#[derive(Debug, Deserialize)]
struct Said {
    time: Timestamp,
    #[serde(default)]
    exclusive: bool,
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    pid: u64,
    #[serde(default)]
    label: String,
}

impl Lock {
    /// Take a lock that allows others of its kind beside it.
    ///
    /// # Errors
    /// [`VaultError::Locked`] where somebody has the repository alone.
    pub async fn shared(vault: &Vault, cancellation: &Cancellation) -> Result<Lock, VaultError> {
        Lock::take(vault, "", cancellation).await
    }

    /// Take the lock of a prune, beside which there may be copies and no other prune.
    pub async fn pruning(vault: &Vault, cancellation: &Cancellation) -> Result<Lock, VaultError> {
        Lock::take(vault, PRUNE, cancellation).await
    }

    async fn take(
        vault: &Vault,
        label: &'static str,
        cancellation: &Cancellation,
    ) -> Result<Lock, VaultError> {
        let store = Arc::clone(vault.store());
        let backend = StoreBackend::with_snapshots_in(layout::LOCKS, store, cancellation.clone());
        let (vault, backend) = (vault.clone(), Arc::new(backend));
        let held = blocking(move || {
            let held = Held {
                session: vault.session(backend, Bars::hidden())?,
                label,
                file: Mutex::new(None),
            };
            held.check()?;
            held.write()?;
            // Of two that have seen none of the other before, at least one sees it now.
            match held.check() {
                Ok(()) => Ok(held),
                Err(error) => {
                    held.remove(held.file());
                    Err(error)
                }
            }
        })
        .await?;
        let held = Arc::new(held);
        let renewing = tokio::spawn(renew(Arc::clone(&held)));
        Ok(Lock { held, renewing })
    }

    /// Give the lock back. Where the store keeps everything, its file stays and is stale soon.
    pub async fn release(self) {
        self.renewing.abort();
        let held = Arc::clone(&self.held);
        let removed = blocking(move || {
            held.remove(held.file());
            Ok(())
        });
        if let Err(error) = removed.await {
            tracing::debug!("a lock stays: {error}");
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

/// Renew a lock for as long as it is held. Where that fails the operation goes on: it does not hang on its lock.
async fn renew(held: Arc<Held>) {
    loop {
        tokio::time::sleep(RENEWED).await;
        let held = Arc::clone(&held);
        let renewed = blocking(move || {
            let old = held.file();
            held.write()?;
            held.remove(old);
            Ok(())
        });
        if let Err(error) = renewed.await {
            tracing::warn!("the lock of the repository could not be renewed: {error}");
        }
    }
}

impl Held {
    fn file(&self) -> Option<Id> {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fail where a lock of somebody else forbids this one.
    fn check(&self) -> Result<(), VaultError> {
        let now = Timestamp::now();
        for id in self.files()? {
            if Some(id) == self.file() {
                continue;
            }
            let Some(said) = self.read(&id)? else { continue };
            let is_stale = now.duration_since(said.time) > STALE;
            let forbids = said.exclusive || self.label == PRUNE && said.label == PRUNE;
            if forbids && !is_stale {
                return Err(VaultError::Locked {
                    holder: said.holder(),
                    since: said.time,
                });
            }
        }
        Ok(())
    }

    fn files(&self) -> Result<Vec<Id>, VaultError> {
        use rustic_core::ReadBackend;
        let listed = self.session.backend.list(FileType::Snapshot);
        listed.map_err(|error| self.session.error(&error))
    }

    /// What a lock says; none where it was removed meanwhile, or is none that can be read.
    fn read(&self, id: &Id) -> Result<Option<Said>, VaultError> {
        let name = id.to_hex();
        match self
            .session
            .repository
            .cat_file(FileType::Snapshot, name.as_str())
        {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) => match self.session.error(&error) {
                VaultError::Damaged(message) => {
                    tracing::debug!("lock {} is left alone: {message}", name.as_str());
                    Ok(None)
                }
                other => Err(other),
            },
        }
    }

    fn write(&self) -> Result<(), VaultError> {
        let session = &self.session;
        let lock = SnapshotOptions::default().to_snapshot().and_then(|described| {
            let lock = SnapshotFile {
                label: self.label.to_owned(),
                ..described
            };
            session.repository.save_snapshots(vec![lock])
        });
        lock.map_err(|error| session.error(&error))?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = session.backend.written().snapshot;
        Ok(())
    }

    fn remove(&self, file: Option<Id>) {
        use rustic_core::WriteBackend;
        let Some(id) = file else { return };
        if let Err(error) = self.session.backend.remove(FileType::Snapshot, &id, false) {
            tracing::debug!("a lock stays: {}", super::error::in_one_line(&error));
        }
    }
}

impl Said {
    fn holder(&self) -> String {
        let process = match self.pid {
            0 => String::new(),
            pid => format!(", process {pid}"),
        };
        match self.username.as_str() {
            "" => format!("{}{process}", self.hostname),
            user => format!("{user} on {}{process}", self.hostname),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"{"time":"2026-11-23T10:00:00.5+01:00","exclusive":true,"hostname":"node-1","username":"root","pid":12,"uid":0,"gid":0}"#, "root on node-1, process 12")]
    #[case(
        r#"{"time":"2026-11-23T09:00:00Z","hostname":"node-1","tree":"00"}"#,
        "node-1"
    )]
    fn a_lock_says_who_holds_it(#[case] text: &str, #[case] holder: &str) {
        let said: Said = serde_json::from_str(text).unwrap();
        assert_eq!(said.holder(), holder);
    }
}
