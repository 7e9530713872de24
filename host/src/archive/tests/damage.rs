//! Whatever is damaged is found, and named; what is not, is still read.

use super::*;
use rstest::rstest;
use std::collections::BTreeSet;
use std::fs;

/// Ids of the objects that cannot be read, if the backup can be opened at all.
async fn unreadable(folder: &Folder) -> Result<BTreeSet<ObjectId>, ArchiveError> {
    let backup = Backup::open(Arc::clone(&folder.store), &name("nightly")).await?;
    let expected: Vec<_> = backup.records().map(|record| record.unwrap()).collect();
    let read: Vec<_> = backup.objects(|_| true).collect().await;
    assert_eq!(read.len(), expected.len(), "each object is there or an error");
    let mut damaged = BTreeSet::new();
    for (object, record) in read.into_iter().zip(expected) {
        match object {
            Ok(object) => assert_eq!(Digest::of(object.json.as_bytes()), record.sha256),
            Err(ArchiveError::DamagedObject { id, .. }) => {
                assert_eq!(*id, record.id());
                damaged.insert(*id);
            }
            Err(error) => panic!("{error}"),
        }
    }
    Ok(damaged)
}

/// All objects of a backup, which are whole.
async fn objects(backup: &Backup) -> Vec<ArchivedObject> {
    backup.objects(|_| true).map(Result::unwrap).collect().await
}

/// Damage `file` with `damage`, check that it is found, and put it right again.
async fn damaged(folder: &Folder, file: BackupFile, damage: impl FnOnce(&mut Vec<u8>)) -> BTreeSet<ObjectId> {
    let key = file.key(&name("nightly"));
    let path = folder.path(&key);
    let whole = bytes_of(&path);
    let expected = objects(
        &Backup::open(Arc::clone(&folder.store), &name("nightly"))
            .await
            .unwrap(),
    )
    .await;
    let mut bytes = whole.clone();
    damage(&mut bytes);
    fs::write(&path, bytes).unwrap();

    let verification = check(folder.store.as_ref(), &name("nightly")).await;
    assert!(!verification.is_whole(), "{file:?}");
    assert!(
        verification.findings.iter().all(|finding| finding.file == key),
        "{:?}",
        verification.findings
    );
    let lost: BTreeSet<_> = verification
        .findings
        .iter()
        .filter_map(|finding| finding.object.clone())
        .collect();
    match (file, unreadable(folder).await) {
        (BackupFile::Manifest | BackupFile::Index, opened) => {
            let Salvage { backup, findings } = Backup::salvage(Arc::clone(&folder.store), &name("nightly"))
                .await
                .unwrap();
            assert_eq!(
                findings.iter().map(|finding| &finding.file).collect::<Vec<_>>(),
                [&key]
            );
            assert_eq!(objects(&backup).await, expected, "all objects are still there");
            let file = match opened.unwrap_err() {
                ArchiveError::Damaged { file, .. } | ArchiveError::Unsupported { file, .. } => file,
                other => panic!("{other}"),
            };
            assert_eq!(file, key);
        }
        (_, opened) => assert_eq!(opened.unwrap(), lost, "verifying and reading agree"),
    }
    fs::write(&path, whole).unwrap();
    lost
}

#[rstest]
#[tokio::test]
async fn every_flipped_byte_of_a_small_backup_is_found(
    #[values(
        BackupFile::Claim,
        BackupFile::Objects,
        BackupFile::Index,
        BackupFile::ResourceList,
        BackupFile::Results,
        BackupFile::VeleroBackup,
        BackupFile::Manifest
    )]
    file: BackupFile,
) {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    for position in 0..bytes_of(&folder.path(&file.key(&name("nightly")))).len() {
        let bit = 1 << (position % 8);
        damaged(&folder, file, |bytes| bytes[position] ^= bit).await;
    }
    assert!(check(folder.store.as_ref(), &name("nightly")).await.is_whole());
}

#[tokio::test]
async fn a_flipped_byte_costs_objects_of_one_member_at_most() {
    let folder = Folder::new();
    let written = large_samples();
    write(folder.store.as_ref(), &name("nightly"), &written)
        .await
        .unwrap();
    let size = bytes_of(&folder.path("backups/nightly/nightly.tar.gz")).len();
    // Members hold four objects of 300 kB each. No twenty-third part ends where one object does and the next begins.
    for position in (1..23).map(|part| size * part / 23) {
        let lost = damaged(&folder, BackupFile::Objects, |bytes| bytes[position] ^= 0x10).await;
        let first = written.iter().position(|sample| lost.contains(&sample.id));
        let groups: BTreeSet<_> = first.into_iter().map(|first| first / 4).collect();
        assert!(
            (1..=4).contains(&lost.len()) && groups.len() == 1,
            "{position}: {lost:?}"
        );
    }
}

#[rstest]
#[case::cut_to_nothing(0)]
#[case::cut_in_the_middle(400_000)]
#[tokio::test]
async fn what_a_short_file_lacks_is_named(#[case] length: usize) {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &large_samples())
        .await
        .unwrap();
    let lost = damaged(&folder, BackupFile::Objects, |bytes| bytes.truncate(length)).await;
    assert!(lost.contains(&large_samples()[11].id));
    assert_eq!(lost.len(), if length == 0 { 12 } else { 11 });
}

#[rstest]
#[tokio::test]
async fn something_appended_is_found(
    #[values(BackupFile::Objects, BackupFile::Index, BackupFile::Manifest)] file: BackupFile,
) {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    assert_eq!(
        damaged(&folder, file, |bytes| bytes.extend([0; 512])).await.len(),
        0
    );
}

#[rstest]
#[tokio::test]
async fn a_missing_file_is_named(
    #[values(
        BackupFile::Claim,
        BackupFile::Objects,
        BackupFile::Index,
        BackupFile::Results
    )]
    file: BackupFile,
) {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    fs::remove_file(folder.path(&file.key(&name("nightly")))).unwrap();
    let findings = check(folder.store.as_ref(), &name("nightly")).await.findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].to_string(),
        format!("{}: the file is missing", file.key(&name("nightly")))
    );
}

#[tokio::test]
async fn a_file_that_was_added_is_named() {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    fs::write(folder.path("backups/nightly/notes.txt"), "x").unwrap();
    let findings = check(folder.store.as_ref(), &name("nightly")).await.findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].to_string(),
        "backups/nightly/notes.txt: the file is not part of the backup"
    );
}

#[rstest]
#[case::objects(BackupFile::Objects)]
#[case::index(BackupFile::Index)]
#[case::manifest(BackupFile::Manifest)]
#[tokio::test]
async fn a_file_of_another_backup_is_found(#[case] file: BackupFile) {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    write(folder.store.as_ref(), &name("weekly"), &samples()[1..])
        .await
        .unwrap();
    let other = bytes_of(&folder.path(&file.key(&name("weekly"))));
    damaged(&folder, file, |bytes| *bytes = other).await;
}

#[tokio::test]
async fn a_backup_under_another_name_is_refused() {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    fs::rename(folder.path("backups/nightly"), folder.path("backups/weekly")).unwrap();
    let error = Backup::open(Arc::clone(&folder.store), &name("weekly"))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("this is the manifest of backup nightly"),
        "{error}"
    );
    assert!(!check(folder.store.as_ref(), &name("weekly")).await.is_whole());
}

#[tokio::test]
async fn without_manifest_and_index_the_archive_is_enough() {
    let folder = Folder::new();
    let manifest = write(folder.store.as_ref(), &name("nightly"), &large_samples())
        .await
        .unwrap();
    let expected = read(&folder.store, &name("nightly")).await;
    fs::write(folder.path("backups/nightly/lazarette-manifest.json"), "").unwrap();
    fs::remove_file(folder.path("backups/nightly/nightly-lazarette-index.jsonl.gz")).unwrap();
    let salvage = Backup::salvage(Arc::clone(&folder.store), &name("nightly"))
        .await
        .unwrap();
    assert_eq!(salvage.findings.len(), 2);
    assert_eq!(salvage.backup.manifest().contents, manifest.contents);
    let expected: Vec<_> = expected.into_iter().map(Result::unwrap).collect();
    assert_eq!(objects(&salvage.backup).await, expected);
}

#[tokio::test]
async fn without_index_and_with_a_damaged_archive_nothing_can_be_said() {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    fs::remove_file(folder.path("backups/nightly/nightly-lazarette-index.jsonl.gz")).unwrap();
    let path = folder.path("backups/nightly/nightly.tar.gz");
    let mut bytes = bytes_of(&path);
    bytes[100] ^= 1;
    fs::write(path, bytes).unwrap();
    let error = Backup::salvage(Arc::clone(&folder.store), &name("nightly"))
        .await
        .err()
        .unwrap()
        .to_string();
    assert_eq!(
        error,
        "backups/nightly/nightly.tar.gz: the member at byte 0 cannot be decompressed"
    );
}

#[rstest]
#[case::not_compressed(b"{}".to_vec())]
#[case::no_json(member::compress(b"no json\n", member::LEVEL).unwrap())]
#[case::an_object_in_no_member(member::compress(&object_line(8), member::LEVEL).unwrap())]
#[case::a_member_too_large(member::compress(&member_line(8, u64::MAX), member::LEVEL).unwrap())]
#[case::a_member_that_is_longer_than_it_can_be(member::compress(&member_line(u64::MAX, 8), member::LEVEL).unwrap())]
#[case::more_objects_than_fit(member::compress(&[member_line(1024, 1024), object_line(0), object_line(0)].concat(), member::LEVEL).unwrap())]
#[case::a_line_without_end(member::compress(&vec![b' '; 10_000_000], member::LEVEL).unwrap())]
#[case::cut(member::compress(&member_line(0, 0), member::LEVEL).unwrap()[..20].to_vec())]
fn an_index_that_is_none_ends_in_an_error(#[case] bytes: Vec<u8>) {
    let members: Vec<_> = index::Members::new(bytes.into(), "file".to_owned()).collect();
    assert_eq!(members.len(), 1);
    assert!(matches!(&members[0], Err(ArchiveError::Damaged { file, .. }) if file == "file"));
}

fn member_line(length: u64, size: u64) -> Vec<u8> {
    let record = MemberRecord {
        offset: 0,
        length,
        size,
        sha256: Digest::of(b""),
    };
    index::Line::Member(record).to_text().unwrap().into_bytes()
}

fn object_line(offset: u64) -> Vec<u8> {
    let record = ObjectRecord {
        resource: GroupResource::new("", "configmaps"),
        namespace: None,
        name: "c".to_owned(),
        version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        offset,
        size: u64::MAX,
        sha256: Digest::of(b""),
    };
    index::Line::Object(record).to_text().unwrap().into_bytes()
}

#[rstest]
#[case::beyond_everything(u64::MAX)]
#[case::beyond_the_member(8)]
fn a_record_that_points_nowhere_has_no_object(#[case] offset: u64) {
    let index = member::compress(
        &[member_line(1024, 1024), object_line(offset)].concat(),
        member::LEVEL,
    )
    .unwrap();
    let member = index::Members::new(index.into(), "file".to_owned())
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(reader::extract(b"1234", &member.objects[0]), None);
}
