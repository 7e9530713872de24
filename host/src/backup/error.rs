//! What can go wrong with a backup as a whole.

use crate::archive::ArchiveError;
use crate::cluster::ClusterError;
use crate::object::FilterError;
use crate::report::{Code, Problem};

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The filter cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The cluster could not be read. A backup that lacks what could not be read would look whole, so there is none.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The backup could not be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The user wanted no more.
    #[error("interrupted before it was done; nothing of the backup is left")]
    Cancelled,
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Problem {
        match error {
            BackupError::Filter(error) => error.into(),
            BackupError::Cluster(error) => error.into(),
            BackupError::Archive(error) => error.into(),
            BackupError::Cancelled => Problem::new(Code::Cancelled, error.to_string()),
        }
    }
}
