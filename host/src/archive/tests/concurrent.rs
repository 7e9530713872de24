//! Several who work on one store.

use super::tombstone::Tombstone;
use super::*;
use crate::store::{Entry, StoreError, Upload};
use bytes::Bytes;
use futures::future::join_all;
use rstest::rstest;
use std::ops::Range;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_of_a_name_one_wins() {
    let folder = Folder::new();
    let writers = (0..6).map(|_| {
        let store = Arc::clone(&folder.store);
        tokio::spawn(async move { write(store.as_ref(), &name("nightly"), &samples()).await })
    });
    let ended: Vec<_> = join_all(writers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1, "{ended:?}");
    for error in ended.into_iter().filter_map(Result::err) {
        assert!(
            matches!(
                error,
                ArchiveError::Exists { .. } | ArchiveError::Incomplete { .. }
            ),
            "{error}"
        );
    }
    assert!(check(folder.store.as_ref(), &name("nightly")).await.is_whole());
}

#[tokio::test]
async fn a_finished_backup_is_not_overwritten() {
    let folder = Folder::new();
    let first = write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    let error = write(folder.store.as_ref(), &name("nightly"), &samples()[1..])
        .await
        .unwrap_err();
    assert!(matches!(error, ArchiveError::Exists { .. }), "{error}");
    assert_eq!(
        read_manifest(folder.store.as_ref(), &name("nightly"))
            .await
            .unwrap(),
        first
    );
}

#[tokio::test]
async fn a_writer_that_was_taken_for_dead_does_not_finish() {
    let folder = Folder::new();
    let (store, nightly) = (folder.store.as_ref(), name("nightly"));
    let claim = HeldClaim::take(store, &nightly).await.unwrap();
    let writer = ArchiveWriter::begin(&claim, NonZero::<usize>::MIN).await.unwrap();
    cleanup(store, Duration::ZERO).await.unwrap();
    // Another one takes the name meanwhile, and what the first one does then is none of its files.
    let other = write(store, &nightly, &samples()).await.unwrap();
    writer.finish(Description::default()).await.unwrap_err();
    claim.abandon().await.unwrap();
    assert_eq!(read_manifest(store, &nightly).await.unwrap(), other);
    assert!(check(store, &nightly).await.is_whole());
}

/// A store in which somebody who takes the writer for dead cleans up just before a file is put.
struct CleanedBefore {
    inner: Arc<dyn Store>,
    file: BackupFile,
}

#[async_trait::async_trait]
impl Store for CleanedBefore {
    fn address(&self) -> String {
        self.inner.address()
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        if key == self.file.key(&name("nightly")) {
            cleanup(self.inner.as_ref(), Duration::ZERO).await.unwrap();
        }
        self.inner.put_if_absent(key, bytes).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, StoreError> {
        self.inner.upload(key).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        self.inner.read(key, range).await
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.inner.size(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        self.inner.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }

    async fn remove_abandoned(&self, older_than: Duration) -> Result<u64, StoreError> {
        self.inner.remove_abandoned(older_than).await
    }
}

#[rstest]
#[case::before_velero_sees_it(BackupFile::VeleroBackup)]
#[case::before_it_is_finished(BackupFile::Manifest)]
#[tokio::test]
async fn a_cleanup_beside_a_writer_that_finishes_leaves_nothing_that_looks_finished(
    #[case] file: BackupFile,
) {
    let folder = Folder::new();
    let inner = Arc::clone(&folder.store);
    let store = CleanedBefore { inner, file };
    let error = write(&store, &name("nightly"), &samples()).await.unwrap_err();
    assert!(matches!(error, ArchiveError::ClaimLost { .. }), "{error}");
    assert_eq!(folder.store.list("").await.unwrap(), []);
}

#[tokio::test]
async fn a_writer_does_not_finish_what_is_being_removed() {
    let folder = Folder::new();
    let (store, nightly) = (folder.store.as_ref(), name("nightly"));
    let claim = HeldClaim::take(store, &nightly).await.unwrap();
    let writer = ArchiveWriter::begin(&claim, NonZero::<usize>::MIN).await.unwrap();
    let limit = jiff::Timestamp::MIN;
    let tombstone = Tombstone::put(store, &nightly, limit).await.unwrap().unwrap();
    let error = writer.finish(Description::default()).await.unwrap_err();
    assert!(matches!(error, ArchiveError::ClaimLost { .. }), "{error}");
    // Nobody else removes it meanwhile, and whoever removed it gives the name back.
    assert_eq!(Tombstone::put(store, &nightly, limit).await.unwrap(), None);
    claim.abandon().await.unwrap();
    assert!(
        tombstone
            .bury(store, &nightly, Some(claim.claim()))
            .await
            .unwrap()
    );
    assert_eq!(store.list("").await.unwrap(), []);
    write(store, &nightly, &samples()).await.unwrap();
}

#[tokio::test]
async fn a_removal_spares_the_backup_of_another_claim() {
    let folder = Folder::new();
    let (store, nightly) = (folder.store.as_ref(), name("nightly"));
    let dead = HeldClaim::take(store, &nightly).await.unwrap().claim().clone();
    cleanup(store, Duration::ZERO).await.unwrap();
    let claim = HeldClaim::take(store, &nightly).await.unwrap();
    let tombstone = Tombstone::put(store, &nightly, jiff::Timestamp::MIN)
        .await
        .unwrap()
        .unwrap();
    assert!(!tombstone.bury(store, &nightly, Some(&dead)).await.unwrap());
    let writer = ArchiveWriter::begin(&claim, NonZero::<usize>::MIN).await.unwrap();
    writer.finish(Description::default()).await.unwrap();
    assert!(check(store, &nightly).await.is_whole());
}

#[tokio::test]
async fn a_name_under_which_files_of_others_lie_is_not_taken() {
    let folder = Folder::new();
    let store = folder.store.as_ref();
    store
        .put_if_absent("backups/nightly/velero-backup.json", Bytes::new())
        .await
        .unwrap();
    let error = HeldClaim::take(store, &name("nightly"))
        .await
        .err()
        .unwrap()
        .to_string();
    assert_eq!(
        error,
        "backup nightly cannot be written: backups/nightly/velero-backup.json is there already"
    );
    assert_eq!(store.list("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_that_is_young_is_left_alone() {
    let folder = Folder::new();
    let (store, nightly) = (folder.store.as_ref(), name("nightly"));
    let claim = HeldClaim::take(store, &nightly).await.unwrap();
    assert_eq!(
        cleanup(store, Duration::from_secs(3600)).await.unwrap(),
        Cleanup::default()
    );
    let writer = ArchiveWriter::begin(&claim, NonZero::<usize>::MIN).await.unwrap();
    writer.finish(Description::default()).await.unwrap();
    assert_eq!(cleanup(store, Duration::ZERO).await.unwrap(), Cleanup::default());
    assert_eq!(finished(store).await, ["nightly"]);
}

#[tokio::test]
async fn everything_can_be_handed_to_a_task() {
    let folder = Folder::new();
    let (store, nightly) = (Arc::clone(&folder.store), name("nightly"));
    let task = tokio::spawn(async move {
        write(store.as_ref(), &nightly, &samples()).await.unwrap();
        assert_eq!(read(&store, &nightly).await.len(), 4);
        assert!(check(store.as_ref(), &nightly).await.is_whole());
        assert_eq!(finished(store.as_ref()).await.len(), 1);
        delete(store.as_ref(), &nightly).await.unwrap();
        cleanup(store.as_ref(), Duration::ZERO).await.unwrap();
    });
    task.await.unwrap();
}
