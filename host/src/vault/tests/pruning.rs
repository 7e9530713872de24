use super::tree::content;
use super::{Place, copy_of};
use crate::report::{Cancellation, Code, Problem, Progress};
use crate::store::{Entry, IsWanted, Store, StoreError, Upload};
use crate::vault::lock::Lock;
use crate::vault::{CheckRequest, SnapshotId, Vault, VaultError, check, forget, prune};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

async fn stored(place: &Place) -> u64 {
    let packs = place.store.list("restic/data/").await.unwrap();
    packs.iter().map(|entry| entry.size).sum()
}

async fn pruned(vault: &Vault, keep_marked: SignedDuration) -> Result<crate::vault::Pruned, VaultError> {
    prune(vault, keep_marked, &Progress::default(), &Cancellation::default()).await
}

async fn sound(vault: &Vault) {
    let request = CheckRequest::Data(None);
    let checked = check(vault, request, &Progress::default(), &Cancellation::default())
        .await
        .unwrap();
    assert!(checked.errors.is_empty(), "{checked:?}");
}

/// Three snapshots, of which each holds a megabyte that no other has.
async fn three(place: &Place) -> Vec<SnapshotId> {
    let mut ids = Vec::new();
    for number in 0..3 {
        place.write("changing", content(1_000_000, number, false));
        ids.push(place.copy().await.unwrap().snapshot.id);
    }
    ids
}

#[tokio::test]
async fn what_no_snapshot_needs_is_marked_first_and_removed_later() {
    let place = Place::new().await;
    let ids = three(&place).await;
    let before = stored(&place).await;
    let forgotten = forget(&place.vault, &BTreeSet::from([ids[2]])).await.unwrap();
    assert_eq!(forgotten.forgotten.len(), 2);
    let marked = pruned(&place.vault, SignedDuration::from_hours(24))
        .await
        .unwrap();
    assert!(
        marked.bytes_marked >= 2_000_000 && marked.bytes_removed == 0,
        "{marked:?}"
    );
    assert!(stored(&place).await >= before);
    sound(&place.vault).await;
    let removed = pruned(&place.vault, SignedDuration::ZERO).await.unwrap();
    assert!(removed.bytes_removed >= 2_000_000, "{removed:?}");
    assert!(stored(&place).await < 1_500_000);
    sound(&place.vault).await;
    let kept = place.vault.snapshots().await.unwrap();
    assert_eq!(
        kept.iter().map(|snapshot| snapshot.id).collect::<Vec<_>>(),
        [ids[2]]
    );
}

#[tokio::test]
async fn what_is_marked_and_wanted_again_is_kept() {
    let place = Place::new().await;
    let ids = three(&place).await;
    forget(&place.vault, &BTreeSet::from([ids[2]])).await.unwrap();
    pruned(&place.vault, SignedDuration::from_hours(24))
        .await
        .unwrap();
    // The contents of the first snapshot come back.
    place.write("changing", content(1_000_000, 0, false));
    let again = place.copy().await.unwrap();
    pruned(&place.vault, SignedDuration::ZERO).await.unwrap();
    sound(&place.vault).await;
    place.restore(&again, "restored").await.unwrap();
}

#[tokio::test]
async fn a_copy_and_a_prune_at_once_lose_nothing() {
    let place = Place::new().await;
    let ids = three(&place).await;
    forget(&place.vault, &BTreeSet::from([ids[2]])).await.unwrap();
    let folder = place.path("volume");
    for number in 0..3 {
        place.write("new", content(2_000_000, 100 + number, false));
        let (copied, marked) = futures::join!(
            copy_of(&place.vault, &folder),
            pruned(&place.vault, SignedDuration::from_hours(24))
        );
        let copied = copied.unwrap();
        marked.unwrap();
        sound(&place.vault).await;
        place
            .restore(&copied, &format!("restored-{number}"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn nothing_is_forgotten_by_an_old_list() {
    let place = Place::new().await;
    let ids = three(&place).await;
    let missing: BTreeSet<_> = ids.iter().copied().collect();
    forget(&place.vault, &BTreeSet::from([ids[0]])).await.unwrap();
    let again = forget(&place.vault, &missing).await;
    assert!(matches!(again, Err(VaultError::NoSnapshot { .. })), "{again:?}");
    assert_eq!(place.vault.snapshots().await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_prunes_are_not_at_work_at_once_and_copies_are() {
    let place = Place::new().await;
    let held = Lock::pruning(&place.vault, &Cancellation::default())
        .await
        .unwrap();
    let other = pruned(&place.vault, SignedDuration::ZERO).await;
    assert!(matches!(&other, Err(VaultError::Locked { .. })), "{other:?}");
    assert_eq!(Problem::from(other.unwrap_err()).code, Code::LockedVault);
    place.copy().await.unwrap();
    held.release().await;
    pruned(&place.vault, SignedDuration::ZERO).await.unwrap();
    assert!(place.store.list("restic/locks/").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_store_that_keeps_everything_is_not_pruned() {
    let place = Place::new().await;
    let ids = three(&place).await;
    let store = Arc::new(Kept(Arc::clone(&place.store)));
    let vault = Vault::open(store, &place.key).await.unwrap();
    let before = place.store.list("restic/").await.unwrap();
    let forgotten = forget(&vault, &BTreeSet::from([ids[2]])).await;
    assert_eq!(Problem::from(forgotten.unwrap_err()).code, Code::Immutable);
    let refused = pruned(&vault, SignedDuration::ZERO).await;
    assert_eq!(Problem::from(refused.unwrap_err()).code, Code::Immutable);
    assert_eq!(place.store.list("restic/").await.unwrap(), before);
    // Its lock stays, and a copy is made all the same.
    copy_of(&vault, &place.path("volume")).await.unwrap();
}

/// A store under whose policy nothing can be deleted.
struct Kept(Arc<dyn Store>);

fn immutable(key: &str) -> StoreError {
    StoreError::Immutable {
        key: key.to_owned(),
        until: None,
    }
}

#[async_trait]
impl Store for Kept {
    fn address(&self) -> String {
        self.0.address()
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        self.0.put_if_absent(key, bytes).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, StoreError> {
        self.0.upload(key).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        self.0.read(key, range).await
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.0.size(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        self.0.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        Err(immutable(key))
    }

    async fn check_deletable(&self, key: &str) -> Result<(), StoreError> {
        Err(immutable(key))
    }

    async fn remove_abandoned(&self, older_than: Duration) -> Result<u64, StoreError> {
        self.0.remove_abandoned(older_than).await
    }

    async fn undelete(&self, prefix: &str, replaced: &str, is_wanted: IsWanted) -> Result<u64, StoreError> {
        self.0.undelete(prefix, replaced, is_wanted).await
    }
}
