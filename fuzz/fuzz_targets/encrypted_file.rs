//! Any bytes, and changed ones of an encrypted file, as a file that is decrypted: what is read is what was encrypted, by
//! whichever ranges, or an error.

#![no_main]

use arbitrary::Arbitrary;
use lazarette::archive::{DecryptingStore, Identities, Protection, generate_identity};
use lazarette::backup::{self, BackupRequest};
use lazarette::cluster::Manifests;
use lazarette::report::{Cancellation, Progress};
use lazarette::store::{LocalStore, Store};
use libfuzzer_sys::fuzz_target;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A file of the backup that is encrypted, which is not the first or the last.
const ENCRYPTED: &str = "backups/nightly/nightly.tar.gz";
/// The file that is read.
const KEY: &str = "file";

#[derive(Arbitrary, Debug)]
enum Input {
    /// These bytes.
    Any(Vec<u8>),
    /// The encrypted file with other bytes at some places, and cut at another.
    Changed { edits: Vec<(u16, u8)>, length: Option<u16> },
}

struct Bench {
    _folder: TempDir,
    path: PathBuf,
    store: Arc<dyn Store>,
    identities: Identities,
    encrypted: Vec<u8>,
    content: Vec<u8>,
    runtime: Runtime,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| Bench::new().expect("a backup"));

fuzz_target!(|input: (Input, u16, u16)| {
    let (input, start, end) = input;
    let bytes = match input {
        Input::Any(bytes) => bytes,
        Input::Changed { edits, length } => BENCH.changed(&edits, length),
    };
    BENCH.read(&bytes, u64::from(start)..u64::from(end));
});

impl Bench {
    fn new() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let (objects, keys) = (folder.path().join("objects"), folder.path().join("keys"));
        std::fs::create_dir(&objects)?;
        std::fs::write(objects.join("a.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")?;
        let (text, recipient) = generate_identity();
        std::fs::write(&keys, text)?;
        let identities = Identities::read(&keys)?;
        let root = folder.path().join("store");
        let store: Arc<dyn Store> = Arc::new(LocalStore::new(&root.display().to_string())?);
        let runtime = Builder::new_current_thread().build()?;
        let request = BackupRequest {
            protection: Protection {
                recipients: vec![recipient],
                signing_key: None,
            },
            ..BackupRequest::new("nightly".parse()?)
        };
        let (encrypted, content) = runtime.block_on(async {
            let cluster = Manifests::open(&objects)?;
            backup::create(&request, &cluster, store.as_ref(), &Progress::default(), &Cancellation::default()).await?;
            let view = DecryptingStore::new(Arc::clone(&store), identities.clone());
            Ok::<_, Box<dyn Error>>((store.read(ENCRYPTED, None).await?, view.read(ENCRYPTED, None).await?))
        })?;
        Ok(Bench {
            path: root.join(KEY),
            _folder: folder,
            store,
            identities,
            encrypted: encrypted.into(),
            content: content.into(),
            runtime,
        })
    }

    fn changed(&self, edits: &[(u16, u8)], length: Option<u16>) -> Vec<u8> {
        let mut bytes = self.encrypted.clone();
        for (position, byte) in edits {
            let position = usize::from(*position) % bytes.len();
            bytes[position] = *byte;
        }
        if let Some(length) = length {
            bytes.truncate(usize::from(length));
        }
        bytes
    }

    fn read(&self, bytes: &[u8], range: std::ops::Range<u64>) {
        std::fs::write(&self.path, bytes).expect("a file");
        let view = DecryptingStore::new(Arc::clone(&self.store), self.identities.clone());
        self.runtime.block_on(async {
            let whole = view.read(KEY, None).await;
            let size = view.size(KEY).await;
            let part = view.read(KEY, Some(range.clone())).await;
            let Ok(whole) = whole else { return };
            assert!(whole == bytes || whole == self.content, "a content that nobody encrypted");
            assert_eq!(size.ok().flatten(), Some(whole.len() as u64));
            if let Ok(part) = part {
                assert_eq!(part, whole[range.start as usize..range.end as usize]);
            }
        });
    }
}
