//! What holds for every store. A store passes when [`conforms`] returns.

use super::{Entry, Store, StoreError};
use bytes::Bytes;
use futures::future::join_all;
use std::sync::Arc;

/// Check a store that is there, and that holds nothing.
pub async fn conforms(store: Arc<dyn Store>) {
    a_file_is_read_as_it_was_written(store.as_ref()).await;
    nothing_is_overwritten(store.as_ref()).await;
    of_many_writers_one_wins(&store).await;
    ranges_lie_inside(store.as_ref()).await;
    an_upload_is_seen_when_it_is_committed(store.as_ref()).await;
    of_two_uploads_one_wins(store.as_ref()).await;
    what_is_not_there(store.as_ref()).await;
    a_list_is_ordered_and_of_its_prefix(store.as_ref()).await;
    keys_are_kept_as_they_are(store.as_ref()).await;
    what_is_no_key_is_refused(store.as_ref()).await;
    uploads_at_one_time_do_not_mix(&store).await;
    large_files_are_read_in_parts(store.as_ref()).await;
    an_upload_that_was_given_up_is_in_nobodys_way(store.as_ref()).await;
}

async fn put(store: &dyn Store, key: &str, content: &'static str) {
    store
        .put_if_absent(key, Bytes::from_static(content.as_bytes()))
        .await
        .unwrap();
}

async fn content(store: &dyn Store, key: &str) -> Bytes {
    store.read(key, None).await.unwrap()
}

async fn keys(store: &dyn Store, prefix: &str) -> Vec<String> {
    store
        .list(prefix)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| entry.key)
        .collect()
}

async fn clear(store: &dyn Store) {
    for key in keys(store, "").await {
        store.delete(&key).await.unwrap();
    }
    assert_eq!(keys(store, "").await, Vec::<String>::new());
}

async fn a_file_is_read_as_it_was_written(store: &dyn Store) {
    put(store, "backups/a/file", "content").await;
    put(store, "backups/a/empty", "").await;
    assert_eq!(content(store, "backups/a/file").await, "content");
    assert_eq!(content(store, "backups/a/empty").await, "");
    assert_eq!(store.size("backups/a/file").await.unwrap(), Some(7));
    assert_eq!(store.size("backups/a/empty").await.unwrap(), Some(0));
    clear(store).await;
}

async fn nothing_is_overwritten(store: &dyn Store) {
    put(store, "file", "first").await;
    let error = store
        .put_if_absent("file", Bytes::from_static(b"second"))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Exists { key } if key == "file"));
    assert_eq!(content(store, "file").await, "first");
    clear(store).await;
    put(store, "file", "again").await;
    assert_eq!(content(store, "file").await, "again");
    clear(store).await;
}

async fn of_many_writers_one_wins(store: &Arc<dyn Store>) {
    for round in 0..8 {
        let key = format!("race/{round}");
        let writers = (0..16).map(|writer| {
            let (store, key) = (Arc::clone(store), key.clone());
            tokio::spawn(async move {
                (
                    writer,
                    store.put_if_absent(&key, format!("{writer}").into()).await,
                )
            })
        });
        let mut winners = Vec::new();
        for ended in join_all(writers).await {
            match ended.unwrap() {
                (writer, Ok(())) => winners.push(writer),
                (_, Err(StoreError::Exists { .. })) => {}
                (_, Err(error)) => panic!("{error}"),
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(content(store.as_ref(), &key).await, winners[0].to_string());
    }
    clear(store.as_ref()).await;
}

async fn ranges_lie_inside(store: &dyn Store) {
    put(store, "file", "0123456789").await;
    for (range, expected) in [
        (0..10, "0123456789"),
        (0..1, "0"),
        (9..10, "9"),
        (3..7, "3456"),
        (5..5, ""),
        (10..10, ""),
    ] {
        assert_eq!(store.read("file", Some(range)).await.unwrap(), expected);
    }
    for range in [0..11, 10..11, 11..11, 11..12, u64::MAX - 1..u64::MAX] {
        let error = store.read("file", Some(range.clone())).await.unwrap_err();
        assert!(matches!(error, StoreError::Range { .. }), "{range:?}: {error}");
    }
    clear(store).await;
}

async fn an_upload_is_seen_when_it_is_committed(store: &dyn Store) {
    let mut upload = store.upload("folder/file").await.unwrap();
    upload.write(Bytes::from_static(b"one ")).await.unwrap();
    upload.write(Bytes::new()).await.unwrap();
    upload.write(Bytes::from_static(b"two")).await.unwrap();
    assert_eq!(store.size("folder/file").await.unwrap(), None);
    assert_eq!(keys(store, "").await, Vec::<String>::new());
    upload.commit().await.unwrap();
    assert_eq!(content(store, "folder/file").await, "one two");

    let mut dropped = store.upload("folder/dropped").await.unwrap();
    dropped.write(Bytes::from_static(b"half")).await.unwrap();
    drop(dropped);
    assert_eq!(keys(store, "").await, ["folder/file"]);
    store
        .upload("folder/empty")
        .await
        .unwrap()
        .commit()
        .await
        .unwrap();
    assert_eq!(content(store, "folder/empty").await, "");
    clear(store).await;
}

async fn of_two_uploads_one_wins(store: &dyn Store) {
    let (mut one, mut other) = (
        store.upload("file").await.unwrap(),
        store.upload("file").await.unwrap(),
    );
    one.write(Bytes::from_static(b"one")).await.unwrap();
    other.write(Bytes::from_static(b"other")).await.unwrap();
    other.commit().await.unwrap();
    assert!(matches!(one.commit().await, Err(StoreError::Exists { .. })));
    assert_eq!(content(store, "file").await, "other");
    clear(store).await;
}

async fn what_is_not_there(store: &dyn Store) {
    put(store, "folder/file", "").await;
    for key in ["nothing", "folder", "folder/nothing", "folder/file/below"] {
        assert!(
            matches!(store.read(key, None).await, Err(StoreError::NotFound { .. })),
            "{key}"
        );
        assert_eq!(store.size(key).await.unwrap(), None, "{key}");
        store.delete(key).await.unwrap();
    }
    assert_eq!(keys(store, "nothing/").await, Vec::<String>::new());
    assert_eq!(keys(store, "").await, ["folder/file"]);
    clear(store).await;
}

async fn a_list_is_ordered_and_of_its_prefix(store: &dyn Store) {
    let names = ["b/a", "a/b/c", "a/b-c", "a/b.c", "ab", "a/b/b"];
    for name in names {
        put(store, name, "12").await;
    }
    let mut ordered: Vec<String> = names.iter().map(ToString::to_string).collect();
    ordered.sort();
    assert_eq!(keys(store, "").await, ordered);
    assert_eq!(keys(store, "a/").await, ["a/b-c", "a/b.c", "a/b/b", "a/b/c"]);
    assert_eq!(keys(store, "a/b/").await, ["a/b/b", "a/b/c"]);
    assert_eq!(keys(store, "a/b").await, ["a/b-c", "a/b.c", "a/b/b", "a/b/c"]);
    assert_eq!(
        store.list("b/").await.unwrap(),
        [Entry {
            key: "b/a".to_owned(),
            size: 2
        }]
    );
    for number in 0..500 {
        put(store, &format!("many/{number:04}"), "").await;
    }
    assert_eq!(keys(store, "many/").await.len(), 500);
    clear(store).await;
}

async fn keys_are_kept_as_they_are(store: &dyn Store) {
    let printable: String = (' '..='~').filter(|c| !"./\\".contains(*c)).collect();
    let names = [
        "with space",
        "ümläut/文件",
        "percent%2F",
        "colon:and+plus",
        "a.b-c_d",
        "tail. ",
        "folder of spaces / a",
        "e\u{301} and é",
        "🗄/\u{10FFFD}",
        &"n".repeat(255),
        &printable,
    ];
    for name in names {
        store.put_if_absent(name, name.to_owned().into()).await.unwrap();
    }
    for name in names {
        assert_eq!(content(store, name).await, name);
        assert_eq!(keys(store, name).await, [name], "{name:?}");
    }
    let mut ordered = names.map(str::to_owned);
    ordered.sort();
    assert_eq!(keys(store, "").await, ordered);
    clear(store).await;
}

async fn what_is_no_key_is_refused(store: &dyn Store) {
    for key in [
        "",
        "/absolute",
        "folder/",
        "a//b",
        "../outside",
        "a/../../b",
        ".hidden",
        "a\0b",
        "a\\b",
    ] {
        let refused = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Invalid(_)));
        assert!(refused(store.put_if_absent(key, Bytes::new()).await), "{key:?}");
        assert!(refused(store.upload(key).await.map(drop)), "{key:?}");
        assert!(refused(store.read(key, None).await.map(drop)), "{key:?}");
        assert!(refused(store.size(key).await.map(drop)), "{key:?}");
        assert!(refused(store.delete(key).await), "{key:?}");
    }
}

async fn uploads_at_one_time_do_not_mix(store: &Arc<dyn Store>) {
    let writers = (0..8u8).map(|writer| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let mut upload = store.upload(&format!("uploads/{writer}")).await.unwrap();
            for _ in 0..20 {
                upload.write(Bytes::from(vec![writer; 10_000])).await.unwrap();
            }
            upload.commit().await.unwrap();
        })
    });
    for ended in join_all(writers).await {
        ended.unwrap();
    }
    for writer in 0..8u8 {
        let written = content(store.as_ref(), &format!("uploads/{writer}")).await;
        assert!(written.len() == 200_000 && written.iter().all(|byte| *byte == writer));
    }
    clear(store.as_ref()).await;
}

/// Content of `size` bytes in which each position shows.
fn pattern(size: usize) -> Vec<u8> {
    (0..size)
        .map(|position| (position % 251) as u8 ^ (position >> 16) as u8)
        .collect()
}

async fn large_files_are_read_in_parts(store: &dyn Store) {
    const MIB: usize = 1024 * 1024;
    let content = pattern(19 * MIB + 1);
    let mut upload = store.upload("large").await.unwrap();
    for portion in content.chunks(700_000) {
        upload.write(Bytes::copy_from_slice(portion)).await.unwrap();
    }
    upload.commit().await.unwrap();
    assert_eq!(store.size("large").await.unwrap(), Some(content.len() as u64));
    assert!(store.read("large", None).await.unwrap() == content);
    for edge in [8 * MIB, 16 * MIB, content.len()] {
        for range in [
            edge - 1..edge,
            edge - 10 * 1024..edge,
            edge.saturating_sub(9 * MIB)..edge,
        ] {
            let read = store
                .read("large", Some(range.start as u64..range.end as u64))
                .await
                .unwrap();
            assert!(read == content[range.clone()], "{range:?}");
        }
    }
    let beyond = content.len() as u64 - 9 * MIB as u64..content.len() as u64 + 1;
    assert!(matches!(
        store.read("large", Some(beyond)).await,
        Err(StoreError::Range { .. })
    ));
    clear(store).await;
}

async fn an_upload_that_was_given_up_is_in_nobodys_way(store: &dyn Store) {
    let content = pattern(9 * 1024 * 1024);
    for size in [1, content.len()] {
        let mut given_up = store.upload("file").await.unwrap();
        given_up
            .write(Bytes::copy_from_slice(&content[..size]))
            .await
            .unwrap();
        drop(given_up);
    }
    assert_eq!(keys(store, "").await, Vec::<String>::new());
    let mut upload = store.upload("file").await.unwrap();
    upload.write(Bytes::copy_from_slice(&content)).await.unwrap();
    upload.commit().await.unwrap();
    assert!(store.read("file", None).await.unwrap() == content);
    clear(store).await;
}
