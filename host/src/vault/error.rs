//! Why an operation of a vault failed.

use super::backend::StoreBackend;
use crate::report::{Code, Problem};
use crate::store::StoreError;
use jiff::Timestamp;
use rustic_core::RusticError;
use std::path::PathBuf;

/// Why an operation of a vault failed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The location holds no repository.
    #[error("there is no repository in {0}")]
    NoRepository(String),
    /// The location holds a repository already.
    #[error("there is a repository already in {0}")]
    Exists(String),
    /// None of the repository's keys is opened by the one that was given.
    #[error("the repository in {0} is not opened by this key")]
    WrongKey(String),
    /// A file of the repository is missing, or not as it was written.
    #[error("the repository is damaged: {0}")]
    Damaged(String),
    /// Somebody has locked the repository.
    #[error("the repository is locked by {holder} since {since:.0}")]
    Locked {
        /// Who, as the lock says.
        holder: String,
        /// Since when.
        since: Timestamp,
    },
    /// There is no such snapshot.
    #[error("there is no snapshot '{name}'{hint}")]
    NoSnapshot {
        /// What was asked for.
        name: String,
        /// What may have been meant, to be appended.
        hint: String,
    },
    /// Several snapshots have an id that begins so.
    #[error("'{name}' is the beginning of several snapshots: {found}")]
    AmbiguousSnapshot {
        /// What was asked for.
        name: String,
        /// The snapshots.
        found: String,
    },
    /// Something of a volume could not be read, so that no snapshot was made.
    #[error("{first}{}", others(*count))]
    Unreadable {
        /// What could not be read first, and why.
        first: String,
        /// How many it were.
        count: u64,
    },
    /// A volume, a folder or a device cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was given cannot be used for this.
    #[error("{0}")]
    Invalid(String),
    /// The folder to restore into is not empty.
    #[error("{} is not empty: a restore writes into an empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The store failed or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operation was cancelled.
    #[error("interrupted before it was done")]
    Cancelled,
    /// The library for repositories failed in another way.
    #[error("the repository cannot be worked on: {0}")]
    Engine(String),
}

fn others(count: u64) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " (and one more)".to_owned(),
        count => format!(" (and {} more)", count - 1),
    }
}

impl VaultError {
    /// What a call of the library came to that failed with `error`: it hands on neither what the store said nor which
    /// kind of failure it was.
    pub(super) fn of(error: &RusticError, backend: &StoreBackend) -> VaultError {
        use rustic_core::ReadBackend;
        match backend.take_failure() {
            // What an index names and the store has not is a loss.
            Some(StoreError::NotFound { key }) => VaultError::Damaged(format!("{key} is missing")),
            Some(StoreError::Range { key }) => VaultError::Damaged(format!("{key} is too short")),
            Some(StoreError::Damaged { key, message }) => VaultError::Damaged(format!("{key}: {message}")),
            Some(error) => VaultError::Store(error),
            None if error.is_incorrect_password() => VaultError::WrongKey(backend.location()),
            None => VaultError::Damaged(in_one_line(error)),
        }
    }
}

/// What the library says, without its advice to its own users.
pub(super) fn in_one_line(error: &RusticError) -> String {
    let text = error.display_log();
    let text = text.strip_prefix("Error: ").unwrap_or(&text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Problem {
        let code = match &error {
            VaultError::NoRepository(_) => Code::NoVault,
            VaultError::Exists(_) => Code::AlreadyExists,
            VaultError::WrongKey(_) => Code::VaultKey,
            VaultError::Damaged(_) | VaultError::Engine(_) => Code::DamagedVault,
            VaultError::Locked { .. } => Code::LockedVault,
            VaultError::NoSnapshot { .. } => Code::NotFound,
            VaultError::AmbiguousSnapshot { .. } | VaultError::Invalid(_) | VaultError::NotEmpty(_) => {
                Code::InvalidArgument
            }
            VaultError::Unreadable { .. } => Code::VolumeUnreadable,
            VaultError::File { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::FileAccess,
            },
            VaultError::Cancelled => Code::Cancelled,
            VaultError::Store(_) => Code::Internal,
        };
        if let VaultError::Store(error) = error {
            return error.into();
        }
        Problem::new(code, error.to_string())
    }
}
