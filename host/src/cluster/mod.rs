//! Clusters: a real one behind its API server, a folder of manifests, and what every cluster can do.

mod address;
mod error;
mod kube;
mod manifests;

pub use address::open;
pub use error::ClusterError;
pub use kube::{ExecCommand, ExecError, Kube, Patience, PodAccess, Process, ProcessEvent};
pub use manifests::Manifests;

use crate::object::{GroupResource, ObjectId, ResourceType};
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;
use std::collections::BTreeMap;

/// A cluster, as far as backup and restore need it.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// How the cluster is named to people and on the command line: `dir:./manifests`, `kubeconfig:prod`.
    fn address(&self) -> String;

    /// Whether an API server and controllers are at work in it, which make objects by themselves. False for a folder.
    fn is_live(&self) -> bool;

    /// The pods that run in it, to run commands in them. None where none run: in a folder.
    fn pods(&self) -> Option<PodAccess> {
        None
    }

    /// What the cluster serves, in its preferred versions, ordered by group and resource; and what could not be
    /// found out.
    async fn resource_types(&self) -> Result<Discovery, ClusterError>;

    /// The objects of a type in the order of [`crate::object::ObjectKey`], page by page.
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

    /// Create an object, and return it as the cluster keeps it, or would keep it. [`ClusterError::Exists`] when there is
    /// one. After [`ClusterError::Unreachable`] and [`ClusterError::Busy`] it may be there all the same: nothing is sent
    /// twice here.
    async fn create(&self, of: &ResourceType, object: &Value, how: Write) -> Result<Value, ClusterError>;

    /// Put `object` in the place of the one of its name. Where it has a `resourceVersion` the live one must still have
    /// that: else [`ClusterError::Conflict`]. The same holds as for [`Cluster::create`].
    async fn replace(&self, of: &ResourceType, object: &Value, how: Write) -> Result<Value, ClusterError>;

    /// Delete an object and wait until it is gone: what it owns goes with it, in the background. No error when there is
    /// none. With `uid`, [`ClusterError::Conflict`] when the live object has another one: it is not the one that was
    /// meant. [`ClusterError::NotGone`] when finalizers keep it for long.
    async fn delete(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
        uid: Option<&str>,
    ) -> Result<(), ClusterError>;
}

/// How an object is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// The cluster says what it would do, with defaults and admission, and keeps nothing.
    pub dry_run: bool,
}

/// What a cluster serves.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Types that can be listed and created, ordered by group and resource.
    pub types: Vec<ResourceType>,
    /// Every version that is served of each of these types, without the group, the preferred one first. A type that is
    /// not here takes any version: in a folder of manifests those that are built in do.
    pub versions: BTreeMap<GroupResource, Vec<String>>,
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
    /// In the order of [`crate::object::ObjectKey`], across pages.
    pub items: Vec<RawObject>,
    /// Whether what comes from here on is of a later moment than what came before: the list took so long that the
    /// server no longer knew the state of which it was. Nothing is lost or comes twice.
    pub was_continued: bool,
}

/// An object as the cluster sent it: only its identity, labels and owners have been read.
#[derive(Clone, Debug)]
pub struct RawObject {
    /// Who it is.
    pub id: ObjectId,
    /// Its labels, in the object's order.
    pub labels: Vec<(String, String)>,
    /// The whole object as JSON text with `apiVersion` and `kind`, spliced in where the list lacked them. Not of the type
    /// `RawValue`: making one reads the whole text once more.
    pub json: Box<str>,
}
