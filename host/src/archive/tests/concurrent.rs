//! Several who work on one store.

use super::*;
use futures::future::join_all;
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
