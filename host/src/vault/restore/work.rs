//! What the threads of a restore share, and what they do: they read contents from the repository and write them.

use super::Restored;
use super::write::OpenFile;
use crate::report::{Cancellation, Progress};
use crate::vault::VaultError;
use crate::vault::backend::StoreBackend;
use crate::vault::copy::SharedFindings;
use rustic_core::repofile::BlobType;
use rustic_core::{BlobId, DataId, IndexedFullStatus, Repository};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many threads write. More than there are cores: they wait for the store and for the disk.
const THREADS: usize = 8;
/// How many parts of files wait for a thread. Each holds its file and its folder open.
const WAITING: usize = 64;

/// Contents that stand side by side in a file: which, and where.
pub(super) struct Part {
    pub file: Arc<OpenFile>,
    pub contents: Vec<(DataId, u64)>,
}

/// What the threads share.
pub(super) struct Shared<'a> {
    pub repository: &'a Repository<IndexedFullStatus>,
    pub findings: SharedFindings,
    backend: &'a StoreBackend,
    progress: &'a Progress,
    cancellation: &'a Cancellation,
    files: AtomicU64,
    folders: AtomicU64,
    bytes: AtomicU64,
    /// Why it cannot go on.
    failure: Mutex<Option<VaultError>>,
}

impl<'a> Shared<'a> {
    pub fn new(
        repository: &'a Repository<IndexedFullStatus>,
        backend: &'a StoreBackend,
        progress: &'a Progress,
        cancellation: &'a Cancellation,
    ) -> Shared<'a> {
        Shared {
            repository,
            findings: SharedFindings::default(),
            backend,
            progress,
            cancellation,
            files: AtomicU64::new(0),
            folders: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            failure: Mutex::new(None),
        }
    }

    /// What a failure of the library means.
    pub fn error(&self, error: &rustic_core::RusticError) -> VaultError {
        VaultError::of(error, self.backend)
    }

    pub fn count_file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count_folder(&self) {
        self.folders.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether no more is to be done.
    pub fn has_ended(&self) -> bool {
        self.cancellation.is_cancelled() || self.failure.lock().is_ok_and(|failure| failure.is_some())
    }

    fn fail(&self, error: VaultError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
    }

    /// What came of it.
    pub fn restored(&self) -> Restored {
        Restored {
            files: self.files.load(Ordering::Relaxed),
            folders: self.folders.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            bytes_read: self.backend.bytes_read(),
            incomplete: self.findings.so_far(),
        }
    }

    /// Let `walk` say what is to be written, and write it, until all is done or the first failure.
    pub fn run(
        &self,
        walk: impl FnOnce(&SyncSender<Part>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let (sender, receiver) = sync_channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        let walked = thread::scope(|scope| {
            for _ in 0..THREADS {
                let receiver = Arc::clone(&receiver);
                scope.spawn(move || self.serve(&receiver));
            }
            // The threads alone hold it: where they are gone, nobody waits for them.
            drop(receiver);
            let walked = walk(&sender);
            drop(sender);
            walked
        });
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => walked,
        }
    }

    fn serve(&self, receiver: &Mutex<Receiver<Part>>) {
        loop {
            let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(part) = next else { return };
            // What is left in the queue is let go.
            if self.has_ended() {
                continue;
            }
            match self.write(&part) {
                Ok(()) => OpenFile::release(part.file, self),
                Err(error) => self.fail(error),
            }
        }
    }

    fn write(&self, part: &Part) -> Result<(), VaultError> {
        for (id, start) in &part.contents {
            if self.has_ended() {
                return Ok(());
            }
            let read = self
                .repository
                .get_blob_cached(&BlobId::from(*id), BlobType::Data);
            let bytes = read.map_err(|error| self.error(&error))?;
            part.file.write(&bytes, *start)?;
            let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            self.bytes.fetch_add(count, Ordering::Relaxed);
            self.progress.advance(count);
        }
        Ok(())
    }
}
