//! Where backups lie. A store keeps files under keys such as `backups/nightly/nightly.tar.gz`; nothing in it is ever
//! overwritten.
//!
//! [`Store`] has seven calls and a name, so that one more store is a file; what only some stores can do has a default.

mod azure;
mod check;
#[cfg(test)]
pub(crate) mod conformance;
#[cfg(test)]
pub(crate) mod faults;
mod key;
mod local;
mod options;

pub use azure::AzureStore;
pub use check::{Step, check};
pub use local::LocalStore;
pub use options::{AccessTier, Credential, Patience, StoreOptions, Variables};

use crate::report::{Code, Problem};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The store that `address` names: `file:PATH`, a folder, which the first file that is written makes; or
/// `azblob://ACCOUNT/CONTAINER[/PREFIX]` and `azblob+https://HOST/CONTAINER[/PREFIX]`, a container of Azure Blob Storage
/// that must be there.
pub fn open(address: &str, options: &StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    match address.split_once(':') {
        Some(("file", path)) if !path.is_empty() => {
            check_folder_options(options)?;
            Ok(Arc::new(LocalStore::new(path)?))
        }
        Some((scheme, _)) if scheme == "azblob" || scheme.starts_with("azblob+") => {
            Ok(Arc::new(AzureStore::new(address, options)?))
        }
        _ => Err(StoreError::Invalid(format!(
            "'{}' names no store: expected file:PATH, a folder, such as file:/srv/backups, or \
             azblob://ACCOUNT/CONTAINER",
            address.split('?').next().unwrap_or_default()
        ))),
    }
}

/// Refuse what was asked for and a folder cannot do.
fn check_folder_options(options: &StoreOptions) -> Result<(), StoreError> {
    let refused = |what: &str| {
        Err(StoreError::Invalid(format!(
            "a folder cannot {what}: that needs a store in Azure, azblob://ACCOUNT/CONTAINER"
        )))
    };
    if options.immutable_until.is_some() {
        return refused("keep files from being changed or deleted");
    }
    match options.access_tier {
        Some(_) => refused("have access tiers"),
        None => Ok(()),
    }
}

/// Have all TLS done by one provider, if that has not been settled before.
pub fn install_tls() {
    // It fails where there is a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Whether a state of a file is the one that is looked for, by its content.
pub type IsWanted = fn(&[u8]) -> bool;

/// A place for files that are written once.
///
/// Keys are relative, with `/` between segments. No segment is empty, begins with a dot, is longer than 255 bytes, or
/// holds a control character or a backslash; a key is at most 1024 bytes. Other keys are [`StoreError::Invalid`].
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

    /// The same where a part of them cannot be read: the others, and why each part cannot, by its folder.
    async fn list_readable(&self, prefix: &str) -> Result<(Vec<Entry>, Vec<StoreError>), StoreError> {
        Ok((self.list(prefix).await?, Vec::new()))
    }

    /// Remove a file. No error when there is none.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// [`StoreError::Immutable`] when a policy of the store would refuse to delete the file. No error when there is none.
    async fn check_deletable(&self, _key: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// Remove what writers that are gone have left of files that they never committed, where nothing was written to
    /// it for `older_than`, and say how many files that was. No other call shows these.
    async fn remove_abandoned(&self, older_than: Duration) -> Result<u64, StoreError>;

    /// As whom the store is used, for people; none where a store has no users of its own.
    async fn identity(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// Bring back what was deleted below `prefix`, where the store keeps that for a while, and say how many files it
    /// was. Of the small file `replaced`, in whose place others were written later, it is the newest state that
    /// `is_wanted`.
    async fn undelete(
        &self,
        _prefix: &str,
        _replaced: &str,
        _is_wanted: IsWanted,
    ) -> Result<u64, StoreError> {
        Err(StoreError::Invalid(format!(
            "{} keeps nothing that was deleted",
            self.address()
        )))
    }
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
    /// The store itself is not there, so that nothing can be in it.
    #[error("there is no store at {address}")]
    Absent {
        /// The store's address.
        address: String,
    },
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
    /// A file that a policy of the store keeps as it is.
    #[error("{key} cannot be changed or deleted{}", until.map(|at| format!(" before {at:.0}")).unwrap_or_default())]
    Immutable {
        /// The key that was to be deleted or written.
        key: String,
        /// Until when, if the store says it; a hold has no end.
        until: Option<Timestamp>,
    },
    /// A file that is not as it was written.
    #[error("{key}: {message}")]
    Damaged {
        /// The key that was read.
        key: String,
        /// What is wrong.
        message: String,
    },
    /// A file that none of the private keys at hand decrypts.
    #[error("{key} is encrypted to another key")]
    Locked {
        /// The key that was read.
        key: String,
    },
    /// A store on the network, or the way to it, failed or refused.
    #[error("{place}: {message}{}", if key.is_empty() { String::new() } else { format!(" (at {key})") })]
    Remote {
        /// The key that was worked on; empty where it was all of the store.
        key: String,
        /// What was asked: `container backups at shop.blob.core.windows.net`.
        place: String,
        /// The kind of failure.
        code: Code,
        /// What happened; without secrets.
        message: String,
    },
    /// The store failed.
    #[error("{key}: {source}")]
    Io {
        /// The key that was worked on.
        key: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StoreError {
    /// The file or folder that was worked on; empty where it was all of the store.
    pub fn key(&self) -> &str {
        match self {
            StoreError::Absent { .. } | StoreError::Invalid(_) => "",
            StoreError::NotFound { key }
            | StoreError::Exists { key }
            | StoreError::Range { key }
            | StoreError::Immutable { key, .. }
            | StoreError::Damaged { key, .. }
            | StoreError::Locked { key }
            | StoreError::Remote { key, .. }
            | StoreError::Io { key, .. } => key,
        }
    }

    /// A failure of the system under the store at `key`.
    pub(crate) fn io(key: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::Io {
            key: key.to_owned(),
            source: std::io::Error::other(error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let code = match &error {
            StoreError::Absent { .. } | StoreError::NotFound { .. } => Code::NotFound,
            StoreError::Exists { .. } => Code::AlreadyExists,
            StoreError::Range { .. } => Code::DamagedBackup,
            StoreError::Invalid(_) => Code::InvalidArgument,
            StoreError::Damaged { .. } => Code::DamagedBackup,
            StoreError::Locked { .. } => Code::EncryptedBackup,
            StoreError::Immutable { .. } => Code::Immutable,
            StoreError::Remote { code, .. } => *code,
            StoreError::Io { .. } => Code::FileAccess,
        };
        Problem::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::no_scheme("/srv/backups")]
    #[case::no_path("file:")]
    #[case::unknown("s3://bucket")]
    #[case::a_host("file://server/share")]
    fn an_address_that_names_no_store_is_refused_with_what_there_is(#[case] address: &str) {
        let error = open(address, &StoreOptions::default())
            .err()
            .expect("refused")
            .to_string();
        assert!(error.contains(address) && error.contains("file:PATH"), "{error}");
    }

    #[rstest]
    #[case::absolute("file:/srv/backups")]
    #[case::relative("file:backups")]
    #[case::url("file:///srv/backups")]
    fn a_store_is_called_by_its_address(#[case] address: &str) {
        assert_eq!(
            open(address, &StoreOptions::default())
                .expect("a store")
                .address(),
            address
        );
    }
}
