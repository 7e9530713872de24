//! What somebody could make of a backup that Velero wrote.

use super::*;
use std::io::Read;
use tar::EntryType;

/// None where that fails.
fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(bytes)
        .read_to_end(&mut content)
        .ok()?;
    Some(content)
}

async fn error(folder: &Folder) -> String {
    let opened = Backup::open(Arc::clone(&folder.store), &name("nightly")).await;
    opened.err().expect("refused").to_string()
}

#[tokio::test]
async fn an_archive_that_is_cut_anywhere_is_damaged_and_what_is_before_can_be_had() {
    let folder = Folder::new();
    Velero::of("1.1.0", &samples()).put(&folder);
    let file = folder.path("backups/nightly/nightly.tar.gz");
    let whole = bytes_of(&file);
    let all = expected(&samples());
    for length in (0..whole.len()).step_by(7) {
        fs::write(&file, &whole[..length]).unwrap();
        let error = error(&folder).await;
        assert!(
            error.contains("the archive cannot be read to its end"),
            "{length}: {error}"
        );
        let Salvage { backup, findings } = Backup::salvage(Arc::clone(&folder.store), &name("nightly"))
            .await
            .unwrap();
        assert_eq!(findings.len(), 1);
        let left: Vec<_> = backup.objects(|_| true).collect().await;
        assert!(left.into_iter().all(|object| {
            let object = object.unwrap();
            all.contains(&(object.id.to_string(), object.json))
        }));
        assert!(!check(folder.store.as_ref(), &name("nightly")).await.is_whole());
    }
}

#[tokio::test]
async fn every_flipped_bit_that_changes_an_object_is_found() {
    let folder = Folder::new();
    Velero::of("1.1.0", &samples()).put(&folder);
    let file = folder.path("backups/nightly/nightly.tar.gz");
    let whole = bytes_of(&file);
    // The first ten bytes are the header of gzip, of which hardly anything matters.
    for position in (10..whole.len()).step_by(3) {
        let mut damaged = whole.clone();
        damaged[position] ^= 1 << (position % 8);
        if gunzip(&damaged) == gunzip(&whole) {
            continue;
        }
        fs::write(&file, &damaged).unwrap();
        assert!(
            !check(folder.store.as_ref(), &name("nightly")).await.is_whole(),
            "byte {position}"
        );
        Backup::open(Arc::clone(&folder.store), &name("nightly"))
            .await
            .err()
            .expect("damaged");
    }
}

/// A tar whose only entry has this header, with `data` behind it.
fn lone(path: &str, of: EntryType, size: u64, data: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(of);
    header.set_size(size);
    header.set_cksum();
    let mut tar = header.as_bytes().to_vec();
    tar.extend_from_slice(data);
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

#[rstest]
#[case::out_of_the_folder(
    lone(
        "resources/pods/namespaces/../../../../etc/cron.d/x.json",
        EntryType::Regular,
        2,
        b"{}"
    ),
    "\"resources/pods/namespaces/../../../../etc/cron.d/x.json\" is no path of an object"
)]
#[case::link(
    lone("resources/pods/namespaces/shop/web.json", EntryType::Symlink, 0, b""),
    "resources/pods/namespaces/shop/web.json is neither a file nor a folder"
)]
#[case::huge(
    lone(
        "resources/pods/namespaces/shop/web.json",
        EntryType::Regular,
        8_000_000_000,
        b"{"
    ),
    "pods shop/web: it has 8000000000 bytes, which no object has"
)]
#[case::less_than_it_claims(
    lone("resources/pods/namespaces/shop/web.json", EntryType::Regular, 60_000, b"{"),
    "the archive cannot be read to its end"
)]
#[case::no_object(
    lone("resources/pods/namespaces/shop/web.json", EntryType::Regular, 2, b"{}"),
    "pods shop/web: it is no object: missing field `apiVersion`"
)]
#[case::nested_without_end(
    lone("resources/pods/namespaces/shop/web.json", EntryType::Regular, 4096, &[b'['; 4096]),
    "pods shop/web: it is no object"
)]
#[case::no_tar(b"no tar at all".repeat(100), "the archive cannot be read to its end")]
#[tokio::test]
async fn an_archive_that_is_hostile_is_refused(#[case] tar: Vec<u8>, #[case] expected: &str) {
    let folder = Folder::new();
    put(&folder, &tar, &Velero::new("1.1.0").resource("nightly"));
    let error = error(&folder).await;
    assert!(error.contains(expected), "{error}");
    assert!(error.starts_with("backups/nightly/nightly.tar.gz: "), "{error}");
    let verification = check(folder.store.as_ref(), &name("nightly")).await;
    assert!(
        verification
            .findings
            .iter()
            .any(|finding| finding.to_string().contains(expected))
    );
}

#[rstest]
#[case::another_name("/metadata/name", json!("weekly"), "velero-backup.json: this is backup \"weekly\"")]
#[case::no_backup("/kind", json!("Restore"), "velero-backup.json: it is no Backup resource of Velero")]
#[case::later_layout("/status/formatVersion", json!("2.0.0"), "reads layouts 1.x only")]
#[tokio::test]
async fn a_resource_that_is_not_this_backups_is_refused(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] expected: &str,
) {
    let folder = Folder::new();
    let velero = Velero::of("1.1.0", &samples());
    let mut resource = velero.resource("nightly");
    *resource.pointer_mut(pointer).unwrap() = value;
    put(&folder, &velero.tar.into_inner().unwrap(), &resource);
    let error = error(&folder).await;
    assert!(error.contains(expected), "{error}");
    let listing = list(folder.store.as_ref()).await.unwrap();
    assert!(listing.of_velero[0].backup.is_err());
    assert!(!check(folder.store.as_ref(), &name("nightly")).await.is_whole());
}

#[tokio::test]
async fn an_archive_that_is_missing_is_damage() {
    let folder = Folder::new();
    Velero::of("1.1.0", &samples()).put(&folder);
    fs::remove_file(folder.path("backups/nightly/nightly.tar.gz")).unwrap();
    assert_eq!(
        error(&folder).await,
        "backups/nightly/nightly.tar.gz: the file is missing"
    );
}

#[tokio::test]
async fn verification_compares_what_velero_says_with_what_is_there() {
    let folder = Folder::new();
    let [flags, prices, ..] = <[Sample; 4]>::try_from(samples()).unwrap();
    let mut velero = Velero::of("1.1.0", std::slice::from_ref(&flags));
    velero.file(&path(&prices, ""), prices.json.as_bytes());
    velero.file(&path(&prices, "v1-preferredversion/"), b"{}");
    velero.put(&folder);
    let file = |kind: &str, content: &[u8]| {
        fs::write(folder.path(&format!("backups/nightly/nightly-{kind}")), content).unwrap();
    };
    file(
        "resource-list.json.gz",
        &gzip(br#"{"v1/ConfigMap":["shop/flags"],"v1/Secret":["shop/s"]}"#),
    );
    file("logs.gz", b"no gzip at all");
    let verification = check(folder.store.as_ref(), &name("nightly")).await;
    let mut findings: Vec<_> = verification
        .findings
        .iter()
        .map(|finding| finding.to_string().replace("backups/nightly/", ""))
        .collect();
    findings.sort();
    let expected = [
        "nightly-logs.gz: it cannot be decompressed: invalid gzip header",
        "nightly-resource-list.json.gz: it lists 1 objects of v1/ConfigMap, and the archive holds 2",
        "nightly-resource-list.json.gz: it lists 1 objects of v1/Secret, and the archive holds 0",
        "nightly.tar.gz: configmaps shop/prices: its two copies differ",
        "velero-backup.json: it says that there are 1 objects, and the archive holds 2",
    ];
    assert_eq!(findings, expected);
    assert!(!verification.has_digests);
}
