//! A store that fails at a call of one's choice, for tests of what is left then.

use super::{Entry, Store, StoreError, Upload};
use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What happens at the call that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails, and has done nothing.
    Fails,
    /// It fails, and has done its work: the answer was lost.
    LosesItsAnswer,
    /// It fails, and so do all after it: the process or the store is gone.
    Ends,
    /// As [`Fault::Ends`], but the first one has done its work.
    EndsAfterwards,
}

/// A store in which something happens at call number `at`, counted from 0 over uploads too.
#[derive(Clone)]
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    at: u64,
    fault: Fault,
    calls: Arc<AtomicU64>,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn Store>, at: u64, fault: Fault) -> Self {
        FaultyStore {
            inner,
            at,
            fault,
            calls: Arc::default(),
        }
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    async fn call<T>(
        &self,
        key: &str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let ended = matches!(self.fault, Fault::Ends | Fault::EndsAfterwards);
        let fails = number == self.at || ended && number > self.at;
        if !fails {
            return call.await;
        }
        if number == self.at && matches!(self.fault, Fault::LosesItsAnswer | Fault::EndsAfterwards) {
            call.await?;
        }
        Err(StoreError::Io {
            key: key.to_owned(),
            source: std::io::Error::other("injected"),
        })
    }
}

#[async_trait]
impl Store for FaultyStore {
    fn address(&self) -> String {
        self.inner.address()
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        self.call(key, self.inner.put_if_absent(key, bytes)).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, StoreError> {
        let upload = self.call(key, self.inner.upload(key)).await?;
        Ok(Box::new(FaultyUpload {
            store: self.clone(),
            upload,
            key: key.to_owned(),
        }))
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        self.call(key, self.inner.read(key, range)).await
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.call(key, self.inner.size(key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        self.call(prefix, self.inner.list(prefix)).await
    }

    async fn list_readable(&self, prefix: &str) -> Result<(Vec<Entry>, Vec<StoreError>), StoreError> {
        self.call(prefix, self.inner.list_readable(prefix)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.call(key, self.inner.delete(key)).await
    }

    async fn check_deletable(&self, key: &str) -> Result<(), StoreError> {
        self.call(key, self.inner.check_deletable(key)).await
    }

    async fn remove_abandoned(&self, older_than: Duration) -> Result<u64, StoreError> {
        self.call("", self.inner.remove_abandoned(older_than)).await
    }
}

struct FaultyUpload {
    store: FaultyStore,
    upload: Box<dyn Upload>,
    key: String,
}

#[async_trait]
impl Upload for FaultyUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.store.call(&self.key, self.upload.write(bytes)).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let FaultyUpload { store, upload, key } = *self;
        store.call(&key, upload.commit()).await
    }
}

/// A folder below `root` that nobody can read by its path, which is longer than the system allows.
pub(crate) fn unreadable_folder(root: &Path) {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let name = "d".repeat(250);
    let open = |folder: &dyn std::os::fd::AsFd, path: &Path| {
        openat(folder, path, OFlags::DIRECTORY, Mode::empty()).unwrap()
    };
    let mut folder = open(&CWD, root);
    for _ in 0..17 {
        mkdirat(&folder, &name, Mode::RWXU).unwrap();
        folder = open(&folder, Path::new(&name));
    }
}
