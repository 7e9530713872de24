//! The types that a set of objects can have: those that are built in, and those of its custom resource definitions.

use super::{GroupResource, ResourceType, built_in_types};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// Types by resource and by kind: those that are built in, and those that custom resource definitions add.
#[derive(Debug)]
pub struct ResourceTypes {
    by_resource: BTreeMap<GroupResource, ResourceType>,
    by_kind: HashMap<(String, String), GroupResource>,
    /// Of the types that definitions added: every version that is served, the preferred one first.
    defined_versions: BTreeMap<GroupResource, Vec<String>>,
}

impl ResourceTypes {
    /// The types that are built in.
    pub fn built_in() -> Self {
        let mut types = ResourceTypes {
            by_resource: BTreeMap::new(),
            by_kind: HashMap::new(),
            defined_versions: BTreeMap::new(),
        };
        built_in_types()
            .iter()
            .for_each(|built_in| types.insert(built_in.of.clone()));
        types
    }

    /// Add the type that a custom resource definition defines, or say what is wrong with the definition.
    pub fn define(&mut self, definition: &Value) -> Result<(), String> {
        let (of, versions) = read_definition(definition)?;
        if !built_in_types()
            .iter()
            .any(|built_in| built_in.of.resource == of.resource)
        {
            self.defined_versions.insert(of.resource.clone(), versions);
            self.insert(of);
        }
        Ok(())
    }

    /// What is wrong with a custom resource definition, if anything is.
    pub fn check(definition: &Value) -> Result<(), String> {
        read_definition(definition).map(drop)
    }

    /// Of the types that definitions added: every version that is served, the preferred one first.
    pub fn defined_versions(&self) -> &BTreeMap<GroupResource, Vec<String>> {
        &self.defined_versions
    }

    /// Take back what [`ResourceTypes::define`] added.
    pub fn forget(&mut self, resource: &GroupResource) {
        let was_defined = self.defined_versions.remove(resource).is_some();
        if let Some(of) = was_defined.then(|| self.by_resource.remove(resource)).flatten() {
            self.by_kind.remove(&(of.resource.group, of.kind));
        }
    }

    /// The type of a resource.
    pub fn get(&self, resource: &GroupResource) -> Option<&ResourceType> {
        self.by_resource.get(resource)
    }

    /// The type of an object that says `api_version` and `kind`; its group and kind decide, all versions of a group are
    /// one type.
    pub fn of_kind(&self, api_version: &str, kind: &str) -> Option<&ResourceType> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        self.by_kind
            .get(&(group.to_owned(), kind.to_owned()))
            .and_then(|resource| self.get(resource))
    }

    /// All types, ordered by group and resource.
    pub fn iter(&self) -> impl Iterator<Item = &ResourceType> {
        self.by_resource.values()
    }

    fn insert(&mut self, of: ResourceType) {
        self.by_kind
            .insert((of.resource.group.clone(), of.kind.clone()), of.resource.clone());
        self.by_resource.insert(of.resource.clone(), of);
    }
}

/// The resource that a custom resource definition defines.
pub fn defined_resource(definition: &Value) -> Option<GroupResource> {
    let text = |pointer: &str| {
        definition
            .pointer(pointer)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    Some(GroupResource::new(
        text("/spec/group")?,
        text("/spec/names/plural")?,
    ))
}

/// The type that a custom resource definition (v1 or v1beta1) defines, and the versions that are served of it.
fn read_definition(definition: &Value) -> Result<(ResourceType, Vec<String>), String> {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str);
    let resource = defined_resource(definition)
        .ok_or("the definition lacks spec.group or spec.names.plural; add them")?;
    if resource.to_string().parse().as_ref() != Ok(&resource) {
        return Err(format!(
            "'{resource}' is not a resource type; correct spec.group or spec.names.plural"
        ));
    }
    let kind = text("/spec/names/kind")
        .ok_or("the definition lacks spec.names.kind; add it")?
        .to_owned();
    // In v1beta1 the scope had a default.
    let namespaced = match text("/spec/scope") {
        Some("Namespaced") | None => true,
        Some("Cluster") => false,
        Some(other) => {
            return Err(format!(
                "spec.scope must be 'Namespaced' or 'Cluster', found '{other}'"
            ));
        }
    };
    let versions = served_versions(definition);
    let version = versions
        .first()
        .cloned()
        .ok_or("the definition serves no version; add one to spec.versions")?;
    let of = ResourceType {
        resource,
        version,
        kind,
        namespaced,
    };
    Ok((of, versions))
}

/// The versions that are served, in the order in which a server prefers them: the stable ones first, then beta, then
/// alpha, and of each the highest number.
fn served_versions(definition: &Value) -> Vec<String> {
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let served = versions
        .into_iter()
        .flatten()
        .filter(|version| version.get("served") != Some(&Value::Bool(false)));
    let names = served.filter_map(|version| version.get("name").and_then(Value::as_str));
    // v1beta1 had a single version as well.
    let single = definition.pointer("/spec/version").and_then(Value::as_str);
    let mut names: Vec<&str> = names.chain(single).collect();
    names.sort_by_key(|name| (Reverse(priority(name)), *name));
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}

/// How much a version is preferred: stability, major, minor number. What is not named like a version comes last.
fn priority(version: &str) -> (u8, u64, u64) {
    let number = |text: &str| text.parse::<u64>().ok();
    let parse = || {
        let rest = version.strip_prefix('v')?;
        let (stability, word) = match rest {
            _ if rest.contains("alpha") => (1, "alpha"),
            _ if rest.contains("beta") => (2, "beta"),
            _ => return Some((3, number(rest)?, 0)),
        };
        let (major, minor) = rest.split_once(word)?;
        Some((stability, number(major)?, number(minor)?))
    };
    parse().unwrap_or((0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::stable_first(&["v1beta1", "v1", "v2alpha1"], &["v1", "v1beta1", "v2alpha1"])]
    #[case::highest(&["v1", "v10", "v2"], &["v10", "v2", "v1"])]
    #[case::beta_before_alpha(&["v3alpha1", "v1beta2", "v1beta10"], &["v1beta10", "v1beta2", "v3alpha1"])]
    #[case::odd_names_last(&["foo", "v1alpha1"], &["v1alpha1", "foo"])]
    #[case::odd_names_by_alphabet(&["foo10", "foo1"], &["foo1", "foo10"])]
    fn versions_are_preferred_as_by_a_server(#[case] versions: &[&str], #[case] expected: &[&str]) {
        let versions: Vec<_> = versions
            .iter()
            .map(|name| json!({"name": name, "served": true}))
            .collect();
        let definition = json!({"spec": {"versions": versions}});
        assert_eq!(served_versions(&definition), expected);
    }

    #[test]
    fn a_definition_adds_a_type() {
        let mut types = ResourceTypes::built_in();
        let definition = json!({"spec": {
            "group": "example.com", "scope": "Cluster", "names": {"plural": "shops", "kind": "Shop"},
            "versions": [{"name": "v2", "served": false}, {"name": "v1", "served": true}]
        }});
        types.define(&definition).unwrap();
        let of = types.of_kind("example.com/v2", "Shop").unwrap().clone();
        assert_eq!(
            (of.resource.to_string().as_str(), of.version.as_str()),
            ("shops.example.com", "v1")
        );
        assert!(!of.namespaced);
        types.forget(&of.resource);
        assert_eq!(types.of_kind("example.com/v1", "Shop"), None);
    }

    #[test]
    fn definitions_of_v1beta1_are_read() {
        let mut types = ResourceTypes::built_in();
        let definition = json!({"spec": {
            "group": "example.com", "version": "v1alpha1", "names": {"plural": "shops", "kind": "Shop"}
        }});
        types.define(&definition).unwrap();
        let of = types.of_kind("example.com/v1alpha1", "Shop").unwrap();
        assert_eq!((of.version.as_str(), of.namespaced), ("v1alpha1", true));
    }

    #[rstest]
    #[case(json!({}), "spec.group")]
    #[case(json!({"spec": {"group": "../a", "names": {"plural": "b", "kind": "B"}}}), "is not a resource type")]
    #[case(json!({"spec": {"group": "a", "names": {"plural": "b"}}}), "spec.names.kind")]
    #[case(json!({"spec": {"group": "a", "names": {"plural": "b", "kind": "B"}}}), "no version")]
    #[case(
        json!({"spec": {"group": "a", "names": {"plural": "b", "kind": "B"}, "scope": "x", "version": "v1"}}),
        "spec.scope"
    )]
    fn a_wrong_definition_says_what_is_wrong(#[case] definition: Value, #[case] message: &str) {
        assert!(
            ResourceTypes::built_in()
                .define(&definition)
                .unwrap_err()
                .contains(message)
        );
    }

    #[test]
    fn all_versions_of_a_group_are_one_type_and_other_groups_others() {
        let types = ResourceTypes::built_in();
        let of = |api_version, kind| types.of_kind(api_version, kind).map(|of| of.resource.to_string());
        assert_eq!(of("apps/v1", "Deployment").as_deref(), Some("deployments.apps"));
        assert_eq!(
            of("apps/v1beta2", "Deployment").as_deref(),
            Some("deployments.apps")
        );
        assert_eq!(
            of("extensions/v1beta1", "Deployment").as_deref(),
            Some("deployments.extensions")
        );
        assert_eq!(of("v1", "Deployment"), None);
    }
}
