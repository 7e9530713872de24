use super::Place;
use crate::report::{Code, Problem};
use crate::store::LocalStore;
use crate::vault::{RepositoryKey, Vault, VaultError, confirm_export, is_export_confirmed};
use jiff::Timestamp;
use std::sync::Arc;

#[tokio::test]
async fn a_repository_is_opened_by_its_key_alone() {
    let place = Place::new().await;
    Vault::open(Arc::clone(&place.store), &place.key).await.unwrap();
    let other = Vault::open(Arc::clone(&place.store), &RepositoryKey::generate()).await;
    assert!(matches!(other, Err(VaultError::WrongKey(_))), "{other:?}");
    assert_eq!(Problem::from(other.unwrap_err()).code, Code::VaultKey);
}

#[tokio::test]
async fn where_there_is_no_repository_none_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().join("none").to_str().unwrap()).unwrap();
    let opened = Vault::open(Arc::new(store), &RepositoryKey::generate()).await;
    assert_eq!(Problem::from(opened.unwrap_err()).code, Code::NoVault);
}

#[tokio::test]
async fn a_repository_is_not_made_twice() {
    let place = Place::new().await;
    let again = Vault::create(Arc::clone(&place.store), &RepositoryKey::generate()).await;
    assert!(matches!(again, Err(VaultError::Exists(_))), "{again:?}");
    assert_eq!(place.store.list("restic/keys/").await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_make_a_repository_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn crate::store::Store> =
        Arc::new(LocalStore::new(folder.path().to_str().unwrap()).unwrap());
    let keys: Vec<RepositoryKey> = (0..4).map(|_| RepositoryKey::generate()).collect();
    let made = futures::future::join_all(keys.iter().map(|key| Vault::create(Arc::clone(&store), key))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    let mut opened = 0;
    for key in &keys {
        opened += u32::from(Vault::open(Arc::clone(&store), key).await.is_ok());
    }
    assert_eq!(opened, 1);
    assert_eq!(
        store.list("restic/keys/").await.unwrap().len(),
        1,
        "keys that open nothing are removed"
    );
}

#[tokio::test]
async fn that_a_key_was_exported_is_known_until_there_is_another_one() {
    let place = Place::new().await;
    assert!(!is_export_confirmed(&place.vault).await.unwrap());
    for _ in 0..2 {
        confirm_export(&place.vault, "somebody", Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
    }
    let opened = Vault::open(Arc::clone(&place.store), &place.key).await.unwrap();
    assert!(is_export_confirmed(&opened).await.unwrap());
}
