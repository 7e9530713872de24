//! Removing the backups that are no longer to be kept.

use super::retention::{Candidate, Decision, Retention};
use crate::archive::{self, ArchiveError, BackupName};
use crate::store::Store;
use jiff::Timestamp;

/// What a pruning did, or would do.
#[derive(Debug, Default)]
pub struct Pruning {
    /// What shall become of each backup, newest first.
    pub decisions: Vec<Decision>,
    /// Backups that are left alone because they are damaged, so that nobody knows how old they are; and why.
    pub damaged: Vec<(BackupName, ArchiveError)>,
}

/// Decide at the time `now` which backups of a store to keep.
pub async fn plan_pruning(
    store: &dyn Store,
    retention: &Retention,
    now: Timestamp,
) -> Result<Pruning, ArchiveError> {
    let mut candidates = Vec::new();
    let mut damaged = Vec::new();
    for backup in archive::list(store).await?.backups {
        match backup.manifest {
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
    })
}

/// Remove the backups that `pruning` does not keep, oldest first, so that what an interruption leaves is what would
/// have been kept longest.
pub async fn prune(store: &dyn Store, pruning: &Pruning) -> Result<(), ArchiveError> {
    for decision in pruning
        .decisions
        .iter()
        .rev()
        .filter(|decision| !decision.keeps())
    {
        match archive::delete(store, &decision.name).await {
            // Somebody else was faster, or is at it.
            Ok(()) | Err(ArchiveError::NotFound { .. } | ArchiveError::Incomplete { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
