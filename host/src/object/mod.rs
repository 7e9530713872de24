//! Objects of Kubernetes: who they are, their JSON, and how they are chosen.

mod built_in;
mod endpoints;
mod filter;
mod glob;
mod guess;
mod key;
mod needs;
mod patch;
mod pointer;
mod resource;
mod schemas;
mod selector;
mod types;
pub mod yaml;

#[cfg(test)]
pub(crate) use built_in::built_in_type;
pub use built_in::{BuiltInType, built_in_types};
pub use endpoints::is_kept_for_service;
pub use filter::{ClusterScope, Filter, FilterError, FilterSpec};
pub use glob::{Glob, GlobError, is_pattern};
pub use guess::guess_object;
pub use key::ObjectKey;
pub use needs::Needs;
pub use patch::{PatchError, Patches, apply_patches};
pub use pointer::Pointer;
pub use resource::{GroupResource, ParseGroupResourceError, ResourceType};
pub use schemas::Schemas;
pub use selector::{LabelSelector, SelectorError};
pub use types::{ResourceTypes, defined_resource};

use pointer::member;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;

/// Who an object is in a cluster or a backup. Two objects with equal ids are the same object.
///
/// The order is by resource type, then that of [`ObjectKey`]. A backup holds the objects of a type in this order; its
/// types are ordered by what needs what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// The type, without its version.
    pub resource: GroupResource,
    /// None for an object of the cluster as a whole.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> Ordering {
        let one = (self.namespace.as_deref(), self.name.as_str());
        let another = (other.namespace.as_deref(), other.name.as_str());
        let by_key = || key::compare(one, another);
        self.resource.cmp(&other.resource).then_with(by_key)
    }
}

impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `deployments.apps shop/web`, `namespaces shop`: how an object is named to people.
impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.resource, self.name),
            None => write!(f, "{} {}", self.resource, self.name),
        }
    }
}

/// An object: who it is, and its JSON, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Who it is. In a restore this is the identity in the backup, also when a modifier renamed the object.
    pub id: ObjectId,
    /// API version without the group: `v1`.
    pub version: String,
    /// Kind: `Deployment`.
    pub kind: String,
    /// The whole object, with `apiVersion` and `kind`.
    pub json: Value,
}

impl Object {
    /// The object `json` of type `of`, with namespace and name read from its metadata. None when it has no name.
    pub fn new(of: &ResourceType, json: Value) -> Option<Self> {
        let text = |pointer| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let id = ObjectId {
            resource: of.resource.clone(),
            namespace: if of.namespaced {
                text("/metadata/namespace")
            } else {
                None
            },
            name: text("/metadata/name").filter(|name| !name.is_empty())?,
        };
        Some(Object {
            id,
            version: of.version.clone(),
            kind: of.kind.clone(),
            json,
        })
    }

    /// An object that is none: what stands where the real one was lent out.
    pub(crate) fn nobody() -> Self {
        let id = ObjectId {
            resource: GroupResource::new("", ""),
            namespace: None,
            name: String::new(),
        };
        Object {
            id,
            version: String::new(),
            kind: String::new(),
            json: Value::Null,
        }
    }

    /// The labels, as pairs; empty where there are none.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let metadata = self
            .json
            .as_object()
            .and_then(|object| member(object, "metadata"));
        metadata
            .and_then(Value::as_object)
            .and_then(|metadata| member(metadata, "labels"))
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }

    /// `apps/v1`, or `v1` in the core group: what `apiVersion` says.
    pub fn api_version(&self) -> String {
        self.id.resource.api_version(&self.version)
    }
}
