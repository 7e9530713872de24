//! Where an object goes: the mapped namespace, in its metadata and in what refers to it.

use super::report::Note;
use crate::object::Object;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// From the namespace in the backup to the one in the cluster. Namespaces that are not named keep theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mapping(pub BTreeMap<String, String>);

impl Mapping {
    /// Where objects of `namespace` go.
    pub(super) fn of<'a>(&'a self, namespace: &'a str) -> &'a str {
        self.0.get(namespace).map_or(namespace, String::as_str)
    }
}

/// Put `object` into its place: its own namespace, the name of a namespace, subjects of bindings and the claim of a
/// volume. Nothing else is rewritten; where an old name seems to stay behind, there is a note.
pub(super) fn place(object: &mut Object, mapping: &Mapping) -> Vec<Note> {
    let namespace = object.id.namespace.clone();
    let json = &mut object.json;
    if let Some(namespace) = &namespace
        && let Some(metadata) = json.pointer_mut("/metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), mapping.of(namespace).into());
    }
    if mapping.0.is_empty() {
        return Vec::new();
    }
    match (
        object.id.resource.group.as_str(),
        object.id.resource.resource.as_str(),
    ) {
        ("", "namespaces") => place_namespace(json, mapping),
        ("", "persistentvolumes") => place_member(json.pointer_mut("/spec/claimRef"), "namespace", mapping),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            place_subjects(json, mapping);
        }
        _ => {}
    }
    super::references::stay_behind(object, mapping)
}

/// The name of a namespace, and the label in which the server repeats it.
fn place_namespace(namespace: &mut Value, mapping: &Mapping) {
    place_member(namespace.pointer_mut("/metadata"), "name", mapping);
    place_member(
        namespace.pointer_mut("/metadata/labels"),
        "kubernetes.io/metadata.name",
        mapping,
    );
}

/// Service accounts that a binding names: by their namespace, or by the names that they have as users and groups.
fn place_subjects(binding: &mut Value, mapping: &Mapping) {
    for subject in binding
        .pointer_mut("/subjects")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        place_member(Some(subject), "namespace", mapping);
        let is_named = matches!(
            subject.get("kind").and_then(Value::as_str),
            Some("User" | "Group")
        );
        if let Some(name) = subject.get_mut("name").filter(|_| is_named)
            && let Some(placed) = name.as_str().and_then(|name| place_account(name, mapping))
        {
            *name = placed.into();
        }
    }
}

/// The name of a service account as a user (`system:serviceaccount:NAMESPACE:NAME`), or of all in a namespace as a group
/// (`system:serviceaccounts:NAMESPACE`), in the namespace in the cluster.
fn place_account(name: &str, mapping: &Mapping) -> Option<String> {
    const USER: &str = "system:serviceaccount:";
    const GROUP: &str = "system:serviceaccounts:";
    if let Some(namespace) = name.strip_prefix(GROUP) {
        return Some(format!("{GROUP}{}", mapping.of(namespace)));
    }
    let (namespace, account) = name.strip_prefix(USER)?.split_once(':')?;
    Some(format!("{USER}{}:{account}", mapping.of(namespace)))
}

/// The namespace that the member `name` of a map holds.
fn place_member(map: Option<&mut Value>, name: &str, mapping: &Mapping) {
    if let Some(member) = map
        .and_then(Value::as_object_mut)
        .and_then(|map: &mut Map<_, _>| map.get_mut(name))
        && let Some(namespace) = member.as_str()
    {
        *member = mapping.of(namespace).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::ResourceType;
    use rstest::rstest;
    use serde_json::json;

    fn placed(resource: &str, namespaced: bool, json: Value) -> Value {
        let of = ResourceType {
            resource: resource.parse().unwrap(),
            version: "v1".into(),
            kind: "Any".into(),
            namespaced,
        };
        let mut object = Object::new(&of, json).unwrap();
        place(
            &mut object,
            &Mapping([("shop".to_owned(), "test".to_owned())].into()),
        );
        object.json
    }

    #[rstest]
    #[case::mapped("shop", "test")]
    #[case::not_mapped("other", "other")]
    fn an_object_goes_to_its_namespace(#[case] namespace: &str, #[case] expected: &str) {
        let object = json!({"metadata": {"name": "web", "namespace": namespace}});
        assert_eq!(placed("pods", true, object)["metadata"]["namespace"], expected);
    }

    #[test]
    fn a_namespace_that_a_modifier_changed_does_not_count() {
        let of = ResourceType {
            resource: "pods".parse().unwrap(),
            version: "v1".into(),
            kind: "Pod".into(),
            namespaced: true,
        };
        let mut object = Object::new(&of, json!({"metadata": {"name": "web", "namespace": "shop"}})).unwrap();
        object.json["metadata"]["namespace"] = json!("elsewhere");
        place(&mut object, &Mapping::default());
        assert_eq!(object.json["metadata"]["namespace"], "shop");
    }

    #[test]
    fn a_namespace_gets_its_new_name() {
        let labels = json!({"kubernetes.io/metadata.name": "shop", "team": "shop"});
        let namespace = placed(
            "namespaces",
            false,
            json!({"metadata": {"name": "shop", "labels": labels}}),
        );
        let labels = json!({"kubernetes.io/metadata.name": "test", "team": "shop"});
        assert_eq!(namespace["metadata"], json!({"name": "test", "labels": labels}));
    }

    #[rstest]
    #[case("rolebindings.rbac.authorization.k8s.io", true)]
    #[case("clusterrolebindings.rbac.authorization.k8s.io", false)]
    fn subjects_follow_their_namespace(#[case] resource: &str, #[case] namespaced: bool) {
        let binding = placed(
            resource,
            namespaced,
            json!({
                "metadata": {"name": "b", "namespace": "other"},
                "subjects": [
                    {"kind": "ServiceAccount", "name": "web", "namespace": "shop"},
                    {"kind": "ServiceAccount", "name": "web", "namespace": "other"},
                    {"kind": "User", "name": "shop"},
                    {"kind": "User", "name": "system:serviceaccount:shop:web"},
                    {"kind": "Group", "name": "system:serviceaccounts:shop"},
                    {"kind": "Group", "name": "system:serviceaccounts"},
                ],
            }),
        );
        assert_eq!(
            binding["subjects"],
            json!([
                {"kind": "ServiceAccount", "name": "web", "namespace": "test"},
                {"kind": "ServiceAccount", "name": "web", "namespace": "other"},
                {"kind": "User", "name": "shop"},
                {"kind": "User", "name": "system:serviceaccount:test:web"},
                {"kind": "Group", "name": "system:serviceaccounts:test"},
                {"kind": "Group", "name": "system:serviceaccounts"},
            ])
        );
    }

    #[test]
    fn a_volume_follows_its_claim() {
        let volume =
            json!({"metadata": {"name": "v"}, "spec": {"claimRef": {"namespace": "shop", "name": "shop"}}});
        let volume = placed("persistentvolumes", false, volume);
        assert_eq!(
            volume["spec"]["claimRef"],
            json!({"namespace": "test", "name": "shop"})
        );
    }
}
