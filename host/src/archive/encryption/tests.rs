//! What holds for encrypted files whatever a backup is.

use super::*;
use crate::store::{LocalStore, Store, StoreError};
use bytes::Bytes;
use std::sync::Arc;

const CHUNK: usize = 64 * 1024;

struct Setting {
    raw: Arc<LocalStore>,
    recipients: Vec<Recipient>,
    store: DecryptingStore,
    folder: tempfile::TempDir,
}

fn identities(folder: &std::path::Path, text: &str) -> Identities {
    let file = folder.join("identities");
    std::fs::write(&file, text).unwrap();
    Identities::read(&file).unwrap()
}

fn setting() -> Setting {
    let folder = tempfile::tempdir().unwrap();
    let raw = Arc::new(LocalStore::new(folder.path().join("store").to_str().unwrap()).unwrap());
    let (text, recipient) = generate();
    let store = DecryptingStore::new(raw.clone(), identities(folder.path(), &text));
    Setting {
        raw,
        recipients: vec![generate().1, recipient],
        store,
        folder,
    }
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|position| (position % 251) as u8).collect()
}

#[tokio::test]
async fn ranges_of_a_file_are_those_of_what_it_holds() {
    let setting = setting();
    for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
        let (key, plain) = (format!("file-{size}"), content(size));
        let sealed = seal(&setting.recipients, &plain).unwrap();
        setting.raw.put_if_absent(&key, sealed.into()).await.unwrap();
        assert_eq!(setting.store.size(&key).await.unwrap(), Some(size as u64));
        assert!(setting.store.read(&key, None).await.unwrap() == plain);
        for start in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, size] {
            for end in [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, size] {
                let read = setting.store.read(&key, Some(start as u64..end as u64)).await;
                match plain.get(start..end) {
                    Some(expected) => assert!(read.unwrap() == expected, "{size}: {start}..{end}"),
                    None => assert!(
                        matches!(read, Err(StoreError::Range { .. })),
                        "{size}: {start}..{end}"
                    ),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_is_not_encrypted_is_as_it_is() {
    let setting = setting();
    setting
        .store
        .put_if_absent("plain", Bytes::from_static(b"0123"))
        .await
        .unwrap();
    assert_eq!(setting.store.read("plain", None).await.unwrap(), "0123");
    assert_eq!(setting.store.read("plain", Some(1..3)).await.unwrap(), "12");
    assert_eq!(setting.store.size("plain").await.unwrap(), Some(4));
    assert_eq!(setting.store.size("nothing").await.unwrap(), None);
    assert!(matches!(
        setting.store.read("nothing", Some(0..1)).await,
        Err(StoreError::NotFound { .. })
    ));
}

#[tokio::test]
async fn another_key_opens_nothing() {
    let setting = setting();
    let sealed = seal(&setting.recipients, b"secret").unwrap();
    setting.raw.put_if_absent("file", sealed.into()).await.unwrap();
    let other = DecryptingStore::new(
        setting.raw.clone(),
        identities(setting.folder.path(), &generate().0),
    );
    assert!(matches!(
        other.read("file", None).await,
        Err(StoreError::Locked { .. })
    ));
    assert!(matches!(
        other.read("file", Some(0..1)).await,
        Err(StoreError::Locked { .. })
    ));
}

#[tokio::test]
async fn every_flipped_byte_and_every_cut_is_found() {
    let setting = setting();
    let plain = content(CHUNK + 100);
    let sealed = seal(&setting.recipients, &plain).unwrap();
    let steps = (400..sealed.len()).step_by(997);
    let header = 0..400;
    for position in header.chain(steps) {
        let key = format!("flipped-{position}");
        let mut flipped = sealed.clone();
        flipped[position] ^= 1;
        setting.raw.put_if_absent(&key, flipped.into()).await.unwrap();
        let read = setting.store.read(&key, None).await;
        assert!(read.map_or(true, |read| read != plain), "byte {position}");
        let key = format!("cut-{position}");
        setting
            .raw
            .put_if_absent(&key, sealed[..position].to_vec().into())
            .await
            .unwrap();
        let read = setting.store.read(&key, None).await;
        assert!(read.map_or(true, |read| read != plain), "cut at {position}");
        let range = setting.store.read(&key, Some(0..plain.len() as u64)).await;
        assert!(range.map_or(true, |read| read != plain), "cut at {position}");
    }
}
