//! Forgetting snapshots, and removing what no snapshot needs.
//!
//! Nothing waits for it: what is of no use any more is marked, with the time, in the index that replaces the old one, and
//! removed by a later prune when every operation that may have seen it unmarked is over. Which snapshots go is decided by
//! others.

use super::lock::Lock;
use super::{SnapshotId, Vault, VaultError, blocking, layout};
use crate::report::{Cancellation, Progress};
use crate::store::StoreError;
use jiff::SignedDuration;
use rustic_core::jiff::Span;
use rustic_core::{FileType, PruneOptions};
use serde::Serialize;
use std::collections::BTreeSet;

/// Snapshots that were forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forgotten {
    /// Those that are gone.
    pub forgotten: Vec<SnapshotId>,
}

/// What a prune has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pruned {
    /// Bytes that are of no use any more, and go in a later prune.
    pub bytes_marked: u64,
    /// Bytes that were marked before, and are gone.
    pub bytes_removed: u64,
    /// Bytes that were written anew because they lay beside others that are of no use.
    pub bytes_rewritten: u64,
    /// Bytes that snapshots need.
    pub bytes_used: u64,
}

/// Forget all snapshots but those in `keep`.
///
/// # Errors
/// [`VaultError::NoSnapshot`] when one of those to be kept is not there: then somebody decided from an old list, and
/// nothing is forgotten. [`StoreError::Immutable`] when the store keeps one that is to go: none is forgotten either.
pub async fn forget(vault: &Vault, keep: &BTreeSet<SnapshotId>) -> Result<Forgotten, VaultError> {
    let all: BTreeSet<SnapshotId> = vault
        .snapshots()
        .await?
        .iter()
        .map(|snapshot| snapshot.id)
        .collect();
    if let Some(missing) = keep.difference(&all).next() {
        return Err(VaultError::NoSnapshot {
            name: missing.to_string(),
            hint: ", which was to be kept: nothing was forgotten".to_owned(),
        });
    }
    let forgotten: Vec<SnapshotId> = all.difference(keep).copied().collect();
    let keys: Vec<String> = forgotten.iter().map(snapshot_key).collect();
    check_deletable(vault, &keys).await?;
    for key in &keys {
        vault.store().delete(key).await?;
    }
    Ok(Forgotten { forgotten })
}

/// Remove what no snapshot needs, once it has been marked for as long as `keep_marked`: longer than any copy takes.
///
/// # Errors
/// [`StoreError::Immutable`] when the store keeps what would have to go: nothing is changed then. [`VaultError::Locked`]
/// when somebody else prunes.
pub async fn prune(
    vault: &Vault,
    keep_marked: SignedDuration,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<Pruned, VaultError> {
    // Each prune replaces files of the index, which are as new as the newest data.
    let index = vault
        .store()
        .list(&layout::folder(FileType::Index, "snapshots"))
        .await?;
    let keys: Vec<String> = index.into_iter().map(|entry| entry.key).collect();
    check_deletable(vault, &keys).await?;
    let lock = Lock::pruning(vault, cancellation).await?;
    let (backend, cancellation) = (vault.backend(cancellation), cancellation.clone());
    let (vault, progress) = (vault.clone(), progress.clone());
    let pruned = blocking(move || {
        let session = vault.session_telling(backend, &progress)?;
        let failed = |error: Box<rustic_core::RusticError>| session.error(&error);
        let kept = Span::new().try_seconds(keep_marked.as_secs());
        let kept = kept.map_err(|_| too_long(keep_marked))?;
        let options = PruneOptions::default().keep_delete(kept);
        let plan = session.repository.prune_plan(&options).map_err(failed)?;
        let (size, marked) = (plan.stats.size_sum(), plan.stats.size_to_delete);
        let pruned = Pruned {
            bytes_marked: size
                .remove
                .saturating_add(size.repackrm)
                .saturating_add(plan.stats.size_unref),
            bytes_removed: marked.remove,
            bytes_rewritten: size.repack.saturating_sub(size.repackrm),
            bytes_used: size.used,
        };
        match cancellation.is_cancelled() {
            true => Err(VaultError::Cancelled),
            false => session
                .repository
                .prune(&options, plan)
                .map_err(failed)
                .map(|()| pruned),
        }
    })
    .await;
    lock.release().await;
    pruned
}

/// Fail where the store would refuse to delete one of `keys`.
async fn check_deletable(vault: &Vault, keys: &[String]) -> Result<(), StoreError> {
    for key in keys {
        vault.store().check_deletable(key).await?;
    }
    Ok(())
}

fn snapshot_key(id: &SnapshotId) -> String {
    layout::key(
        FileType::Snapshot,
        &id.0.into_inner(),
        FileType::Snapshot.dirname(),
    )
}

fn too_long(duration: SignedDuration) -> VaultError {
    VaultError::Invalid(format!("{duration:#} is too long"))
}
