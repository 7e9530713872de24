//! What holds for a folder as store beyond what holds for every store.

use super::super::conformance::conforms;
use super::super::faults::unreadable_folder;
use super::*;
use std::os::unix::fs::PermissionsExt;

fn store(root: &Path) -> LocalStore {
    LocalStore::new(root.to_str().unwrap()).unwrap()
}

/// Names of all files below a folder, temporary ones too.
fn names(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let unreadable = |folder: &Path, error| panic!("{}: {error}", folder.display());
    walk(root, &unreadable, &mut |path, _| {
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    })
    .unwrap();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_conforms() {
    let root = tempfile::tempdir().unwrap();
    conforms(Arc::new(store(root.path()))).await;
    assert_eq!(
        fs::read_dir(root.path()).unwrap().count(),
        0,
        "empty folders are removed too"
    );
}

#[tokio::test]
async fn a_store_that_is_not_there_is_said_to_be_absent_until_something_is_written() {
    let root = tempfile::tempdir().unwrap();
    let store = store(&root.path().join("a/b"));
    assert!(matches!(store.list("").await, Err(StoreError::Absent { address }) if address == store.address));
    assert!(matches!(
        store.read("key", None).await,
        Err(StoreError::Absent { .. })
    ));
    assert!(matches!(store.size("key").await, Err(StoreError::Absent { .. })));
    store.delete("key").await.unwrap();
    store.put_if_absent("key", Bytes::new()).await.unwrap();
    assert_eq!(store.list("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn files_belong_to_their_owner_alone() {
    let root = tempfile::tempdir().unwrap();
    store(root.path())
        .put_if_absent("secret", Bytes::new())
        .await
        .unwrap();
    let mode = fs::metadata(root.path().join("secret"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn no_temporary_file_outlives_its_writer_and_what_a_killed_one_left_is_removed() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path());
    store.put_if_absent("folder/whole", Bytes::new()).await.unwrap();
    store
        .put_if_absent("folder/whole", Bytes::new())
        .await
        .unwrap_err();
    drop(store.upload("folder/dropped").await.unwrap());
    assert_eq!(names(root.path()), ["whole"]);

    fs::write(root.path().join("folder/.lazarette-killed.partial"), "half").unwrap();
    fs::write(root.path().join("folder/.other"), "").unwrap();
    let open = store.upload("folder/open").await.unwrap();
    assert_eq!(store.list("").await.unwrap().len(), 1);
    assert_eq!(
        store.remove_abandoned(Duration::from_secs(3600)).await.unwrap(),
        0
    );
    assert_eq!(store.remove_abandoned(Duration::ZERO).await.unwrap(), 1);
    open.commit().await.unwrap();
    let mut left = names(root.path());
    left.sort();
    assert_eq!(left, [".other", "open", "whole"]);
}

#[tokio::test]
async fn remains_are_removed_beside_a_folder_that_cannot_be_read() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path());
    unreadable_folder(root.path());
    fs::write(root.path().join(".lazarette-killed.partial"), "half").unwrap();
    assert_eq!(store.remove_abandoned(Duration::ZERO).await.unwrap(), 1);
    let error = store.list("").await.unwrap_err().to_string();
    assert!(error.contains("dddd/dddd"), "{error}");
    store.put_if_absent("folder/file", Bytes::new()).await.unwrap();
    let (entries, unreadable) = store.list_readable("").await.unwrap();
    assert_eq!((entries.len(), unreadable.len()), (1, 1));
    assert_eq!(store.list("folder/").await.unwrap(), entries);
}

#[tokio::test]
async fn a_pipe_in_the_place_of_a_file_is_none_and_holds_up_nobody() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let root = tempfile::tempdir().unwrap();
    mknodat(CWD, root.path().join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let read = store(root.path()).read("pipe", None).await;
    assert!(matches!(read, Err(StoreError::NotFound { .. })), "{read:?}");
}

#[tokio::test]
async fn an_upload_that_failed_once_cannot_be_committed() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path());
    let path = root.path().join("file");
    let torn = LocalUpload {
        store: store.clone(),
        key: "file".to_owned(),
        file: Arc::new(begin(&path).unwrap()),
        path,
        torn: true,
    };
    assert!(Box::new(torn).commit().await.is_err());
    assert_eq!(store.size("file").await.unwrap(), None);
}

#[tokio::test]
async fn a_file_in_the_way_is_an_error_that_names_the_key() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path());
    store.put_if_absent("file", Bytes::new()).await.unwrap();
    let error = store
        .put_if_absent("file/below", Bytes::new())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("file/below: "), "{error}");
}
