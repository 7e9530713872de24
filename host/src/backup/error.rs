//! What can go wrong with a backup as a whole.

use crate::archive::ArchiveError;
use crate::cluster::ClusterError;
use crate::hooks::PodName;
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
    /// The same as `cause`, and pods may still be as their before-hooks had made them. What says so stays in the store.
    #[error("{cause}; pods may still stand still: {}", names(pods))]
    Frozen {
        /// Which pods.
        pods: Vec<PodName>,
        /// Why there is no backup.
        cause: Box<BackupError>,
    },
    /// The user wanted no more.
    #[error("interrupted before it was done; nothing of the backup is left")]
    Cancelled,
}

impl BackupError {
    /// The same error, with the pods that may still stand still.
    pub(super) fn frozen(pods: Vec<PodName>, cause: BackupError) -> Self {
        BackupError::Frozen {
            pods,
            cause: Box::new(cause),
        }
    }
}

fn names(pods: &[PodName]) -> String {
    pods.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Problem {
        match error {
            BackupError::Filter(error) => error.into(),
            BackupError::Cluster(error) => error.into(),
            BackupError::Archive(error) => error.into(),
            BackupError::Frozen { .. } => Problem::new(Code::PodMayBeFrozen, error.to_string()),
            BackupError::Cancelled => Problem::new(Code::Cancelled, error.to_string()),
        }
    }
}
