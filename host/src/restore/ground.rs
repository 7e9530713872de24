//! What objects stand on: the types that the cluster serves and the namespaces that it has. It grows between levels.

use super::types::{Types, Unserved, defined_by};
use crate::object::{GroupResource, Object, ObjectId, ResourceType};
use std::collections::BTreeSet;

/// What objects of a level can build on.
#[derive(Clone, Debug, Default)]
pub(super) struct Ground {
    /// What the cluster serves, or will serve.
    pub types: Types,
    /// Types that the cluster did not serve before this restore: there are no objects of them but its own.
    pub new_types: BTreeSet<GroupResource>,
    /// Namespaces that were there before the restore: what is in them has to be looked at.
    pub existing: BTreeSet<String>,
    /// Namespaces that are needed and could not be restored.
    pub failed_namespaces: BTreeSet<String>,
    /// Types whose definitions could not be restored.
    pub failed_definitions: BTreeSet<GroupResource>,
}

/// What an object needs and does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The cluster does not serve the type or its version, and the backup does not define it. One problem tells it for
    /// all objects.
    Type(Unserved),
    /// This object, whose own report says why, could not be restored.
    Object(ObjectId),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Missing::Type(Unserved::Type(of)) => write!(f, "the cluster does not serve {of}"),
            Missing::Type(Unserved::Version {
                resource, version, ..
            }) => {
                write!(f, "the cluster does not serve {resource} in version {version}")
            }
            Missing::Object(id) => write!(f, "{id} could not be restored"),
        }
    }
}

impl Ground {
    /// The type of a placed object in the cluster, or what it lacks; and its former `apiVersion` where that had to be
    /// changed.
    pub(super) fn place(&self, object: &mut Object) -> Result<(ResourceType, Option<String>), Missing> {
        let (of, former) = self
            .types
            .place(object)
            .map_err(|unserved| self.missing_type(&object.id.resource, unserved))?;
        let namespace = object
            .json
            .pointer("/metadata/namespace")
            .and_then(serde_json::Value::as_str);
        match namespace.filter(|namespace| of.namespaced && self.failed_namespaces.contains(*namespace)) {
            Some(namespace) => Err(Missing::Object(namespace_id(namespace))),
            None => Ok((of, former)),
        }
    }

    fn missing_type(&self, resource: &GroupResource, unserved: Unserved) -> Missing {
        if !self.failed_definitions.contains(resource) {
            return Missing::Type(unserved);
        }
        Missing::Object(ObjectId {
            resource: GroupResource::new("apiextensions.k8s.io", "customresourcedefinitions"),
            namespace: None,
            name: resource.to_string(),
        })
    }

    /// Take note that the custom resource definition called `name` could not be restored.
    pub(super) fn fail_definition(&mut self, name: &str) {
        self.failed_definitions.extend(defined_by(name));
    }

    /// The type `of` will be served, once its definition is restored as planned.
    pub(super) fn plan_type(&mut self, of: ResourceType) {
        if self.types.get(&of.resource).is_none() {
            self.new_types.insert(of.resource.clone());
            self.types.add(of);
        }
    }

    /// Whether an object of type `of` in `namespace` may be there already.
    pub(super) fn may_exist(&self, of: &GroupResource, namespace: Option<&str>) -> bool {
        namespace.is_none_or(|namespace| self.existing.contains(namespace)) && !self.new_types.contains(of)
    }
}

/// The identity of a namespace.
pub(super) fn namespace_id(name: &str) -> ObjectId {
    ObjectId {
        resource: GroupResource::new("", "namespaces"),
        namespace: None,
        name: name.to_owned(),
    }
}
