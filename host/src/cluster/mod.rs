//! Clusters: a folder of manifests, and what every cluster can do.

use crate::object::{ObjectId, ResourceType};
use crate::report::{Code, Problem};
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;
use serde_json::value::RawValue;

/// A cluster, as far as backup and restore need it.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// How the cluster is named to people and on the command line: `dir:./manifests`.
    fn address(&self) -> String;

    /// What the cluster serves, in its preferred versions, ordered by group and resource; and what could not be
    /// found out.
    async fn resource_types(&self) -> Result<Discovery, ClusterError>;

    /// The objects of a type in the order of namespace and name, page by page.
    fn list<'a>(
        &'a self,
        of: &'a ResourceType,
        options: &ListOptions,
    ) -> BoxStream<'a, Result<Page, ClusterError>>;

    /// One object as it is now, or none.
    async fn get(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ClusterError>;

    /// Create an object, and return it as the cluster keeps it. [`ClusterError::Exists`] when there is one.
    async fn create(&self, of: &ResourceType, object: &Value) -> Result<Value, ClusterError>;

    /// Put `object` in the place of the one of its name. Where it has a `resourceVersion` the live one must still have
    /// that: else [`ClusterError::Conflict`].
    async fn replace(&self, of: &ResourceType, object: &Value) -> Result<Value, ClusterError>;

    /// Delete an object and wait until it is gone. No error when there is none.
    async fn delete(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<(), ClusterError>;
}

/// What a cluster serves.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Types that can be listed and created, ordered by group and resource.
    pub types: Vec<ResourceType>,
    /// Sentences on what could not be found out, each with its API group.
    pub warnings: Vec<String>,
}

/// Which objects of a type to list. The default: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Only those in this namespace.
    pub namespace: Option<String>,
    /// Only those that this label selector (as in `kubectl -l`) fits.
    pub label_selector: Option<String>,
}

/// A part of a list.
#[derive(Debug, Default)]
pub struct Page {
    /// In the order of namespace and name, across pages.
    pub items: Vec<RawObject>,
}

/// An object as the cluster sent it: only its identity, labels and owners have been read.
#[derive(Clone, Debug)]
pub struct RawObject {
    /// Who it is.
    pub id: ObjectId,
    /// Its labels, in the object's order.
    pub labels: Vec<(String, String)>,
    /// The whole object with `apiVersion` and `kind`, spliced in where the list lacked them.
    pub json: Box<RawValue>,
}

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
        id: ObjectId,
        /// File and line of one.
        first: String,
        /// File and line of the other.
        second: String,
    },
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
    fn from(error: ClusterError) -> Problem {
        let code = match &error {
            ClusterError::Invalid(_) => Code::InvalidArgument,
            ClusterError::Manifest { .. } => Code::InvalidDocument,
            ClusterError::Duplicate { .. } => Code::DuplicateObject,
            ClusterError::Exists(_) => Code::AlreadyExists,
            ClusterError::NotFound(_) => Code::NotFound,
            ClusterError::NamespaceNotFound(_) => Code::NamespaceNotFound,
            ClusterError::Conflict(_) => Code::Conflict,
            ClusterError::Rejected { .. } => Code::Rejected,
            ClusterError::Io { .. } => Code::FileAccess,
        };
        Problem::new(code, error.to_string())
    }
}
