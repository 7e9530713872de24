//! Encrypted and signed backups.

use super::*;
use crate::store::StoreError;
use rstest::rstest;
use std::fs;

/// Somebody with a private key.
struct Reader {
    recipient: Recipient,
    identities: Identities,
}

fn reader() -> Reader {
    let (text, recipient) = generate_identity();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    Reader {
        recipient,
        identities: Identities::read(file.path()).unwrap(),
    }
}

impl Reader {
    fn view(&self, folder: &Folder) -> Arc<dyn Store> {
        Arc::new(DecryptingStore::new(
            Arc::clone(&folder.store),
            self.identities.clone(),
        ))
    }

    fn protection(&self) -> Protection {
        Protection {
            recipients: vec![self.recipient.clone()],
            signing_key: None,
        }
    }
}

async fn write_protected(
    folder: &Folder,
    text: &str,
    samples: &[Sample],
    protection: Protection,
) -> Manifest {
    let nightly = name(text);
    let claim = HeldClaim::take_protected(folder.store.as_ref(), &nightly, protection)
        .await
        .unwrap();
    let mut writer = ArchiveWriter::begin(&claim, NonZero::new(2).unwrap())
        .await
        .unwrap();
    for Sample { of, id, json } in samples {
        writer.append(of, id, json).await.unwrap();
    }
    writer.finish(Description::default()).await.unwrap()
}

async fn keys(folder: &Folder) -> Vec<String> {
    let entries = folder.store.list("").await.unwrap();
    entries.into_iter().map(|entry| entry.key).collect()
}

#[tokio::test]
async fn who_has_the_key_reads_an_encrypted_backup_and_nobody_else() {
    let (folder, reader) = (Folder::new(), reader());
    let written = write_protected(&folder, "nightly", &large_samples(), reader.protection()).await;
    let view = reader.view(&folder);
    assert_eq!(
        read_manifest(view.as_ref(), &name("nightly")).await.unwrap(),
        written
    );
    let objects = read(&view, &name("nightly")).await;
    for (object, sample) in objects.into_iter().zip(large_samples()) {
        assert_eq!(object.unwrap().json, sample.json);
    }
    let verification = check(view.as_ref(), &name("nightly")).await;
    assert_eq!(verification.findings, []);
    assert_eq!(verification.objects, 12);

    let error = read_manifest(folder.store.as_ref(), &name("nightly"))
        .await
        .unwrap_err();
    assert!(matches!(error, ArchiveError::Encrypted { .. }), "{error}");
    let other = self::reader().view(&folder);
    let error = Backup::open(other, &name("nightly")).await.err().unwrap();
    assert!(
        matches!(error, ArchiveError::Store(StoreError::Locked { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn one_object_is_read_without_the_rest() {
    let (folder, reader) = (Folder::new(), reader());
    write_protected(&folder, "nightly", &large_samples(), reader.protection()).await;
    let backup = Backup::open(reader.view(&folder), &name("nightly"))
        .await
        .unwrap();
    let wanted: Vec<_> = backup.objects(|id| id.name == "c-07").collect().await;
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].as_ref().unwrap().json, large_samples()[7].json);
}

#[tokio::test]
async fn without_the_key_only_name_sizes_and_time_are_known() {
    let (folder, reader) = (Folder::new(), reader());
    write_protected(&folder, "nightly", &samples(), reader.protection()).await;
    let claim: serde_json::Value =
        serde_json::from_slice(&bytes_of(&folder.path(&BackupFile::Claim.key(&name("nightly"))))).unwrap();
    let members: Vec<_> = claim.as_object().unwrap().keys().collect();
    assert_eq!(members, ["writer", "since", "programVersion"]);
    let nightly = name("nightly");
    let expected: Vec<_> = BackupFile::ALL
        .into_iter()
        .filter(|file| *file != BackupFile::VeleroBackup)
        .map(|file| file.key(&nightly))
        .collect();
    let mut there = keys(&folder).await;
    there.sort();
    let mut expected_sorted = expected.clone();
    expected_sorted.sort();
    assert_eq!(there, expected_sorted);
    for key in &expected[1..] {
        assert!(
            bytes_of(&folder.path(key)).starts_with(b"age-encryption.org/v1\n"),
            "{key}"
        );
    }
    let listed = list(folder.store.as_ref()).await.unwrap().backups;
    assert!(matches!(listed[0].manifest, Err(ArchiveError::Encrypted { .. })));
    let listed = list(reader.view(&folder).as_ref()).await.unwrap().backups;
    assert!(listed[0].manifest.is_ok(), "{:?}", listed[0].manifest);
    delete(folder.store.as_ref(), &nightly).await.unwrap();
    assert_eq!(keys(&folder).await, Vec::<String>::new());
}

#[tokio::test]
async fn whatever_is_flipped_cut_swapped_missing_or_added_in_an_encrypted_backup_is_found() {
    let (folder, reader) = (Folder::new(), reader());
    write_protected(&folder, "nightly", &samples(), reader.protection()).await;
    write_protected(&folder, "weekly", &samples()[..3], reader.protection()).await;
    let nightly = name("nightly");
    let whole = |view: Arc<dyn Store>| async move {
        verify(view.as_ref(), &name("nightly"), &Progress::default())
            .await
            .is_ok_and(|verification| verification.is_whole())
    };
    for file in BackupFile::ALL
        .into_iter()
        .filter(|file| *file != BackupFile::VeleroBackup)
    {
        let path = folder.path(&file.key(&nightly));
        let bytes = bytes_of(&path);
        let steps: Vec<usize> = (0..bytes.len()).step_by(37).chain([bytes.len() - 1]).collect();
        for position in steps {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            fs::write(&path, flipped).unwrap();
            assert!(
                !whole(reader.view(&folder)).await,
                "{file:?}: byte {position} flipped"
            );
            fs::write(&path, &bytes[..position]).unwrap();
            assert!(!whole(reader.view(&folder)).await, "{file:?}: cut at {position}");
        }
        let view = reader.view(&folder);
        let content = |backup| {
            let (view, key) = (Arc::clone(&view), file.key(&name(backup)));
            async move { view.read(&key, None).await.unwrap() }
        };
        fs::write(&path, &bytes).unwrap();
        // Digests are of the content, so what says the same under another encryption is not damaged.
        let is_same = content("nightly").await == content("weekly").await;
        assert!(!is_same || file == BackupFile::Results, "{file:?}");
        fs::copy(folder.path(&file.key(&name("weekly"))), &path).unwrap();
        assert_eq!(whole(view).await, is_same, "{file:?}: another backup's");
        fs::remove_file(&path).unwrap();
        assert!(!whole(reader.view(&folder)).await, "{file:?}: missing");
        fs::write(&path, bytes).unwrap();
    }
    let added = folder.path("backups/nightly/added");
    fs::write(&added, "").unwrap();
    assert!(!whole(reader.view(&folder)).await, "added");
    fs::remove_file(added).unwrap();
    assert!(whole(reader.view(&folder)).await);
}

#[tokio::test]
async fn damage_in_an_encrypted_archive_costs_the_objects_that_lie_there() {
    let (folder, reader) = (Folder::new(), reader());
    write_protected(&folder, "nightly", &large_samples(), reader.protection()).await;
    let path = folder.path(&BackupFile::Objects.key(&name("nightly")));
    let mut bytes = bytes_of(&path);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let objects = read(&reader.view(&folder), &name("nightly")).await;
    let lost = objects.iter().filter(|object| object.is_err()).count();
    assert!(
        (1..8).contains(&lost) && objects.len() == 12,
        "{lost} of {}",
        objects.len()
    );
    for object in objects.into_iter().flatten() {
        assert!(large_samples().iter().any(|sample| sample.json == object.json));
    }
}

#[rstest]
#[case::trusted(&[0], true)]
#[case::one_of_several(&[1, 0], true)]
#[case::nobody_is_asked_for(&[], true)]
#[case::another(&[1], false)]
#[tokio::test]
async fn a_signature_counts_when_its_key_is_trusted(#[case] trusted: &[usize], #[case] taken: bool) {
    let keys = [SigningKey::generate().unwrap(), SigningKey::generate().unwrap()];
    let folder = Folder::new();
    let protection = Protection {
        signing_key: Some(keys[0].clone()),
        ..Protection::default()
    };
    let written = write_protected(&folder, "nightly", &samples(), protection).await;
    assert_eq!(written.signed_by, Some(keys[0].public()));
    let trust = Trust(trusted.iter().map(|key| keys[*key].public()).collect());
    let manifest = read_manifest(folder.store.as_ref(), &name("nightly"))
        .await
        .unwrap();
    assert_eq!(trust.check(&manifest).is_ok(), taken);
    let mut verification = check(folder.store.as_ref(), &name("nightly")).await;
    verification.demand(&trust);
    assert_eq!(verification.is_whole(), taken, "{:?}", verification.findings);
}

#[tokio::test]
async fn a_backup_without_a_signature_is_refused_where_a_key_is_trusted() {
    let folder = Folder::new();
    let manifest = write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    let trust = Trust(vec![SigningKey::generate().unwrap().public()]);
    let error = trust.check(&manifest).unwrap_err();
    assert!(matches!(error, ArchiveError::Untrusted { .. }), "{error}");
}

#[tokio::test]
async fn the_manifest_of_a_backup_of_the_same_name_does_not_fit_the_files() {
    let (folder, other) = (Folder::new(), Folder::new());
    write(folder.store.as_ref(), &name("nightly"), &samples())
        .await
        .unwrap();
    write(other.store.as_ref(), &name("nightly"), &samples()[..2])
        .await
        .unwrap();
    let manifest = BackupFile::Manifest.key(&name("nightly"));
    fs::copy(other.path(&manifest), folder.path(&manifest)).unwrap();
    assert!(!check(folder.store.as_ref(), &name("nightly")).await.is_whole());
    let error = Backup::open(Arc::clone(&folder.store), &name("nightly"))
        .await
        .err()
        .unwrap();
    assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
}
