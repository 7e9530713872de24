//! Why a call to a cluster failed.

use crate::object::{GroupResource, ObjectId};
use crate::report::{Code, Problem};
use std::time::Duration;

/// Why a call to a cluster failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The address, folder, file, selector or kubeconfig cannot be used.
    #[error("{0}")]
    Unusable(String),
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
    /// The namespace of an object to create is being deleted. Once it is gone it can be created anew.
    #[error("namespace {0} is being deleted")]
    NamespaceTerminating(String),
    /// The object has changed since it was read, or is not the one that was meant.
    #[error("{0} has changed in the meantime")]
    Conflict(ObjectId),
    /// Fields of the object have values that the cluster does not accept, or that cannot be changed.
    #[error("{id} is not valid: {message}")]
    Invalid {
        /// The object.
        id: Box<ObjectId>,
        /// What the cluster said.
        message: String,
        /// The fields that it named, in its notation, without repetition: `spec.template`, `spec.ports[0].nodePort`.
        fields: Vec<String>,
    },
    /// The cluster refused the object: a webhook, a quota, a policy or its form.
    #[error("{id} was refused: {message}")]
    Rejected {
        /// The object.
        id: ObjectId,
        /// What the cluster said.
        message: String,
    },
    /// A webhook that has a say in the object could not be called, so that the cluster refused it.
    #[error("{id} was refused because its admission webhook '{webhook}' cannot be called: {message}")]
    Webhook {
        /// The object.
        id: Box<ObjectId>,
        /// Its name, as in the webhook configuration: `deny.example.com`.
        webhook: String,
        /// What the cluster said.
        message: String,
    },
    /// The user has no right to do this.
    #[error("no right to {verb} {resource}{}: {message}", namespace.as_ref().map(|name| format!(" in namespace {name}")).unwrap_or_default())]
    Forbidden {
        /// What was tried, as roles name it: `list`.
        verb: &'static str,
        /// On what.
        resource: Box<GroupResource>,
        /// In which namespace; none: in all, or on the cluster as a whole.
        namespace: Option<String>,
        /// What the cluster said, which names the user.
        message: String,
    },
    /// The cluster does not know the user.
    #[error("{cluster} does not accept the credentials: {message}")]
    Unauthorized {
        /// Address of the cluster.
        cluster: String,
        /// What it said.
        message: String,
    },
    /// The credentials could not be had: the program that gives them is missing or failed, or a file cannot be read.
    #[error("the credentials for {cluster} cannot be had: {message}")]
    Credentials {
        /// Address of the cluster.
        cluster: String,
        /// What is wrong.
        message: String,
    },
    /// The cluster did not answer: no connection, a connection that broke, or no answer in time. What was asked for may
    /// have been done.
    #[error("{cluster} cannot be reached: {message}")]
    Unreachable {
        /// Address of the cluster.
        cluster: String,
        /// What happened.
        message: String,
    },
    /// This was not asked for, because the cluster was given up: it did not answer or did not know the user, however
    /// often it was asked.
    #[error("{cluster} was given up before this was asked for")]
    GivenUp {
        /// Address of the cluster.
        cluster: String,
    },
    /// The cluster cannot do this now (429, 500, 502, 503, 504). Unless it said 429, it may have been done.
    #[error("the cluster cannot do this now: {message}")]
    Busy {
        /// What it said.
        message: String,
        /// After which time it wants to be asked again, where it said so.
        retry_after: Option<Duration>,
    },
    /// A list cannot be continued, because what it continues is no longer known (410).
    #[error("the list of {0} has expired")]
    Expired(GroupResource),
    /// The answer of the cluster cannot be understood.
    #[error("{cluster} gave an answer that cannot be understood: {message}")]
    Answer {
        /// Address of the cluster.
        cluster: String,
        /// What is wrong with it.
        message: String,
    },
    /// An object is being deleted, and something keeps it.
    #[error("{id} is being deleted, and was still there after {}: {finalizers}", crate::report::units::took(*waited))]
    NotGone {
        /// The object.
        id: Box<ObjectId>,
        /// How long it was waited for.
        waited: Duration,
        /// What keeps it: `it waits for its finalizers a, b`.
        finalizers: String,
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

impl ClusterError {
    /// Whether the same call may succeed in a moment: the cluster was busy, or did not answer.
    pub fn is_retryable(&self) -> bool {
        matches!(self, ClusterError::Busy { .. } | ClusterError::Unreachable { .. })
    }

    /// After which time the cluster wants to be asked again, where it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            ClusterError::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    fn code(&self) -> Code {
        match self {
            ClusterError::Unusable(_) => Code::InvalidArgument,
            ClusterError::Manifest { .. } => Code::InvalidDocument,
            ClusterError::Duplicate { .. } => Code::DuplicateObject,
            ClusterError::UnknownType(_) => Code::UnknownResourceType,
            ClusterError::Exists(_) => Code::AlreadyExists,
            ClusterError::NotFound(_) => Code::NotFound,
            ClusterError::NamespaceNotFound(_) => Code::NamespaceNotFound,
            ClusterError::NamespaceTerminating(_) => Code::NamespaceTerminating,
            ClusterError::Conflict(_) => Code::Conflict,
            ClusterError::Invalid { .. } => Code::InvalidObject,
            ClusterError::Rejected { .. } => Code::Rejected,
            ClusterError::Webhook { .. } => Code::WebhookUnreachable,
            ClusterError::Forbidden { .. } => Code::Forbidden,
            ClusterError::Unauthorized { .. } => Code::Unauthorized,
            ClusterError::Credentials { .. } => Code::Credentials,
            ClusterError::Unreachable { .. } | ClusterError::GivenUp { .. } => Code::ClusterUnreachable,
            ClusterError::Busy { .. } => Code::ClusterBusy,
            ClusterError::Expired(_) => Code::ListExpired,
            ClusterError::Answer { .. } => Code::ClusterAnswer,
            ClusterError::NotGone { .. } => Code::NotGone,
            ClusterError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Code::NotFound
            }
            ClusterError::Io { .. } => Code::FileAccess,
        }
    }
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        Problem::from(&error)
    }
}

impl From<&ClusterError> for Problem {
    fn from(error: &ClusterError) -> Self {
        Problem::new(error.code(), error.to_string())
    }
}
