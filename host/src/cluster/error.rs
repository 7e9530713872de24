//! Why a call to a cluster failed.

use crate::object::{GroupResource, ObjectId};
use crate::report::{Code, Problem};

/// Why a call to a cluster failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The address, folder or file cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// A manifest does not parse or is no object.
    #[error("{file}{}: {message}", line.map(|line| format!(":{line}")).unwrap_or_default())]
    Manifest {
        /// Path of the file.
        file: String,
        /// Line in the file, from 1, where known.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// Two manifests define one object.
    #[error("{id} is defined twice: in {first} and in {second}")]
    Duplicate {
        /// The object.
        id: Box<ObjectId>,
        /// File and line of one.
        first: String,
        /// File and line of the other.
        second: String,
    },
    /// The cluster does not serve this resource type.
    #[error(
        "the cluster does not serve {0}; only built-in types and those of its custom resource definitions are there"
    )]
    UnknownType(GroupResource),
    /// There is such an object.
    #[error("{0} exists already")]
    Exists(ObjectId),
    /// There is no such object.
    #[error("{0} does not exist")]
    NotFound(ObjectId),
    /// The namespace of an object to create does not exist.
    #[error("namespace {0} does not exist")]
    NamespaceNotFound(String),
    /// The object has changed since it was read.
    #[error("{0} has changed in the meantime")]
    Conflict(ObjectId),
    /// The cluster refused the object.
    #[error("{id} was refused: {message}")]
    Rejected {
        /// The object.
        id: ObjectId,
        /// What the cluster said.
        message: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Path of the file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        let code = match &error {
            ClusterError::Invalid(_) => Code::InvalidArgument,
            ClusterError::Manifest { .. } => Code::InvalidDocument,
            ClusterError::Duplicate { .. } => Code::DuplicateObject,
            ClusterError::UnknownType(_) => Code::UnknownResourceType,
            ClusterError::Exists(_) => Code::AlreadyExists,
            ClusterError::NotFound(_) => Code::NotFound,
            ClusterError::NamespaceNotFound(_) => Code::NamespaceNotFound,
            ClusterError::Conflict(_) => Code::Conflict,
            ClusterError::Rejected { .. } => Code::Rejected,
            ClusterError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Code::NotFound
            }
            ClusterError::Io { .. } => Code::FileAccess,
        };
        Problem::new(code, error.to_string())
    }
}
