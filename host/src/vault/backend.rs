//! A [`Store`] as the library for repositories wants to see it: with calls that wait.
//!
//! The library calls from threads of its own, and from the one that [`super::blocking`] gave it. None of them belongs to
//! the runtime, so each may wait for the store's answer there.

use super::layout;
use super::windows::Windows;
use crate::report::Cancellation;
use crate::store::{Store, StoreError};
use bytes::{Bytes, BytesMut};
use rustic_core::{BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;

/// From this size in bytes on, a file is written in parts.
const LARGE: usize = 8 * 1024 * 1024;

/// The store below a repository, for one operation.
pub(super) struct StoreBackend {
    store: Arc<dyn Store>,
    runtime: Handle,
    cancellation: Cancellation,
    /// The folder in which snapshots lie.
    snapshots: &'static str,
    windows: Windows,
    /// Whether snapshots are not written yet.
    holds_snapshots: AtomicBool,
    written: Mutex<Written>,
    /// Bytes that were read.
    read: AtomicU64,
    /// What the store said first of all that made a call fail. The library does not hand it on as it is.
    failure: Mutex<Option<StoreError>>,
}

/// What an operation has written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// In bytes.
    pub bytes: u64,
    /// The last snapshot.
    pub snapshot: Option<Id>,
    /// The last key.
    pub key: Option<Id>,
}

impl StoreBackend {
    /// A view of `store` for an operation that ends when it is cancelled. To be made inside a runtime, which must have
    /// threads of its own.
    pub fn new(store: Arc<dyn Store>, cancellation: Cancellation) -> StoreBackend {
        StoreBackend::with_snapshots_in(FileType::Snapshot.dirname(), store, cancellation)
    }

    /// The same, where another folder has the place of that with the snapshots.
    pub fn with_snapshots_in(
        folder: &'static str,
        store: Arc<dyn Store>,
        cancellation: Cancellation,
    ) -> StoreBackend {
        StoreBackend {
            store,
            runtime: Handle::current(),
            cancellation,
            snapshots: folder,
            windows: Windows::default(),
            holds_snapshots: AtomicBool::new(false),
            written: Mutex::default(),
            read: AtomicU64::new(0),
            failure: Mutex::default(),
        }
    }

    /// From now on (`true`), snapshots are taken and not written.
    pub fn hold_snapshots(&self, hold: bool) {
        self.holds_snapshots.store(hold, Ordering::SeqCst);
    }

    /// What was written so far.
    pub fn written(&self) -> Written {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Why the first call failed that did, if one has failed since this was asked last.
    pub fn take_failure(&self) -> Option<StoreError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn key(&self, file_type: FileType, id: &Id) -> String {
        layout::key(file_type, id, self.snapshots)
    }

    /// Wait for what a call to the store comes to.
    fn wait<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> RusticResult<T> {
        let answer = self.runtime.block_on(async {
            tokio::select! {
                answer = call => answer.map(Some),
                () = self.cancellation.cancelled() => Ok(None),
            }
        });
        match answer {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(RusticError::new(
                ErrorKind::Backend,
                "the operation was cancelled",
            )),
            Err(error) => {
                let message = error.to_string();
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert(error);
                Err(RusticError::new(ErrorKind::Backend, message))
            }
        }
    }

    async fn read(&self, key: &str, range: Option<std::ops::Range<u64>>) -> Result<Bytes, StoreError> {
        let bytes = self.store.read(key, range).await?;
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.read.fetch_add(count, Ordering::Relaxed);
        Ok(bytes)
    }

    /// Write a file whose name is the digest of what is in it: one that is there already is the same, where it is whole.
    async fn write(&self, file_type: FileType, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let put = match bytes.len() < LARGE {
            true => self.store.put_if_absent(key, bytes).await,
            false => self.upload(key, bytes).await,
        };
        match put {
            Err(StoreError::Exists { .. })
                if file_type != FileType::Config && self.store.size(key).await? == Some(size) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    async fn upload(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        let mut upload = self.store.upload(key).await?;
        upload.write(bytes).await?;
        upload.commit().await
    }

    fn note_written(&self, file_type: FileType, id: Id, size: usize) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        written.bytes = written.bytes.saturating_add(size);
        match file_type {
            FileType::Snapshot => written.snapshot = Some(id),
            FileType::Key => written.key = Some(id),
            _ => {}
        }
    }
}

impl ReadBackend for StoreBackend {
    fn location(&self) -> String {
        self.store.address()
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if file_type == FileType::Config {
            let size = self.wait(layout::config_size(self.store.as_ref()))?;
            return Ok(size
                .map(|size| (Id::default(), saturated(size)))
                .into_iter()
                .collect());
        }
        let folder = layout::folder(file_type, self.snapshots);
        let entries = self.wait(async {
            match self.store.list(&folder).await {
                Err(StoreError::Absent { .. }) => Ok(Vec::new()),
                other => other,
            }
        })?;
        Ok(entries
            .into_iter()
            .filter_map(|entry| Some((layout::id(&entry.key)?, saturated(entry.size))))
            .collect())
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        let key = self.key(file_type, id);
        self.wait(self.read(&key, None))
    }

    /// Of packs more is read than was asked for, and kept for a while: their blobs are wanted one after the other.
    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let key = self.key(file_type, id);
        let start = u64::from(offset);
        let range = start..start.saturating_add(u64::from(length));
        self.windows.read(
            &key,
            range,
            || {
                self.wait(async {
                    let size = self.store.size(&key).await?;
                    size.ok_or_else(|| StoreError::NotFound { key: key.clone() })
                })
            },
            |range| self.wait(self.read(&key, Some(range))),
        )
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        self.key(file_type, id)
    }
}

impl WriteBackend for StoreBackend {
    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        if file_type == FileType::Snapshot && self.holds_snapshots.load(Ordering::SeqCst) {
            return Ok(());
        }
        let bytes = in_one_piece(content);
        let (key, size) = (self.key(file_type, id), bytes.len());
        self.wait(self.write(file_type, &key, bytes))?;
        self.note_written(file_type, *id, size);
        Ok(())
    }

    fn remove(&self, file_type: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let key = self.key(file_type, id);
        self.wait(self.store.delete(&key))
    }
}

impl std::fmt::Debug for StoreBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "repository in {}", self.store.address())
    }
}

/// A size as the library has it. No file of a repository is larger than it can say.
fn saturated(size: u64) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn in_one_piece(content: BytesList) -> Bytes {
    match content.slice() {
        [] => Bytes::new(),
        [one] => one.clone(),
        several => {
            let mut whole = BytesMut::with_capacity(content.size());
            for part in several {
                whole.extend_from_slice(part);
            }
            whole.freeze()
        }
    }
}
