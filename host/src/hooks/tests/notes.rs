//! What notes say of pods that may stand still, to whom.

use super::*;
use crate::archive::{
    BackupName, DecryptingStore, HeldClaim, Identities, NoteKind, Protection, Recipient, generate_identity,
};
use crate::store::{LocalStore, Store};
use bytes::Bytes;
use jiff::Timestamp;
use rstest::rstest;
use std::sync::Arc;
use tempfile::{NamedTempFile, TempDir};

/// A key pair.
fn key() -> (Recipient, Identities) {
    let (text, recipient) = generate_identity();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    (recipient, Identities::read(file.path()).unwrap())
}

fn store() -> (TempDir, Arc<dyn Store>) {
    let root = TempDir::new().unwrap();
    let store = LocalStore::new(root.path().to_str().unwrap()).unwrap();
    (root, Arc::new(store))
}

/// A claim of a backup that is encrypted to `recipient`, with a note on the pod `shop/db-0`. As an encrypted backup's
/// claim does not tell its process, it counts as one of a run that is gone.
async fn stand_still<'s>(store: &'s dyn Store, name: &'s BackupName, recipient: Recipient) -> HeldClaim<'s> {
    let protection = Protection {
        recipients: vec![recipient],
        signing_key: None,
    };
    let claim = HeldClaim::take_protected(store, name, protection).await.unwrap();
    let record = ThawRecord {
        cluster: "here".into(),
        since: Timestamp::UNIX_EPOCH,
        pods: vec![FrozenPod::new(&pod("db-0", json!({})), &[])],
    };
    let text = serde_json::to_vec(&record).unwrap();
    claim.note(NoteKind::Frozen, text).await.unwrap();
    claim
}

#[tokio::test]
async fn who_has_the_key_is_told_the_pods_and_others_that_there_may_be_some() {
    let ((_root, store), (recipient, identities), (_, others)) = (store(), key(), key());
    let name = "private".parse().unwrap();
    let claim = stand_still(store.as_ref(), &name, recipient).await;
    let with = |identities| DecryptingStore::new(Arc::clone(&store), identities);
    let left = frozen(&with(identities)).await.unwrap();
    assert_eq!((left.frozen.len(), left.unreadable.len()), (1, 0));
    assert_eq!(left.frozen[0].pods[0].pod.to_string(), "shop/db-0");

    let sealed = frozen(store.as_ref()).await.unwrap();
    assert_eq!(frozen(&with(others)).await.unwrap(), sealed);
    let expected = Unreadable {
        backup: name.clone(),
        since: Some(claim.claim().since),
        cause: UnreadNote::Encrypted,
    };
    assert_eq!(
        (sealed.frozen.len(), sealed.unreadable.as_slice()),
        (0, &[expected][..])
    );
    let (_, problem) = sealed.problems().next().unwrap();
    let message = problem.to_string();
    for told in ["backup private: ", "began at 2", "encrypted", "--identity"] {
        assert!(message.contains(told), "{told} is not in {message}");
    }
}

/// That nothing stands still is no secret: `doctor` and `thaw` do not warn those who have only the public key.
#[tokio::test]
async fn once_all_hooks_have_ended_everybody_knows() {
    let ((_root, store), (recipient, _)) = (store(), key());
    let name = "private".parse().unwrap();
    let claim = stand_still(store.as_ref(), &name, recipient).await;
    claim.note_all_thawed().await.unwrap();
    assert_eq!(frozen(store.as_ref()).await.unwrap(), Left::default());
}

#[rstest]
#[case::no_json("?")]
#[case::another_form(r#"{"pods": 7}"#)]
#[tokio::test]
async fn a_damaged_note_hides_no_others(#[case] damaged: &'static str) {
    let (_root, store) = store();
    let record = ThawRecord {
        cluster: "here".into(),
        since: Timestamp::UNIX_EPOCH,
        pods: vec![FrozenPod::new(&pod("db-0", json!({})), &[])],
    };
    let notes = [
        ("first", Bytes::from(damaged)),
        ("second", serde_json::to_vec(&record).unwrap().into()),
    ];
    for (backup, text) in notes {
        let key = format!("backups/{backup}/lazarette-frozen-1.json");
        store.put_if_absent(&key, text).await.unwrap();
    }
    let left = frozen(store.as_ref()).await.unwrap();
    assert_eq!(left.frozen[0].backup.to_string(), "second");
    let problem = left.unreadable[0].problem().to_string();
    assert!(
        problem.starts_with("backup first: ") && problem.contains("cannot be read"),
        "{problem}"
    );
}
