//! Copies of backups in other stores.

use super::*;
use crate::report::Cancellation;
use std::fs;

/// A backup in one store, and another one.
async fn backup_and_target() -> (Folder, Folder, BackupName) {
    let (from, to, nightly) = (Folder::new(), Folder::new(), name("nightly"));
    write(from.store.as_ref(), &nightly, &samples()).await.unwrap();
    (from, to, nightly)
}

async fn copied(
    (from, to, name): &(Folder, Folder, BackupName),
    cancellation: &Cancellation,
) -> Result<Copied, ArchiveError> {
    let (from, to) = (from.store.as_ref(), to.store.as_ref());
    copy(from, to, name, &Progress::default(), cancellation).await
}

#[tokio::test]
async fn a_copy_is_the_same_byte_for_byte() {
    let setting = backup_and_target().await;
    copied(&setting, &Cancellation::default()).await.unwrap();
    let (from, to, nightly) = setting;
    assert!(check(to.store.as_ref(), &nightly).await.is_whole());
    let files = from.store.list("").await.unwrap();
    assert_eq!(to.store.list("").await.unwrap(), files);
    for file in files {
        assert_eq!(bytes_of(&to.path(&file.key)), bytes_of(&from.path(&file.key)));
    }
}

#[tokio::test]
async fn what_is_damaged_is_not_copied() {
    let setting = backup_and_target().await;
    let archive = setting.0.path("backups/nightly/nightly.tar.gz");
    let mut bytes = bytes_of(&archive);
    bytes[100] ^= 1;
    fs::write(&archive, bytes).unwrap();
    let error = copied(&setting, &Cancellation::default()).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
    assert_eq!(setting.1.store.list("").await.unwrap(), []);
}

#[tokio::test]
async fn a_copy_that_is_cancelled_leaves_nothing() {
    let (setting, cancellation) = (backup_and_target().await, Cancellation::default());
    cancellation.cancel();
    let error = copied(&setting, &cancellation).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Cancelled), "{error}");
    assert_eq!(setting.1.store.list("").await.unwrap(), []);
}
