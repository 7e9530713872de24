//! Removing the backups that are no longer to be kept.

use crate::archive::{self, ArchiveError, BackupName, Deletion};
use crate::policy::{Candidate, Decision, Retention};
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What a pruning did, or would do.
#[derive(Debug, Default)]
pub struct Pruning {
    /// What shall become of each backup, newest first.
    pub decisions: Vec<Decision>,
    /// Backups that are left alone because they are damaged, so that nobody knows how old they are; and why.
    pub damaged: Vec<(BackupName, ArchiveError)>,
    /// Backups whose deletion was asked for before, and takes effect now.
    pub due: Vec<BackupName>,
}

impl Pruning {
    /// The backups that go, oldest first, after those whose deletion was asked for before.
    pub fn dropped(&self) -> impl Iterator<Item = &BackupName> {
        let dropped = self.decisions.iter().rev().filter(|decision| !decision.keeps());
        self.due.iter().chain(dropped.map(|decision| &decision.name))
    }
}

/// Decide at the time `now` which backups of a store to keep.
pub async fn plan_pruning(
    store: &dyn Store,
    retention: &Retention,
    now: Timestamp,
) -> Result<Pruning, ArchiveError> {
    let mut candidates = Vec::new();
    let (mut damaged, mut due) = (Vec::new(), Vec::new());
    for backup in archive::list(store).await?.backups {
        match backup.manifest {
            _ if backup.deletion.is_some_and(|at| at <= now) => due.push(backup.name),
            Ok(manifest) => candidates.push(Candidate {
                name: backup.name,
                created_at: manifest.created_at,
                expires_at: manifest.expires_at,
            }),
            Err(error) => damaged.push((backup.name, error)),
        }
    }
    Ok(Pruning {
        decisions: retention.decide(candidates, now),
        damaged,
        due,
    })
}

/// Remove the backups that `pruning` does not keep, oldest first, so that what an interruption leaves is what would
/// have been kept longest; or, where the user wants a `delay` or the store requires one, have them removed after that.
/// Returns those that go later, and when.
pub async fn prune(
    store: &dyn Store,
    pruning: &Pruning,
    delay: Option<SignedDuration>,
    now: Timestamp,
) -> Result<BTreeMap<BackupName, Timestamp>, ArchiveError> {
    let mut later = BTreeMap::new();
    for name in pruning.dropped() {
        match archive::delete_after(store, name, delay, now).await {
            Ok(Deletion::Due(at)) => drop(later.insert(name.clone(), at)),
            // Somebody else was faster, or is at it.
            Ok(Deletion::Done) | Err(ArchiveError::NotFound { .. } | ArchiveError::Incomplete { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(later)
}
