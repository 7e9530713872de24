//! A backup is whole or absent, whatever fails and whenever.

use super::*;
use crate::store::faults::{Fault, FaultyStore};
use rstest::rstest;
use std::time::Duration;

const FAULTS: [Fault; 4] = [
    Fault::Fails,
    Fault::LosesItsAnswer,
    Fault::Ends,
    Fault::EndsAfterwards,
];

/// Check that every finished backup is whole, and return how many there are.
async fn whole(folder: &Folder, context: &str) -> usize {
    let Ok(listing) = list(folder.store.as_ref()).await else {
        return 0;
    };
    for backup in &listing.backups {
        assert!(backup.manifest.is_ok(), "{context}: {:?}", backup.manifest);
        let verification = check(folder.store.as_ref(), &backup.name).await;
        assert!(verification.is_whole(), "{context}: {:?}", verification.findings);
    }
    listing.backups.len()
}

#[rstest]
#[tokio::test]
async fn a_backup_that_fails_at_any_call_leaves_none_or_a_whole_one(#[values(0, 1, 2, 3)] fault: usize) {
    let fault = FAULTS[fault];
    for at in 0.. {
        let folder = Folder::new();
        let faulty = FaultyStore::new(Arc::clone(&folder.store), at, fault);
        let written = write(&faulty, &name("nightly"), &samples()).await;
        let context = format!("{fault:?} at call {at}");
        let there = whole(&folder, &context).await;
        if faulty.calls() <= at {
            assert!(written.is_ok() && there == 1, "{context}");
            assert!(at > 10, "a backup makes a good number of calls");
            return;
        }
        if written.is_ok() {
            assert_eq!(there, 1, "{context}");
            continue;
        }
        if there == 0 {
            again(&folder, &context).await;
        }
    }
}

/// The name can be used again once what remains is removed.
async fn again(folder: &Folder, context: &str) {
    if folder.root.path().join("backups").exists() {
        cleanup(folder.store.as_ref(), Duration::ZERO).await.unwrap();
        assert_eq!(folder.store.list("").await.unwrap(), [], "{context}");
    }
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(whole(folder, context).await, 1);
}

#[tokio::test]
async fn a_failure_that_passes_leaves_nothing() {
    for at in 1..8 {
        let folder = Folder::new();
        let faulty = FaultyStore::new(Arc::clone(&folder.store), at, Fault::Fails);
        write(&faulty, &name("nightly"), &samples()).await.unwrap_err();
        assert_eq!(folder.store.list("").await.unwrap(), [], "call {at}");
    }
}

#[rstest]
#[tokio::test]
async fn a_deletion_that_fails_at_any_call_leaves_none_that_looks_finished_or_a_whole_one(
    #[values(0, 1, 2, 3)] fault: usize,
) {
    let fault = FAULTS[fault];
    for at in 0.. {
        let folder = Folder::new();
        write(folder.store.as_ref(), &name("nightly"), &samples())
            .await
            .unwrap();
        let faulty = FaultyStore::new(Arc::clone(&folder.store), at, fault);
        let deleted = delete(&faulty, &name("nightly")).await;
        let context = format!("{fault:?} at call {at}");
        let there = whole(&folder, &context).await;
        if deleted.is_ok() {
            assert_eq!(
                (there, folder.store.list("").await.unwrap().len()),
                (0, 0),
                "{context}"
            );
        } else if there == 0 {
            again(&folder, &context).await;
        }
        if faulty.calls() <= at {
            assert!(deleted.is_ok() && at > 5, "{context}");
            return;
        }
    }
}

#[tokio::test]
async fn a_writer_that_is_dropped_leaves_an_unfinished_backup() {
    let folder = Folder::new();
    let store = folder.store.as_ref();
    let nightly = name("nightly");
    let claim = HeldClaim::take(store, &nightly).await.unwrap();
    let mut writer = ArchiveWriter::begin(&claim, NonZero::<usize>::MIN).await.unwrap();
    for Sample { of, id, json } in large_samples() {
        writer.append(&of, &id, &json).await.unwrap();
    }
    drop(writer);
    let listing = list(store).await.unwrap();
    assert_eq!(listing.backups.len(), 0);
    assert_eq!(listing.unfinished[0].claim.as_ref(), Some(claim.claim()));
    assert_eq!(listing.unfinished[0].files, 1);
    let error = Backup::open(Arc::clone(&folder.store), &nightly)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.starts_with("backup nightly is not finished: begun by process "),
        "{error}"
    );
    assert!(matches!(
        delete(store, &nightly).await,
        Err(ArchiveError::Incomplete { .. })
    ));
    again(&folder, "dropped").await;
}
