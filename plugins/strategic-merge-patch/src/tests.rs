#![expect(
    clippy::needless_pass_by_value,
    reason = "tests write values where they use them"
)]

use super::*;
use lazarette_sdk::json;
use lazarette_sdk::testing::{Fixture, Outcome, configure, modify};
use proptest::prelude::*;
use rstest::rstest;
use std::collections::HashSet;

fn pod(spec: Value) -> Fixture {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "finalizers": ["f/a"]}, "spec": spec});
    Fixture::new(pod)
        .with_merge_key("/spec/containers", "name")
        .with_merge_key("/spec/containers/-/env", "name")
        .with_merge_key("/spec/volumes", "name")
        .with_patch_strategy("/metadata/finalizers", "merge")
        .with_patch_strategy("/spec/affinity", "replace")
}

fn run(object: &Fixture, patches: Value) -> Result<Outcome, Error> {
    modify(
        &mut configure::<StrategicMergePatch>(json!({"patches": patches})).unwrap(),
        object,
    )
}

/// What becomes of `spec`. The same must come out where the plugin reads parts of the object and where it reads all.
fn patched(spec: Value, patch: Value) -> Value {
    let in_parts = run(&pod(spec.clone()), json!([{"spec": patch}])).unwrap().object;
    let as_a_whole = run(&pod(spec), json!([{"spec": patch}, {}])).unwrap().object;
    assert_eq!(in_parts, as_a_whole);
    in_parts["spec"].clone()
}

#[rstest]
#[case::an_element_is_merged(
    json!({"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}),
    json!({"containers": [{"name": "b", "image": "b:2"}]}),
    json!({"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]}),
)]
#[case::a_new_element_comes_first(
    json!({"containers": [{"name": "a"}]}),
    json!({"containers": [{"name": "n"}]}),
    json!({"containers": [{"name": "n"}, {"name": "a"}]}),
)]
#[case::the_patch_decides_the_order_of_its_elements(
    json!({"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}),
    json!({"containers": [{"name": "c"}, {"name": "a"}]}),
    json!({"containers": [{"name": "b"}, {"name": "c"}, {"name": "a"}]}),
)]
#[case::lists_in_elements_are_merged(
    json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}]}]}),
    json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "2"}]}]}),
    json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "2"}]}]}),
)]
#[case::a_list_without_key_is_replaced(
    json!({"containers": [{"name": "a", "args": ["1", "2"]}]}),
    json!({"containers": [{"name": "a", "args": ["3"]}]}),
    json!({"containers": [{"name": "a", "args": ["3"]}]}),
)]
#[case::an_element_is_deleted(
    json!({"containers": [{"name": "a"}, {"name": "b"}]}),
    json!({"containers": [{"name": "a", "$patch": "delete"}]}),
    json!({"containers": [{"name": "b"}]}),
)]
#[case::a_list_is_replaced(
    json!({"containers": [{"name": "a"}, {"name": "b"}]}),
    json!({"containers": [{"name": "n"}, {"$patch": "replace"}]}),
    json!({"containers": [{"name": "n"}]}),
)]
#[case::an_object_is_replaced(
    json!({"securityContext": {"runAsUser": 1}}),
    json!({"securityContext": {"$patch": "replace", "fsGroup": 2}}),
    json!({"securityContext": {"fsGroup": 2}}),
)]
#[case::an_object_is_emptied(
    json!({"securityContext": {"runAsUser": 1}}),
    json!({"securityContext": {"$patch": "delete"}}),
    json!({"securityContext": {}}),
)]
#[case::merge_is_the_usual_way(
    json!({"securityContext": {"runAsUser": 1}}),
    json!({"securityContext": {"$patch": "merge", "fsGroup": 2}}),
    json!({"securityContext": {"runAsUser": 1, "fsGroup": 2}}),
)]
#[case::what_has_a_directive_is_not_added(
    json!({}),
    json!({"securityContext": {"$patch": "replace", "fsGroup": 2}, "hostname": "x"}),
    json!({"hostname": "x"}),
)]
#[case::an_object_is_replaced_by_strategy(
    json!({"affinity": {"a": 1}}),
    json!({"affinity": {"b": 2}}),
    json!({"affinity": {"b": 2}}),
)]
#[case::null_removes(
    json!({"hostname": "x", "nodeSelector": {"a": "1", "b": "2"}}),
    json!({"hostname": null, "nodeSelector": {"a": null}, "subdomain": null}),
    json!({"nodeSelector": {"b": "2"}}),
)]
#[case::nulls_of_something_new_are_dropped(
    json!({}),
    json!({"tolerations": [{"key": "a", "value": null}], "nodeSelector": {"a": null, "b": "1"}}),
    json!({"tolerations": [{"key": "a"}], "nodeSelector": {"b": "1"}}),
)]
#[case::only_retained_keys_stay(
    json!({"volumes": [{"name": "v", "nfs": {"server": "s"}, "x": 1}]}),
    json!({"volumes": [{"name": "v", "$retainKeys": ["name", "emptyDir"], "emptyDir": {}}]}),
    json!({"volumes": [{"name": "v", "emptyDir": {}}]}),
)]
#[case::order_is_set(
    json!({"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}),
    json!({"$setElementOrder/containers": [{"name": "c"}, {"name": "n"}, {"name": "a"}], "containers": [{"name": "n"}]}),
    json!({"containers": [{"name": "b"}, {"name": "c"}, {"name": "n"}, {"name": "a"}]}),
)]
#[case::order_is_set_of_what_is_there(
    json!({"containers": [{"name": "a"}, {"name": "b"}]}),
    json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}),
    json!({"containers": [{"name": "b"}, {"name": "a"}]}),
)]
#[case::another_type_is_replaced(
    json!({"hostname": {"a": 1}, "nodeSelector": "x"}),
    json!({"hostname": "x", "nodeSelector": {"a": "1"}}),
    json!({"hostname": "x", "nodeSelector": {"a": "1"}}),
)]
fn a_patch_is_merged(#[case] spec: Value, #[case] patch: Value, #[case] expected: Value) {
    assert_eq!(patched(spec, patch), expected);
}

#[test]
fn plain_values_are_added_and_deleted() {
    let finalizers = |metadata: Value| {
        run(&pod(json!({})), json!([{"metadata": metadata}]))
            .unwrap()
            .object["metadata"]["finalizers"]
            .clone()
    };
    assert_eq!(
        finalizers(json!({"finalizers": ["f/b", "f/a"]})),
        json!(["f/b", "f/a"])
    );
    assert_eq!(
        finalizers(json!({"$deleteFromPrimitiveList/finalizers": ["f/a", "f/x"]})),
        json!([])
    );
}

/// As the API server does it: a surprise, but the same one.
#[rstest]
#[case::new(json!([]), json!(["f/c", "f/b"]), json!(["f/b", "f/c"]))]
#[case::some_are_there(json!(["f/c", "f/a"]), json!(["f/c", "f/b", "f/a"]), json!(["f/b", "f/c", "f/a"]))]
fn an_empty_order_brings_what_is_new_to_the_front(
    #[case] there: Value,
    #[case] patch: Value,
    #[case] expected: Value,
) {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "finalizers": there}});
    let pod = Fixture::new(pod).with_patch_strategy("/metadata/finalizers", "merge");
    let patch = json!({"metadata": {"finalizers": patch, "$setElementOrder/finalizers": []}});
    let outcome = run(&pod, json!([patch])).unwrap();
    assert_eq!(outcome.object["metadata"]["finalizers"], expected);
}

#[rstest]
#[case::no_key(json!({"containers": [{"image": "x"}]}), "/spec/containers")]
#[case::key_missing_in_the_object(json!({"volumes": [{"name": "x"}]}), "/spec/volumes")]
#[case::not_retained(json!({"securityContext": {"$retainKeys": ["a"], "b": 1}}), "/spec/securityContext")]
#[case::another_order(
    json!({"$setElementOrder/containers": [{"name": "a"}, {"name": "b"}], "containers": [{"name": "b"}, {"name": "a"}]}),
    "/spec/containers",
)]
#[case::mixed_elements(json!({"containers": ["x"]}), "/spec/containers")]
fn what_cannot_be_merged_is_an_error_at_its_place(#[case] patch: Value, #[case] pointer: &str) {
    let spec =
        json!({"containers": [{"name": "a"}], "volumes": [{"emptyDir": {}}], "securityContext": {"a": 1}});
    let error = run(&pod(spec), json!([{"spec": patch}])).unwrap_err();
    assert_eq!(error.pointer.as_deref(), Some(pointer));
}

#[test]
fn lists_of_custom_kinds_are_merged_where_their_definition_says_how() {
    let order = json!({
        "apiVersion": "shop.example.com/v1", "kind": "Order", "metadata": {"name": "x"},
        "spec": {"items": [{"sku": "a", "size": 1}, {"sku": "a", "size": 2}], "notes": ["x"]},
    });
    let order = Fixture::new(order)
        .of_custom_kind()
        .with_list_keys("/spec/items", &["sku", "size"]);
    let patch = json!({"spec": {"items": [{"sku": "a", "size": 2, "gift": true}], "notes": ["y"]}});
    let outcome = run(&order, json!([patch])).unwrap();
    let items = json!([{"sku": "a", "size": 1}, {"sku": "a", "size": 2, "gift": true}]);
    assert_eq!(outcome.object["spec"], json!({"items": items, "notes": ["y"]}));
    assert_eq!(outcome.notes.len(), 1);
    assert_eq!(outcome.notes[0].pointer.as_deref(), Some("/spec/notes"));
}

#[rstest]
#[case::patch(json!({"spec": {"$patch": "remove"}}), "/patches/0/spec/$patch")]
#[case::retain_keys(json!({"$retainKeys": "name"}), "/patches/0/$retainKeys")]
#[case::order(json!({"a": [{"$setElementOrder/b": {}}]}), "/patches/0/a/0/$setElementOrder~1b")]
#[case::deletion(json!({"$deleteFromPrimitiveList/a": [{}]}), "/patches/0/$deleteFromPrimitiveList~1a")]
fn wrong_directives_are_refused(#[case] patch: Value, #[case] pointer: &str) {
    let error = configure::<StrategicMergePatch>(json!({"patches": [patch]}))
        .err()
        .unwrap();
    assert_eq!(error.pointer.as_deref(), Some(pointer));
}

/// A list of containers with what may be in them; the elements of an object have a name, each another one.
fn containers(of_a_patch: bool) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!("x")),
        Just(json!({"a": null, "b": 1})),
        Just(json!([1]))
    ];
    let variable = (0..3, leaf.clone()).prop_map(|(name, value)| json!({"name": name, "value": value}));
    let container =
        (prop::collection::vec(variable, 0..4), leaf, 0..8).prop_map(move |(mut env, image, odd)| {
            let mut seen = HashSet::new();
            env.retain(|variable| seen.insert(variable["name"].to_string()));
            match odd {
                0 if of_a_patch => json!({"image": image, "$patch": "delete"}),
                1 if of_a_patch => json!({"env": env, "$retainKeys": ["name", "env"]}),
                2 => json!({"image": image}),
                _ => json!({"env": env, "image": image}),
            }
        });
    prop::collection::btree_map(0..4, container, 0..4).prop_flat_map(|containers| {
        let named = containers.into_iter().map(|(name, mut container)| {
            container["name"] = json!(name);
            container
        });
        Just(named.collect::<Vec<_>>())
            .prop_shuffle()
            .prop_map(Value::Array)
    })
}

proptest! {
    /// What is read in parts comes to the same as what is read as a whole.
    #[test]
    fn reading_less_changes_nothing(object in containers(false), patch in containers(true)) {
        let run = |patches| run(&pod(json!({"containers": object})), patches);
        let in_parts = run(json!([{"spec": {"containers": patch}}])).map(|outcome| outcome.object);
        let as_a_whole = run(json!([{"spec": {"containers": patch}}, {}])).map(|outcome| outcome.object);
        prop_assert_eq!(in_parts, as_a_whole);
    }
}

#[test]
fn only_what_changes_is_written() {
    let spec = json!({"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]});
    let outcome = run(
        &pod(spec),
        json!([{"spec": {"containers": [{"name": "b", "image": "b:2"}]}}]),
    )
    .unwrap();
    assert_eq!(
        outcome.operations,
        [json!({"op": "add", "path": "/spec/containers/1/image", "value": "b:2"})]
    );
}
