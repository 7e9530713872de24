//! Where backups lie. A store keeps files under keys such as `backups/nightly/nightly.tar.gz`; nothing in it is ever
//! overwritten.
//!
//! [`Store`] has seven calls, so that one more store is a file.

use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;

/// A place for files that are written once.
///
/// Keys are relative, with `/` between segments; no segment is empty, `.` or `..`.
#[async_trait]
pub trait Store: Send + Sync {
    /// How the store is named to people and on the command line: `file:/srv/backups`.
    fn address(&self) -> String;

    /// Write a small file whole. [`StoreError::Exists`] when there is one; of two writers one wins.
    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<(), StoreError>;

    /// Begin a large file. Nothing is to be seen under `key` before [`Upload::commit`].
    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, StoreError>;

    /// The bytes of a file, or of a range of it that must lie inside. [`StoreError::NotFound`] when there is none.
    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError>;

    /// The size of a file, or none when there is no such file.
    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError>;

    /// All files whose key starts with `prefix`, in the order of their keys.
    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError>;

    /// Remove a file. No error when there is none.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
}

/// A large file in the making. Dropped without [`Upload::commit`], it leaves nothing under its key.
#[async_trait]
pub trait Upload: Send {
    /// Append bytes.
    async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError>;

    /// Make the file visible, whole and durable. [`StoreError::Exists`] when another writer was first.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A file in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The whole key.
    pub key: String,
    /// In bytes.
    pub size: u64,
}

/// Why a call to a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("{key} is not in the store")]
    NotFound {
        /// The key that was asked for.
        key: String,
    },
    /// There is such a file already.
    #[error("{key} exists already in the store")]
    Exists {
        /// The key that was to be written.
        key: String,
    },
    /// A range that is not inside the file.
    #[error("{key} is shorter than expected")]
    Range {
        /// The key that was read.
        key: String,
    },
    /// A key, or an address of a store, that is none.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error("{key}: {source}")]
    Io {
        /// The key that was worked on.
        key: String,
        /// What the system said.
        source: std::io::Error,
    },
}
