//! Rules that are applied from memory do what the plugins do when they are called.

use super::{compile, host, object, operation};
use lazarette::object::{Object, Schemas};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Names of members and list elements, so few that patches often lead somewhere.
const NAME: &str = "[ab]";

const PATH: &str = "(/spec|/metadata/labels|/spec/list)(/(a|b|0|1|-1|-|01)){0,2}";

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(1)),
        Just(json!(-0.0)),
        Just(json!("x")),
        any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(NAME, inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

fn operation_of_a_patch() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "remove", "replace", "move", "copy", "test"]);
    (op, PATH, PATH, value()).prop_map(|(op, path, from, value)| match op {
        "move" | "copy" => json!({"operation": op, "path": path, "from": from}),
        "remove" => json!({"operation": op, "path": path}),
        _ if value.is_string() => json!({"operation": op, "path": path, "value": value}),
        _ => json!({"operation": op, "path": path, "value": value.to_string()}),
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let conditions = json!({"groupResource": "pods"});
    let container = ("[abc]", value()).prop_map(|(name, value)| json!({"name": name, "image": value}));
    let strategic =
        prop::collection::vec(container, 0..3).prop_map(|containers| json!({"containers": containers}));
    let merge = |spec: Value| json!([{"patchData": {"spec": spec}}]);
    let of = move |field: &str, patches: Value| json!({"conditions": conditions, field: patches});
    let (of_json, of_merge, of_strategic) = (of.clone(), of.clone(), of);
    prop_oneof![
        prop::collection::vec(operation_of_a_patch(), 1..4)
            .prop_map(move |all| of_json("patches", json!(all))),
        value().prop_map(move |spec| of_merge("mergePatches", merge(spec))),
        strategic.prop_map(move |spec| of_strategic("strategicPatches", merge(spec))),
    ]
}

fn pod() -> impl Strategy<Value = Object> {
    let containers = prop::collection::btree_map("[abc]", value(), 0..3);
    (value(), prop::collection::vec(value(), 0..3), containers).prop_map(|(a, list, containers)| {
        let container = |(name, image)| json!({"name": name, "image": image});
        let containers: Vec<Value> = containers.into_iter().map(container).collect();
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "x"}},
            "spec": {"a": a, "list": list, "containers": containers},
        });
        object("pods", pod)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn memory_changes_nothing(
        rules in prop::collection::vec(rule(), 1..4),
        pods in prop::collection::vec(pod(), 1..24),
    ) {
        let document = json!({"version": "v1", "resourceModifierRules": rules}).to_string();
        let (remembering, forgetting) = (operation(Schemas::default()), operation(Schemas::default()));
        let rules = compile(&document, &remembering).unwrap();
        let mut from_memory = host().batch(&remembering);
        // Of this operation nothing is remembered: the rules were made for the other one.
        let mut by_calls = host().batch(&forgetting);
        for pod in pods {
            let (mut remembered, mut called) = (pod.clone(), pod);
            let outcomes = (rules.apply(&mut from_memory, &mut remembered), rules.apply(&mut by_calls, &mut called));
            prop_assert_eq!(outcomes.0, outcomes.1);
            prop_assert_eq!(remembered.json.to_string(), called.json.to_string());
        }
    }
}
