//! Which types of objects the cluster serves, those included that this restore defines.

use super::conversions::convert;
use crate::cluster::Discovery;
use crate::object::{GroupResource, Object, ResourceType};
use serde_json::Value;
use std::collections::BTreeMap;

/// The types of objects that can be created in the cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Types {
    by_resource: BTreeMap<GroupResource, ResourceType>,
    /// The versions that are served of a type. One that is not here takes any.
    versions: BTreeMap<GroupResource, Vec<String>>,
}

/// What the cluster does not serve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unserved {
    /// The type, in any version.
    Type(String),
    /// The version of the type that the backup has.
    Version {
        /// The type.
        resource: GroupResource,
        /// The version, without the group.
        version: String,
        /// Those that are served.
        served: Vec<String>,
    },
}

impl Types {
    /// What a cluster serves.
    pub(super) fn new(discovery: Discovery) -> Self {
        let by_resource = discovery
            .types
            .into_iter()
            .map(|of| (of.resource.clone(), of))
            .collect();
        Types {
            by_resource,
            versions: discovery.versions,
        }
    }

    /// The type of `resource` in the version that the cluster prefers.
    pub(super) fn get(&self, resource: &GroupResource) -> Option<&ResourceType> {
        self.by_resource.get(resource)
    }

    /// The type of objects that say `api_version` and `kind`, in the version that the cluster prefers.
    pub(super) fn of_kind(&self, api_version: &str, kind: &str) -> Option<&ResourceType> {
        let (group, _) = split(api_version);
        self.by_resource
            .values()
            .find(|of| of.resource.group == group && of.kind == kind)
    }

    /// All of them, by group and resource.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ResourceType> {
        self.by_resource.values()
    }

    /// The type `of` will be served too. One that is served already stays as it is.
    pub(super) fn add(&mut self, of: ResourceType) {
        self.by_resource.entry(of.resource.clone()).or_insert(of);
    }

    /// The type of `object` in the version that it is written in, which is changed where the cluster does not serve it
    /// and a conversion to one that it does is certain; the former one is returned then. A modifier may have changed the
    /// object's kind; what it says counts.
    pub(super) fn place(&self, object: &mut Object) -> Result<(ResourceType, Option<String>), Unserved> {
        let unserved = match self.find(object) {
            Ok(of) => return Ok((of, None)),
            Err(unserved) => unserved,
        };
        let serves = |api_version: &str| {
            let (group, version) = split(api_version);
            self.by_resource
                .values()
                .any(|of| of.resource.group == group && self.has_version(of, version))
        };
        let former = convert(&mut object.json, serves).ok_or(unserved)?;
        self.find(object).map(|of| (of, Some(former)))
    }

    fn find(&self, object: &Object) -> Result<ResourceType, Unserved> {
        let text = |member| {
            object
                .json
                .get(member)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let (group, version) = split(api_version);
        let resource = &object.id.resource;
        let is_itself = group == resource.group && kind == object.kind;
        let found = match is_itself {
            true => self.by_resource.get(resource),
            false => self
                .by_resource
                .values()
                .find(|of| of.resource.group == group && of.kind == kind),
        };
        match found {
            Some(of) if self.has_version(of, version) => Ok(ResourceType {
                version: version.to_owned(),
                ..of.clone()
            }),
            Some(of) => Err(Unserved::Version {
                resource: of.resource.clone(),
                version: version.to_owned(),
                served: self.versions.get(&of.resource).cloned().unwrap_or_default(),
            }),
            None if is_itself => Err(Unserved::Type(resource.to_string())),
            None => Err(Unserved::Type(format!("{kind} of {api_version}"))),
        }
    }

    fn has_version(&self, of: &ResourceType, version: &str) -> bool {
        let served = self.versions.get(&of.resource);
        served.is_none_or(|served| served.iter().any(|served| served == version))
    }
}

/// Group and version of an `apiVersion`.
fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The type that a custom resource definition defines, in its first served version.
pub(super) fn defined(definition: &Value) -> Option<ResourceType> {
    let text = |pointer| definition.pointer(pointer).and_then(Value::as_str);
    let versions = definition.pointer("/spec/versions")?.as_array()?;
    let served = versions
        .iter()
        .find(|version| version.get("served").and_then(Value::as_bool) == Some(true))?;
    Some(ResourceType {
        resource: GroupResource::new(text("/spec/group")?, text("/spec/names/plural")?),
        version: served.get("name")?.as_str()?.to_owned(),
        kind: text("/spec/names/kind")?.to_owned(),
        namespaced: text("/spec/scope")? == "Namespaced",
    })
}

/// The type that the custom resource definition called `name` defines: its name is `<plural>.<group>`.
pub(super) fn defined_by(name: &str) -> Option<GroupResource> {
    let (resource, group) = name.split_once('.')?;
    Some(GroupResource::new(group, resource))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn resource_type(resource: &str, version: &str, kind: &str) -> ResourceType {
        let resource = resource.parse().unwrap();
        ResourceType {
            resource,
            version: version.into(),
            kind: kind.into(),
            namespaced: true,
        }
    }

    fn types() -> Types {
        let types = vec![
            resource_type("deployments.apps", "v1", "Deployment"),
            resource_type("ingresses.networking.k8s.io", "v1", "Ingress"),
            resource_type("ingresses.extensions", "v1beta1", "Ingress"),
        ];
        let deployments = ("deployments.apps".parse().unwrap(), vec!["v1".to_owned()]);
        Types::new(Discovery {
            types,
            versions: [deployments].into(),
            ..Discovery::default()
        })
    }

    #[rstest]
    #[case::as_it_is("extensions/v1beta1", "Ingress", Some(("ingresses.extensions", "v1beta1")))]
    #[case::any_version("extensions/v1", "Ingress", Some(("ingresses.extensions", "v1")))]
    #[case::another_group("networking.k8s.io/v1", "Ingress", Some(("ingresses.networking.k8s.io", "v1")))]
    #[case::another_kind("apps/v1", "Deployment", Some(("deployments.apps", "v1")))]
    #[case::not_served("gateway.networking.k8s.io/v1", "Gateway", None)]
    #[case::nothing("", "", None)]
    fn the_type_is_what_the_object_says(
        #[case] api_version: &str,
        #[case] kind: &str,
        #[case] expected: Option<(&str, &str)>,
    ) {
        let of = resource_type("ingresses.extensions", "v1beta1", "Ingress");
        let json = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}});
        let found = types().place(&mut Object::new(&of, json).unwrap()).ok();
        let found = found.map(|(of, _)| (of.resource.to_string(), of.version));
        assert_eq!(
            found,
            expected.map(|(resource, version)| (resource.to_owned(), version.to_owned()))
        );
    }

    #[test]
    fn a_version_that_is_not_served_is_converted_where_that_is_certain() {
        let of = resource_type("deployments.apps", "v1beta2", "Deployment");
        let object = |version: &str| {
            let json = json!({"apiVersion": format!("apps/{version}"), "kind": "Deployment", "metadata": {"name": "web"}});
            Object::new(&of, json).unwrap()
        };
        let mut old = object("v1beta2");
        let (found, former) = types().place(&mut old).unwrap();
        assert_eq!(
            (found.version.as_str(), former.as_deref()),
            ("v1", Some("apps/v1beta2"))
        );
        assert_eq!(old.json["apiVersion"], "apps/v1");

        let unserved = Unserved::Version {
            resource: of.resource.clone(),
            version: "v1beta1".into(),
            served: vec!["v1".into()],
        };
        assert_eq!(types().place(&mut object("v1beta1")), Err(unserved));
    }

    #[test]
    fn a_definition_says_what_it_defines() {
        let definition = json!({"spec": {
            "group": "example.com", "scope": "Cluster", "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{"name": "v1alpha1", "served": false}, {"name": "v1", "served": true}],
        }});
        let of = defined(&definition).unwrap();
        let expected = ResourceType {
            namespaced: false,
            ..resource_type("widgets.example.com", "v1", "Widget")
        };
        assert_eq!(of, expected);
        assert_eq!(defined_by("widgets.example.com"), Some(expected.resource.clone()));
        let mut types = types();
        types.add(of);
        assert_eq!(types.get(&expected.resource), Some(&expected));
    }

    #[test]
    fn a_definition_that_defines_nothing_is_ignored() {
        assert_eq!(
            defined(&json!({"spec": {"group": "example.com", "versions": "none"}})),
            None
        );
    }
}
