//! Why a restore cannot be planned or done at all.

use crate::archive::ArchiveError;
use crate::cluster::ClusterError;
use crate::modify::CompileError;
use crate::object::{FilterError, ObjectId};
use crate::plugin::PluginError;
use crate::report::{Code, Problem};

/// How many objects are named in a message.
const NAMED: usize = 5;

/// Why a restore cannot be planned or done at all. Nothing was changed, but where the cluster failed on the way. What is
/// wrong with single objects is in the report instead.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Objects that are to be restored are damaged.
    #[error("{} of the objects to restore {}: {}", .0.len(), if .0.len() == 1 { "is damaged" } else { "are damaged" }, named(.0))]
    Damaged(Vec<ObjectId>),
    /// The filter cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A namespace is mapped from or to something that is no name of a namespace.
    #[error(
        "namespace mapping {old}:{new}: names of namespaces are lower-case letters, digits and '-', at most 63"
    )]
    Mapping {
        /// The namespace in the backup.
        old: String,
        /// The namespace in the cluster.
        new: String,
    },
    /// The cluster does not say what it has.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The resource modifiers cannot be used.
    #[error(transparent)]
    Modifiers(#[from] CompileError),
    /// The plugin of a conflict policy cannot be used.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// Hooks cannot be used.
    #[error("{0}")]
    Hooks(Problem),
    /// A saved plan that was to hold as a whole does not.
    #[error("nothing was changed, because the plan does not hold any more for {}", named(.0))]
    Outdated(Vec<ObjectId>),
    /// A defect of ours.
    #[error("{0}")]
    Internal(String),
}

/// The first of the objects, and how many more there are.
fn named(objects: &[ObjectId]) -> String {
    let names = objects
        .iter()
        .take(NAMED)
        .map(ObjectId::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    match objects.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

impl From<RestoreError> for Problem {
    fn from(error: RestoreError) -> Problem {
        let message = error.to_string();
        match error {
            RestoreError::Archive(error) => error.into(),
            RestoreError::Damaged(_) => Problem::new(Code::DamagedBackup, message),
            RestoreError::Filter(error) => error.into(),
            RestoreError::Mapping { .. } => Problem::new(Code::InvalidArgument, message),
            RestoreError::Cluster(error) => error.into(),
            RestoreError::Modifiers(error) => error.into(),
            RestoreError::Plugin(error) => error.into(),
            RestoreError::Hooks(problem) => problem,
            RestoreError::Outdated(_) => Problem::new(Code::OutdatedPlan, message),
            RestoreError::Internal(message) => Problem::new(Code::Internal, message),
        }
    }
}
