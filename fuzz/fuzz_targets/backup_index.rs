//! Any lines as the index of a backup whose manifest vouches for them: they are read, or an error says what is wrong.

#![no_main]

use flate2::{Compression, write::GzEncoder};
use lazarette::archive::{Backup, BackupFile, BackupName, Digest, Manifest};
use lazarette::backup::{self, BackupRequest};
use lazarette::cluster::Manifests;
use lazarette::report::{Cancellation, Progress};
use lazarette::store::{LocalStore, Store};
use libfuzzer_sys::fuzz_target;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

struct Bench {
    folder: TempDir,
    store: Arc<dyn Store>,
    manifest: Manifest,
    runtime: Runtime,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| Bench::new().expect("a backup"));

fuzz_target!(|lines: &[u8]| {
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(lines).expect("memory");
    BENCH.read(&compressed.finish().expect("memory"));
    BENCH.read(lines);
});

impl Bench {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let objects = folder.path().join("objects");
        std::fs::create_dir(&objects)?;
        std::fs::write(objects.join("a.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")?;
        let store = Arc::new(LocalStore::new(&folder.path().join("store").display().to_string())?);
        let runtime = Builder::new_current_thread().build()?;
        let request = BackupRequest::new("nightly".parse()?);
        let made = runtime.block_on(backup::create(
            &request,
            &Manifests::open(&objects)?,
            store.as_ref(),
            &Progress::default(),
            &Cancellation::default(),
        ))?;
        Ok(Bench {
            folder,
            store,
            manifest: made.manifest,
            runtime,
        })
    }

    /// Read the backup with `index` as its index.
    fn read(&self, index: &[u8]) {
        let name: &BackupName = &self.manifest.name;
        let mut manifest = self.manifest.clone();
        let file = BackupFile::Index.file_name(name);
        for record in manifest.files.iter_mut().filter(|record| record.name == file) {
            record.size = index.len() as u64;
            record.sha256 = Digest::of(index);
        }
        self.write(BackupFile::Index, index);
        self.write(BackupFile::Manifest, &manifest.seal(None).expect("bytes"));
        let backup = self.runtime.block_on(Backup::open(Arc::clone(&self.store), name));
        backup.expect("a backup").records().take(10_000).for_each(drop);
    }

    fn write(&self, file: BackupFile, bytes: &[u8]) {
        let path: PathBuf = self.folder.path().join("store").join(file.key(&self.manifest.name));
        std::fs::remove_file(&path).expect("a file");
        std::fs::write(path, bytes).expect("a file");
    }
}
