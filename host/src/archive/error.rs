//! What can go wrong with a backup in a store.

use super::{BackupName, Claim};
use crate::object::ObjectId;
use crate::report::{Code, Problem};
use crate::store::StoreError;

/// Why a backup cannot be written, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The store has no such backup.
    #[error("backup {name} is not in {store}")]
    NotFound {
        /// The backup.
        name: BackupName,
        /// The store's address.
        store: String,
    },
    /// There is a finished backup of this name.
    #[error("backup {name} exists already in {store}")]
    Exists {
        /// The backup.
        name: BackupName,
        /// The store's address.
        store: String,
    },
    /// Files of another writer lie where the backup would.
    #[error("backup {name} cannot be written: {file} is there already")]
    Taken {
        /// The backup.
        name: BackupName,
        /// Key of one of the files.
        file: String,
    },
    /// The backup was begun and not finished: by a writer that is still at it, or is gone.
    #[error("backup {name} is not finished{}", claim.as_ref().map(|claim| format!(": {claim}")).unwrap_or_default())]
    Incomplete {
        /// The backup.
        name: BackupName,
        /// Who writes it, where that can still be read.
        claim: Option<Box<Claim>>,
    },
    /// The writer's claim was removed, or is another's, while it was writing.
    #[error("backup {name} was taken away from its writer while it was being written")]
    ClaimLost {
        /// The backup.
        name: BackupName,
    },
    /// A file is not what its writer wrote.
    #[error("{file}: {message}")]
    Damaged {
        /// Key of the file.
        file: String,
        /// What is wrong with it.
        message: String,
    },
    /// An object is not what its writer wrote.
    #[error("{file}: {id}: {message}")]
    DamagedObject {
        /// The object.
        id: Box<ObjectId>,
        /// Key of the file that holds it.
        file: String,
        /// What is wrong with it.
        message: String,
    },
    /// A folder of a store that holds something else, or a backup in a form of which this version knows nothing.
    #[error("{file}: {message}")]
    Unsupported {
        /// Key of the file.
        file: String,
        /// What it is.
        message: String,
    },
    /// A backup that Velero wrote, asked for as one of ours.
    #[error("backup {name} was written by Velero: it can be read here, and is changed and removed there")]
    OfVelero {
        /// The backup.
        name: BackupName,
    },
    /// An object that a backup cannot hold.
    #[error("{id} cannot be backed up: {message}")]
    Unwritable {
        /// The object.
        id: Box<ObjectId>,
        /// Why.
        message: String,
    },
    /// A backup that is encrypted, opened without a private key.
    #[error("backup {name} is encrypted")]
    Encrypted {
        /// The backup.
        name: BackupName,
    },
    /// A backup that nobody who is trusted has signed.
    #[error("backup {name} is not trusted: {message}")]
    Untrusted {
        /// The backup.
        name: BackupName,
        /// Why.
        message: String,
    },
    /// Somebody wanted it to stop.
    #[error("interrupted before it was done")]
    Cancelled,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The temporary file cannot be written into which a backup of Velero is unpacked.
    #[error("the backup cannot be unpacked into a temporary file: {0}")]
    Spool(#[source] std::io::Error),
    /// A defect of ours.
    #[error("{0}")]
    Internal(String),
}

/// What is damaged in the store is damaged in the backup.
impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> ArchiveError {
        match error {
            StoreError::Damaged { key, message } => ArchiveError::Damaged { file: key, message },
            error => ArchiveError::Store(error),
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Problem {
        let message = error.to_string();
        match error {
            ArchiveError::NotFound { .. } => Problem::new(Code::NotFound, message),
            ArchiveError::Exists { .. } | ArchiveError::Taken { .. } => {
                Problem::new(Code::AlreadyExists, message)
            }
            ArchiveError::Incomplete { .. } | ArchiveError::ClaimLost { .. } => {
                Problem::new(Code::IncompleteBackup, message)
            }
            ArchiveError::Damaged { file, message } => Problem::new(Code::DamagedBackup, message).about(file),
            ArchiveError::DamagedObject { id, file, message } => {
                Problem::new(Code::DamagedBackup, format!("{message} (in {file})")).about(id)
            }
            ArchiveError::Unsupported { file, message } => {
                Problem::new(Code::NotABackup, message).about(file)
            }
            ArchiveError::OfVelero { .. } => Problem::new(Code::NotOurs, message),
            ArchiveError::Spool(_) => Problem::new(Code::FileAccess, message),
            ArchiveError::Unwritable { id, message } => {
                Problem::new(Code::InvalidDocument, format!("cannot be backed up: {message}")).about(id)
            }
            ArchiveError::Encrypted { .. } => Problem::new(Code::EncryptedBackup, message),
            ArchiveError::Untrusted { .. } => Problem::new(Code::UntrustedBackup, message),
            ArchiveError::Cancelled => Problem::new(Code::Cancelled, message),
            ArchiveError::Store(error) => error.into(),
            ArchiveError::Internal(message) => Problem::new(Code::Internal, message),
        }
    }
}
