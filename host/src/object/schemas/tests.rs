use super::Schemas;
use crate::object::{GroupResource, Object, ObjectId};
use rstest::rstest;
use serde_json::{Value, json};

fn object(group: &str, version: &str, kind: &str) -> Object {
    let resource = GroupResource::new(group, format!("{}s", kind.to_lowercase()));
    let id = ObjectId {
        resource,
        namespace: None,
        name: "x".into(),
    };
    Object {
        id,
        version: version.into(),
        kind: kind.into(),
        json: Value::Null,
    }
}

fn keys(keys: &[&str]) -> Option<Vec<String>> {
    Some(keys.iter().map(ToString::to_string).collect())
}

#[rstest]
#[case::containers("apps", "v1", "Deployment", "/spec/template/spec/containers", "name", "merge")]
#[case::ports_of_any_container("", "v1", "Pod", "/spec/containers/7/ports", "containerPort", "merge")]
#[case::volumes("", "v1", "Pod", "/spec/volumes", "name", "merge,retainKeys")]
#[case::service_ports("", "v1", "Service", "/spec/ports", "port", "merge")]
#[case::owner_references("batch", "v1", "Job", "/metadata/ownerReferences", "uid", "merge")]
#[case::an_old_version(
    "apps",
    "v1beta1",
    "Deployment",
    "/spec/template/spec/containers",
    "name",
    "merge"
)]
fn lists_of_built_in_kinds_have_merge_keys(
    #[case] group: &str,
    #[case] version: &str,
    #[case] kind: &str,
    #[case] pointer: &str,
    #[case] key: &str,
    #[case] strategy: &str,
) {
    let of = object(group, version, kind);
    assert_eq!(Schemas::default().merge_key(&of, pointer).as_deref(), Some(key));
    assert_eq!(
        Schemas::default().patch_strategy(&of, pointer).as_deref(),
        Some(strategy)
    );
}

#[rstest]
#[case::retain_keys("/spec/strategy", Some("retainKeys"))]
#[case::replaced_list("/spec/template/spec/containers/0/args", None)]
#[case::an_element("/spec/template/spec/containers/0", None)]
#[case::unknown_field("/spec/nothing", None)]
#[case::not_a_pointer("spec", None)]
#[case::the_object("", None)]
fn strategies_of_a_deployment(#[case] pointer: &str, #[case] expected: Option<&str>) {
    let of = object("apps", "v1", "Deployment");
    assert_eq!(
        Schemas::default().patch_strategy(&of, pointer).as_deref(),
        expected
    );
}

#[test]
fn lists_of_built_in_kinds_have_list_keys() {
    let pod = object("", "v1", "Pod");
    let schemas = Schemas::default();
    assert_eq!(
        schemas.list_keys(&pod, "/spec/containers/0/ports"),
        keys(&["containerPort", "protocol"])
    );
    assert_eq!(schemas.list_keys(&pod, "/metadata/finalizers"), keys(&[]));
    assert_eq!(schemas.list_keys(&pod, "/spec/containers/0/args"), None);
    assert!(schemas.is_built_in(&pod));
}

#[test]
fn lists_of_custom_kinds_are_known_from_their_definition() {
    let definition = json!({"spec": {"group": "shop.example.com", "names": {"kind": "Order"}, "versions": [{
        "name": "v1",
        "schema": {"openAPIV3Schema": {"properties": {"spec": {"properties": {
            "items": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["sku", "size"],
                "items": {"properties": {"tags": {"type": "array", "x-kubernetes-list-type": "set"}}},
            },
            "notes": {"type": "array", "items": {"type": "string"}},
            "byRegion": {"additionalProperties": {"properties": {
                "tags": {"type": "array", "x-kubernetes-list-type": "set"},
            }}},
        }}}}},
    }]}});
    let order = object("shop.example.com", "v1", "Order");
    let schemas = Schemas::default().with_crd(&definition);
    assert_eq!(schemas.list_keys(&order, "/spec/items"), keys(&["sku", "size"]));
    assert_eq!(schemas.list_keys(&order, "/spec/items/0/tags"), keys(&[]));
    assert_eq!(schemas.list_keys(&order, "/spec/byRegion/eu/tags"), keys(&[]));
    assert_eq!(schemas.list_keys(&order, "/spec/notes"), None);
    assert_eq!(
        schemas.list_keys(&order, "/metadata/ownerReferences"),
        keys(&["uid"])
    );
    assert_eq!(schemas.merge_key(&order, "/spec/items"), None);
    assert!(!schemas.is_built_in(&order));
}

#[rstest]
#[case::no_spec(json!({}))]
#[case::no_schema(json!({"spec": {"group": "a", "names": {"kind": "B"}, "versions": [{"name": "v1"}]}}))]
#[case::not_an_object(json!([1, "x"]))]
fn a_definition_that_cannot_be_understood_adds_nothing(#[case] definition: Value) {
    let schemas = Schemas::default().with_crd(&definition);
    assert_eq!(schemas.list_keys(&object("a", "v1", "B"), "/spec/items"), None);
}
