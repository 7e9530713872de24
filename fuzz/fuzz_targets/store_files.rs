//! Any bytes as one of the small files that lie in a store beside the archives: claims, manifests, requests to delete, what
//! the store requires. Whoever lists, checks and cleans up is told what is wrong, and the backup beside is still there.

#![no_main]

use arbitrary::Arbitrary;
use jiff::Timestamp;
use lazarette::archive;
use lazarette::backup::{self, BackupRequest};
use lazarette::cluster::Manifests;
use lazarette::report::{Cancellation, Progress};
use lazarette::store::{LocalStore, Store};
use libfuzzer_sys::fuzz_target;
use std::error::Error;
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Where the bytes lie.
#[derive(Arbitrary, Debug)]
enum Place {
    Claim,
    Manifest,
    Deletion,
    Requirement,
    Velero,
}

impl Place {
    fn key(&self) -> &'static str {
        match self {
            Place::Claim => "backups/other/lazarette-claim.json",
            Place::Manifest => "backups/other/lazarette-manifest.json",
            Place::Deletion => "backups/nightly/lazarette-deletion-0001.json",
            Place::Requirement => "backups/lazarette-store/deletion-delay-0001.json",
            Place::Velero => "backups/other/velero-backup.json",
        }
    }
}

struct Bench {
    folder: TempDir,
    store: LocalStore,
    runtime: Runtime,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| Bench::new().expect("a backup"));

fuzz_target!(|input: (Place, Vec<u8>)| BENCH.look(&input.0, &input.1));

impl Bench {
    fn new() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let objects = folder.path().join("objects");
        std::fs::create_dir(&objects)?;
        std::fs::write(objects.join("a.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")?;
        let store = LocalStore::new(&folder.path().join("store").display().to_string())?;
        let runtime = Builder::new_current_thread().build()?;
        let request = BackupRequest::new("nightly".parse()?);
        runtime.block_on(backup::create(
            &request,
            &Manifests::open(&objects)?,
            &store,
            &Progress::default(),
            &Cancellation::default(),
        ))?;
        Ok(Bench { folder, store, runtime })
    }

    /// Put the bytes into their place, look at the store, and remove them again.
    fn look(&self, place: &Place, bytes: &[u8]) {
        let path = self.folder.path().join("store").join(place.key());
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        self.runtime.block_on(async {
            let (name, other) = ("nightly".parse().expect("a name"), "other".parse().expect("a name"));
            let listing = archive::list(&self.store).await.expect("a list");
            assert!(listing.backups.iter().any(|backup| backup.name == name));
            let _ = archive::verify(&self.store, &other, &Progress::default()).await;
            let _ = archive::required_deletion_delay(&self.store, Timestamp::UNIX_EPOCH).await;
            archive::read_manifest(&self.store, &name).await.expect("a manifest");
            self.store.delete(place.key()).await.expect("removed");
        });
    }
}
