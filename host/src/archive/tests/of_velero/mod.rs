//! Backups that Velero wrote.

mod damage;

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use tar::Header;

/// A backup of Velero in the making.
struct Velero {
    tar: tar::Builder<Vec<u8>>,
    objects: u64,
    format: &'static str,
}

impl Velero {
    fn new(format: &'static str) -> Self {
        let mut velero = Velero {
            tar: tar::Builder::new(Vec::new()),
            objects: 0,
            format,
        };
        velero.file("metadata/version", format!("{format}\n").as_bytes());
        velero
    }

    /// With all `samples`, as Velero writes them in that layout.
    fn of(format: &'static str, samples: &[Sample]) -> Self {
        samples.iter().fold(Velero::new(format), |mut velero, sample| {
            velero.object(sample);
            velero
        })
    }

    fn file(&mut self, path: &str, data: &[u8]) {
        let mut header = Header::new_ustar();
        header.set_mode(0o755);
        header.set_mtime(1_767_225_600);
        header.set_size(data.len() as u64);
        self.tar.append_data(&mut header, path, data).unwrap();
    }

    fn object(&mut self, sample: &Sample) {
        self.objects += 1;
        self.file(&path(sample, ""), sample.json.as_bytes());
        if self.format != "1.0.0" {
            self.file(&path(sample, "v1-preferredversion/"), sample.json.as_bytes());
        }
    }

    fn resource(&self, name: &str) -> Value {
        json!({
            "apiVersion": "velero.io/v1", "kind": "Backup",
            "metadata": {"name": name, "namespace": "velero", "uid": "u-1"},
            "spec": {"includedNamespaces": ["*"]},
            "status": {
                "version": 1, "formatVersion": self.format, "phase": "Completed",
                "startTimestamp": "2026-01-01T00:00:00Z", "completionTimestamp": "2026-01-01T00:01:00Z",
                "progress": {"totalItems": self.objects, "itemsBackedUp": self.objects},
            },
        })
    }

    /// Lay it into the store as `nightly`.
    fn put(self, folder: &Folder) {
        let resource = self.resource("nightly");
        put(folder, &self.tar.into_inner().unwrap(), &resource);
    }
}

fn path(sample: &Sample, version: &str) -> String {
    let Sample { id, .. } = sample;
    let place = id
        .namespace
        .as_ref()
        .map_or("cluster".to_owned(), |space| format!("namespaces/{space}"));
    format!("resources/{}/{version}{place}/{}.json", id.resource, id.name)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn put(folder: &Folder, tar: &[u8], resource: &Value) {
    let files = folder.path("backups/nightly");
    fs::create_dir_all(&files).unwrap();
    fs::write(files.join("nightly.tar.gz"), gzip(tar)).unwrap();
    fs::write(files.join("velero-backup.json"), resource.to_string()).unwrap();
}

/// What is read, as id and JSON, in the order of identities.
async fn objects(folder: &Folder) -> Vec<(String, String)> {
    let read = read(&folder.store, &name("nightly")).await;
    let mut objects: Vec<_> = read
        .into_iter()
        .map(Result::unwrap)
        .map(|object| (object.id.to_string(), object.json))
        .collect();
    objects.sort();
    objects
}

fn expected(samples: &[Sample]) -> Vec<(String, String)> {
    let mut expected: Vec<_> = samples
        .iter()
        .map(|sample| (sample.id.to_string(), sample.json.clone()))
        .collect();
    expected.sort();
    expected
}

#[rstest]
#[tokio::test]
async fn every_layout_is_read(#[values("1.0.0", "1.1.0", "1")] format: &'static str) {
    let folder = Folder::new();
    Velero::of(format, &samples()).put(&folder);
    assert_eq!(objects(&folder).await, expected(&samples()));
    let backup = Backup::open(Arc::clone(&folder.store), &name("nightly"))
        .await
        .unwrap();
    let contents = &backup.manifest().contents;
    let types: Vec<_> = contents
        .types
        .iter()
        .map(|of| (of.resource.to_string(), of.objects))
        .collect();
    assert_eq!(contents.objects, 4);
    let expected = [("namespaces", 1), ("configmaps", 2), ("deployments.apps", 1)];
    let mut expected: Vec<_> = expected.map(|(of, count)| (of.to_owned(), count)).into();
    expected.sort_by_key(|(of, _)| of.parse::<GroupResource>().unwrap());
    assert_eq!(types, expected);
    assert!(check(folder.store.as_ref(), &name("nightly")).await.is_whole());
}

#[tokio::test]
async fn what_is_larger_than_a_member_is_read_and_some_of_it_by_itself() {
    let folder = Folder::new();
    let (few, many) = (samples(), large_samples());
    // Types between one another, as Velero has pods and what they need.
    let mixed: Vec<Sample> = many[..6].iter().chain(&few).chain(&many[6..]).cloned().collect();
    Velero::of("1.1.0", &mixed).put(&folder);
    assert_eq!(objects(&folder).await, expected(&mixed));
    let backup = Backup::open(Arc::clone(&folder.store), &name("nightly"))
        .await
        .unwrap();
    let one: Vec<_> = backup.objects(|id| id.name == "c-07").collect().await;
    assert_eq!(one.len(), 1);
    assert_eq!(one.into_iter().next().unwrap().unwrap().json, many[7].json);
    let types: Vec<_> = backup
        .records()
        .map(|record| record.unwrap().resource.to_string())
        .collect();
    let runs = types.chunk_by(|one, other| one == other);
    assert_eq!(runs.count(), 3, "each type is in one piece: {types:?}");
}

#[tokio::test]
async fn what_others_need_comes_after_them_as_in_our_own_backups() {
    let folder = Folder::new();
    let definition = resource_type(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        false,
    );
    let custom = resource_type("shop.example.com", "campaigns", "Campaign", true);
    let needed = [
        sample(&definition, None, "campaigns.shop.example.com", "a"),
        sample(&custom, Some("shop"), "spring", "b"),
    ];
    Velero::of("1.1.0", &needed).put(&folder);
    let read = read(&folder.store, &name("nightly")).await;
    let names: Vec<_> = read.into_iter().map(|object| object.unwrap().id.name).collect();
    assert_eq!(names, ["spring", "campaigns.shop.example.com"]);
}

#[tokio::test]
async fn of_two_copies_the_one_without_a_version_counts() {
    let folder = Folder::new();
    let [flags, prices, web, _] = <[Sample; 4]>::try_from(samples()).unwrap();
    let mut velero = Velero::new("1.1.0");
    velero.file(
        &path(&flags, "v1-preferredversion/"),
        flags.json.replace("\"a\"", "\"old\"").as_bytes(),
    );
    velero.file(&path(&flags, ""), flags.json.as_bytes());
    velero.file(&path(&prices, "v1-preferredversion/"), prices.json.as_bytes());
    velero.file(&path(&web, "v1beta1/"), web.json.as_bytes());
    velero.put(&folder);
    assert_eq!(objects(&folder).await, expected(&[flags, prices]));
}

#[tokio::test]
async fn a_backup_of_velero_is_listed_and_is_not_ours_to_remove() {
    let folder = Folder::new();
    Velero::of("1.1.0", &samples()).put(&folder);
    write(folder.store.as_ref(), &name("ours"), &samples())
        .await
        .unwrap();
    let listing = list(folder.store.as_ref()).await.unwrap();
    assert_eq!((listing.backups.len(), listing.of_velero.len()), (1, 1));
    let backup = listing.of_velero[0].backup.as_ref().unwrap();
    assert_eq!((backup.phase.as_str(), backup.objects), ("Completed", Some(4)));
    let error = delete(folder.store.as_ref(), &name("nightly")).await.unwrap_err();
    assert!(matches!(error, ArchiveError::OfVelero { .. }), "{error}");
    assert!(
        HeldClaim::take(folder.store.as_ref(), &name("nightly"))
            .await
            .is_err()
    );
    assert_eq!(objects(&folder).await.len(), 4);
}

#[tokio::test]
async fn a_backup_that_is_not_complete_or_has_volumes_says_so() {
    let folder = Folder::new();
    let velero = Velero::of("1.1.0", &samples());
    let mut resource = velero.resource("nightly");
    resource["status"]["phase"] = json!("PartiallyFailed");
    resource["status"]["errors"] = json!(3);
    put(&folder, &velero.tar.into_inner().unwrap(), &resource);
    let volumes = json!([
        {"pvcName": "data", "backupMethod": "CSISnapshot", "skipped": false},
        {"pvcName": "cache", "backupMethod": "", "skipped": true},
    ]);
    fs::write(
        folder.path("backups/nightly/nightly-volumeinfo.json.gz"),
        gzip(volumes.to_string().as_bytes()),
    )
    .unwrap();
    let backup = Backup::open(Arc::clone(&folder.store), &name("nightly"))
        .await
        .unwrap();
    let notes = backup.notes();
    assert_eq!(notes.len(), 2);
    assert!(notes[0].contains("'PartiallyFailed', with 3 errors"), "{notes:?}");
    assert!(notes[1].contains("the data of one volume"), "{notes:?}");
}
