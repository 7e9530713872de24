//! Which types of objects the cluster serves, those included that this restore defines.

use crate::cluster::Discovery;
use crate::object::{GroupResource, Object, ResourceType};
use serde_json::Value;
use std::collections::BTreeMap;

/// The types of objects that can be created in the cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Types {
    by_resource: BTreeMap<GroupResource, ResourceType>,
}

impl Types {
    /// What a cluster serves.
    pub(super) fn new(discovery: Discovery) -> Self {
        let by_resource = discovery
            .types
            .into_iter()
            .map(|of| (of.resource.clone(), of))
            .collect();
        Types { by_resource }
    }

    /// The type of `resource` in the version that the cluster prefers.
    pub(super) fn get(&self, resource: &GroupResource) -> Option<&ResourceType> {
        self.by_resource.get(resource)
    }

    /// All of them, by group and resource.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ResourceType> {
        self.by_resource.values()
    }

    /// The type `of` will be served too. One that is served already stays as it is.
    pub(super) fn add(&mut self, of: ResourceType) {
        self.by_resource.entry(of.resource.clone()).or_insert(of);
    }

    /// The type of `object` in the version that it is written in. A modifier may have changed its kind; what it says
    /// counts. None where the cluster does not serve it.
    pub(super) fn of(&self, object: &Object) -> Option<ResourceType> {
        let text = |member| {
            object
                .json
                .get(member)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resource = &object.id.resource;
        let found = match group == resource.group && kind == object.kind {
            true => self.by_resource.get(resource),
            false => self
                .by_resource
                .values()
                .find(|of| of.resource.group == group && of.kind == kind),
        };
        found.map(|of| ResourceType {
            version: version.to_owned(),
            ..of.clone()
        })
    }
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
        Types::new(Discovery {
            types,
            ..Discovery::default()
        })
    }

    #[rstest]
    #[case::as_it_is("extensions/v1beta1", "Ingress", Some(("ingresses.extensions", "v1beta1")))]
    #[case::another_version("extensions/v1", "Ingress", Some(("ingresses.extensions", "v1")))]
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
        let found = types().of(&Object::new(&of, json).unwrap());
        let found = found.map(|of| (of.resource.to_string(), of.version));
        assert_eq!(
            found,
            expected.map(|(resource, version)| (resource.to_owned(), version.to_owned()))
        );
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
