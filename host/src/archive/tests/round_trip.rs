//! What is written is what is read.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::process::Command;

#[tokio::test]
async fn objects_come_back_in_their_order_with_their_numbers() {
    let folder = Folder::new();
    let written = samples();
    write(folder.store.as_ref(), &name("nightly"), &written)
        .await
        .unwrap();
    let read = read(&folder.store, &name("nightly")).await;
    assert_eq!(read.len(), written.len());
    for (position, (object, sample)) in read.into_iter().zip(&written).enumerate() {
        let object = object.unwrap();
        assert_eq!((&object.id, &object.json), (&sample.id, &sample.json));
        assert_eq!(
            (&object.version, &object.kind),
            (&sample.of.version, &sample.of.kind)
        );
        assert_eq!(object.position, u64::try_from(position).unwrap());
        assert_eq!(
            object.parse().unwrap().api_version(),
            sample.of.resource.api_version("v1")
        );
    }
}

#[tokio::test]
async fn a_choice_keeps_order_and_numbers_and_reads_only_its_members() {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("nightly"), &large_samples())
        .await
        .unwrap();
    let backup = Backup::open(Arc::clone(&folder.store), &name("nightly"))
        .await
        .unwrap();
    // A hole over all but the last bytes would be noticed if more than the last object's member were read.
    let path = folder.path("backups/nightly/nightly.tar.gz");
    let mut bytes = bytes_of(&path);
    let half = bytes.len() / 2;
    bytes[..half].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let objects: Vec<_> = backup
        .objects(|id| id.name == "c-11")
        .map(Result::unwrap)
        .collect()
        .await;
    assert_eq!(
        objects
            .iter()
            .map(|object| (object.id.name.as_str(), object.position))
            .collect::<Vec<_>>(),
        [("c-11", 11)]
    );
}

#[tokio::test]
async fn an_empty_backup_is_a_backup() {
    let folder = Folder::new();
    write(folder.store.as_ref(), &name("empty"), &[]).await.unwrap();
    assert_eq!(read(&folder.store, &name("empty")).await.len(), 0);
    assert!(check(folder.store.as_ref(), &name("empty")).await.is_whole());
}

#[tokio::test]
async fn the_bytes_do_not_depend_on_the_number_of_workers() {
    let folder = Folder::new();
    let mut digests = Vec::new();
    for workers in [1, 2, 8] {
        let name = name(&format!("with-{workers}"));
        let manifest = write_with(folder.store.as_ref(), &name, &large_samples(), workers)
            .await
            .unwrap();
        let of = |file| manifest.file(file).unwrap().sha256;
        digests.push([
            of(BackupFile::Objects),
            of(BackupFile::Index),
            of(BackupFile::ResourceList),
        ]);
    }
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

#[tokio::test]
async fn gnu_tar_unpacks_every_object() {
    let folder = Folder::new();
    let long = "n".repeat(200);
    let mut written = samples();
    written.insert(
        2,
        sample(&config_maps(), Some(&"s".repeat(63)), &long, "long names"),
    );
    written.extend(large_samples().into_iter().map(|sample| Sample {
        of: resource_type("z.example.com", "larges", "Large", true),
        id: ObjectId {
            resource: GroupResource::new("z.example.com", "larges"),
            ..sample.id
        },
        ..sample
    }));
    write(folder.store.as_ref(), &name("nightly"), &written)
        .await
        .unwrap();
    let target = tempfile::tempdir().unwrap();
    let output = Command::new("tar")
        .arg("-xzf")
        .arg(folder.path("backups/nightly/nightly.tar.gz"))
        .arg("-C")
        .arg(target.path())
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(bytes_of(&target.path().join("metadata/version")), b"1.0.0\n");
    for Sample { id, json, .. } in written {
        assert_eq!(
            bytes_of(&target.path().join(entry::path(&id).unwrap())),
            json.as_bytes(),
            "{id}"
        );
    }
}

#[tokio::test]
async fn an_object_whose_name_is_no_file_name_is_refused_and_leaves_nothing() {
    let folder = Folder::new();
    let mut written = samples();
    written[0].id.name = "../../etc/passwd".to_owned();
    let error = write(folder.store.as_ref(), &name("nightly"), &written)
        .await
        .unwrap_err();
    assert!(matches!(error, ArchiveError::Unwritable { .. }), "{error}");
    assert_eq!(folder.store.list("").await.unwrap(), []);
}

#[tokio::test]
async fn types_that_come_twice_are_a_defect_of_the_caller() {
    let folder = Folder::new();
    let mut written = samples();
    written.push(written[0].clone());
    let error = write(folder.store.as_ref(), &name("nightly"), &written)
        .await
        .unwrap_err();
    assert!(matches!(error, ArchiveError::Internal(_)), "{error}");
}

fn any_samples() -> impl Strategy<Value = Vec<Sample>> {
    let id = (
        "[a-z]{1,3}",
        "[a-z0-9:\\-é ]{1,120}".prop_filter("a path", |name| name != "." && name != ".."),
    );
    let content = prop_oneof![4 => ".{0,40}", 1 => "[a-z]{0,3000}"];
    proptest::collection::btree_map((0..4usize, id), content, 0..40).prop_map(|objects: BTreeMap<_, _>| {
        let types = [
            config_maps(),
            resource_type("", "secrets", "Secret", true),
            resource_type("example.com", "widgets", "Widget", true),
            resource_type("example.com", "globals", "Global", false),
        ];
        let build = |((of, (namespace, name)), content): ((usize, (String, String)), String)| {
            let of = &types[of];
            sample(of, of.namespaced.then_some(namespace.as_str()), &name, &content)
        };
        let mut samples: Vec<Sample> = objects.into_iter().map(build).collect();
        samples.dedup_by(|one, other| one.id == other.id);
        samples
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_written_is_read(written in any_samples(), chosen in "[a-z]") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = Folder::new();
            let manifest = write(folder.store.as_ref(), &name("b"), &written).await.unwrap();
            prop_assert_eq!(usize::try_from(manifest.contents.objects).unwrap(), written.len());
            let all: Vec<_> = read(&folder.store, &name("b")).await.into_iter().map(Result::unwrap).collect();
            let pair = |object: &ArchivedObject| (object.id.clone(), object.json.clone());
            let expected: Vec<_> = written.iter().map(|sample| (sample.id.clone(), sample.json.clone())).collect();
            prop_assert_eq!(all.iter().map(pair).collect::<Vec<_>>(), expected);

            let backup = Backup::open(Arc::clone(&folder.store), &name("b")).await.unwrap();
            let listed: Vec<ObjectId> = backup.records().map(|record| record.unwrap().id()).collect();
            prop_assert_eq!(listed, written.iter().map(|sample| sample.id.clone()).collect::<Vec<_>>());
            let wanted = |id: &ObjectId| id.name.starts_with(&chosen);
            let some: Vec<_> = backup.objects(wanted).map(Result::unwrap).collect().await;
            let expected: Vec<_> = all.into_iter().filter(|object| wanted(&object.id)).collect();
            prop_assert_eq!(some, expected);
            prop_assert!(check(folder.store.as_ref(), &name("b")).await.is_whole());
            Ok(())
        })?;
    }
}
