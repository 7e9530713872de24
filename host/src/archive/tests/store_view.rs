//! What a store shows, and what is removed from it.

use super::*;
use crate::store::faults::{Fault, FaultyStore, unreadable_folder};
use std::fs;
use std::time::Duration;

#[tokio::test]
async fn backups_are_listed_by_name_and_what_others_wrote_is_left_out() {
    let folder = Folder::new();
    for backup in ["weekly", "nightly"] {
        write(folder.store.as_ref(), &name(backup), &samples())
            .await
            .unwrap();
    }
    fs::create_dir_all(folder.path("backups/of-velero")).unwrap();
    fs::write(folder.path("backups/of-velero/velero-backup.json"), "{}").unwrap();
    fs::write(folder.path("backups/file"), "").unwrap();
    fs::create_dir_all(folder.path("kopia/shop")).unwrap();
    fs::write(folder.path("kopia/shop/blob"), "").unwrap();
    let listing = list(folder.store.as_ref()).await.unwrap();
    assert_eq!(finished(folder.store.as_ref()).await, ["nightly", "weekly"]);
    assert_eq!(listing.unfinished, []);
    assert_eq!(listing.backups[0].manifest.as_ref().unwrap().contents.objects, 4);

    cleanup(folder.store.as_ref(), Duration::ZERO).await.unwrap();
    assert!(folder.path("backups/of-velero/velero-backup.json").exists());
}

#[tokio::test]
async fn a_damaged_backup_is_listed_as_such_and_hides_no_other() {
    let folder = Folder::new();
    for backup in ["a", "b", "c"] {
        write(folder.store.as_ref(), &name(backup), &samples())
            .await
            .unwrap();
    }
    fs::write(folder.path("backups/a/lazarette-manifest.json"), "{}").unwrap();
    fs::remove_file(folder.path("backups/b/b.tar.gz")).unwrap();
    let listing = list(folder.store.as_ref()).await.unwrap();
    let texts: Vec<_> = listing
        .backups
        .iter()
        .map(|backup| {
            backup
                .manifest
                .as_ref()
                .err()
                .map(ToString::to_string)
                .unwrap_or_default()
        })
        .collect();
    assert!(
        texts[0].starts_with("backups/a/lazarette-manifest.json: the manifest does not parse"),
        "{texts:?}"
    );
    assert_eq!(texts[1..], ["backups/b/b.tar.gz: the file is missing", ""]);
}

#[tokio::test]
async fn deleting_removes_a_backup_damaged_or_not_and_nothing_else() {
    let folder = Folder::new();
    for backup in ["a", "b"] {
        write(folder.store.as_ref(), &name(backup), &samples())
            .await
            .unwrap();
    }
    fs::write(folder.path("backups/a/lazarette-manifest.json"), "{}").unwrap();
    delete(folder.store.as_ref(), &name("a")).await.unwrap();
    assert_eq!(finished(folder.store.as_ref()).await, ["b"]);
    assert!(!folder.path("backups/a").exists());
    let error = delete(folder.store.as_ref(), &name("a"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("backup a is not in file:"), "{error}");
}

#[tokio::test]
async fn a_backup_of_velero_is_told_from_one_that_is_not_there() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("backups/of-velero")).unwrap();
    fs::write(folder.path("backups/of-velero/velero-backup.json"), "{}").unwrap();
    let open = async |backup| {
        Backup::open(Arc::clone(&folder.store), &name(backup))
            .await
            .err()
            .unwrap()
    };
    assert!(matches!(open("of-velero").await, ArchiveError::Damaged { .. }));
    assert!(matches!(
        delete(folder.store.as_ref(), &name("of-velero")).await,
        Err(ArchiveError::OfVelero { .. })
    ));
    assert!(matches!(open("nothing").await, ArchiveError::NotFound { .. }));
}

#[tokio::test]
async fn a_claim_that_cannot_be_read_is_cleaned_up() {
    let folder = Folder::new();
    let nightly = name("nightly");
    drop(HeldClaim::take(folder.store.as_ref(), &nightly).await.unwrap());
    fs::write(folder.path("backups/nightly/lazarette-claim.json"), "?").unwrap();
    assert_eq!(
        list(folder.store.as_ref()).await.unwrap().unfinished[0].claim,
        None
    );
    let removed = cleanup(folder.store.as_ref(), Duration::from_secs(3600))
        .await
        .unwrap();
    assert_eq!(removed.backups, [nightly]);
}

#[tokio::test]
async fn a_backup_that_cannot_be_read_hides_no_other() {
    let folder = Folder::new();
    for backup in ["a", "b"] {
        write(folder.store.as_ref(), &name(backup), &samples())
            .await
            .unwrap();
    }
    let calls = |at| FaultyStore::new(Arc::clone(&folder.store), at, Fault::Fails);
    let listing = list(&calls(1)).await.unwrap();
    let readable = listing.backups.iter().filter(|backup| backup.manifest.is_ok());
    assert_eq!((listing.backups.len(), readable.count()), (2, 1));
    list(&calls(0)).await.unwrap_err();
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_listed_as_such_and_hides_no_backup() {
    let folder = Folder::new();
    for backup in ["a", "b"] {
        write(folder.store.as_ref(), &name(backup), &samples())
            .await
            .unwrap();
    }
    unreadable_folder(&folder.path("backups/a"));
    let listing = list(folder.store.as_ref()).await.unwrap();
    let shown: Vec<_> = listing
        .backups
        .iter()
        .map(|backup| (backup.name.as_str(), backup.manifest.is_ok()))
        .collect();
    assert_eq!(shown, [("a", false), ("b", true)]);
}

#[tokio::test]
async fn a_manifest_that_is_alone_is_no_backup_and_is_cleaned_up() {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    for entry in folder.store.list("").await.unwrap() {
        if !entry.key.ends_with("lazarette-manifest.json") {
            folder.store.delete(&entry.key).await.unwrap();
        }
    }
    let listing = list(folder.store.as_ref()).await.unwrap();
    assert_eq!((listing.backups.len(), listing.unfinished.len()), (0, 1));
    cleanup(folder.store.as_ref(), Duration::from_secs(3600))
        .await
        .unwrap();
    assert_eq!(folder.store.list("").await.unwrap(), []);
}
