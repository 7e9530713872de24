//! What rules do to many objects, and what is told about it.

use super::{compile, host, object, operation};
use lazarette::modify::{RuleOutcome, Rules, Statistics, ThirdParty};
use lazarette::object::Schemas;
use lazarette::plugin::Settings;
use serde_json::json;
use std::collections::BTreeMap;

const DOCUMENT: &str = r#"
version: v1
resourceModifierRules:
- conditions: {groupResource: configmaps, namespaces: [shop]}
  patches:
  - {operation: test, path: /data/mode, value: fast}
  - {operation: replace, path: /data/mode, value: slow}
- conditions: {groupResource: configmaps}
  patches:
  - {operation: remove, path: /data/old}
- conditions: {groupResource: secrets}
  mergePatches:
  - patchData: {data: null}
"#;

fn config_map(namespace: &str, data: serde_json::Value) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}, "data": data})
}

#[test]
fn what_became_of_each_rule_is_counted() {
    let operation = operation(Schemas::default());
    let rules = compile(DOCUMENT, &operation).unwrap();
    let (mut one, mut other) = (Statistics::new(rules.len()), Statistics::new(rules.len()));
    let mut batch = host().batch(&operation);
    let mut run = |namespace: &str, data| {
        let mut object = object("configmaps", config_map(namespace, data));
        (rules.apply(&mut batch, &mut object), object.json)
    };

    let (outcome, after) = run("shop", json!({"mode": "fast", "old": "1"}));
    one.record(&outcome);
    assert!(outcome.changed());
    assert_eq!(after["data"], json!({"mode": "slow"}));

    let (outcome, _) = run("shop", json!({"mode": "quick", "old": "1"}));
    one.record(&outcome);
    assert_eq!(
        outcome.rules[0],
        (
            0,
            RuleOutcome::Left {
                reason: "test failed".into()
            }
        )
    );

    let (outcome, after) = run("blog", json!({"mode": "fast"}));
    other.record(&outcome);
    let problem = outcome.problems().next().unwrap();
    assert_eq!(problem.target.as_deref(), Some("configmaps blog/x"));
    assert_eq!(
        problem.message,
        "rule 2: there is nothing at this path (at /data/old)"
    );
    assert_eq!(after["data"], json!({"mode": "fast"}));

    one.merge(&other);
    let counts: Vec<_> = one
        .rules
        .iter()
        .map(|rule| (rule.matched, rule.changed, rule.left, rule.failed))
        .collect();
    assert_eq!(counts, [(2, 1, 1, 0), (3, 2, 0, 1), (0, 0, 0, 0)]);
    assert_eq!(one.unmatched().collect::<Vec<_>>(), [2]);
}

#[test]
fn it_is_explained_why_a_rule_does_not_match() {
    let rules = compile(DOCUMENT, &operation(Schemas::default())).unwrap();
    let explanations = rules.explain(&object("configmaps", config_map("blog", json!({}))));
    let mismatches: Vec<_> = explanations
        .iter()
        .map(|explanation| explanation.mismatch.as_deref())
        .collect();
    assert_eq!(
        mismatches,
        [
            Some("its namespace matches none of: shop"),
            None,
            Some("its type does not match 'secrets'")
        ]
    );
}

#[test]
fn a_plugin_that_is_not_there_is_refused_with_rule_and_line() {
    let document =
        "version: v1\nresourceModifierRules:\n- conditions: {groupResource: pods}\n  plugin: {name: mine}\n";
    let refusal = compile(document, &operation(Schemas::default())).err().unwrap();
    let expected = "line 3: resourceModifierRules[0].plugin.name: there is no plugin 'mine'; those that can be used here: none";
    assert_eq!(refusal, [expected]);
}

#[test]
fn what_a_built_in_plugin_refuses_is_told_in_terms_of_the_rule() {
    let document = "version: v1\nresourceModifierRules:\n- conditions: {groupResource: pods}\n  strategicPatches:\n  - patchData: '{}'\n  - patchData: '{\"spec\": {\"$patch\": \"erase\"}}'\n";
    let refusal = compile(document, &operation(Schemas::default())).err().unwrap();
    let expected = "line 3: resourceModifierRules[0].strategicPatches[1]: expected 'replace', 'delete' or 'merge' (at /patches/1/spec/$patch)";
    assert_eq!(refusal, [expected]);
}

#[test]
fn lists_of_custom_resources_are_merged_as_their_definition_says() {
    let schema = json!({"properties": {"spec": {"properties": {"items": {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["sku"],
        "items": {"properties": {"sku": {"type": "string"}}},
    }}}}});
    let definition = json!({"spec": {"group": "shop.example.com", "names": {"kind": "Order"}, "versions": [
        {"name": "v1", "schema": {"openAPIV3Schema": schema}},
    ]}});
    let operation = operation(Schemas::default().with_crd(&definition));
    let document = "version: v1\nresourceModifierRules:\n- conditions: {groupResource: orders.shop.example.com}\n  strategicPatches:\n  - patchData: {spec: {items: [{sku: b, count: 2}], notes: [new]}}\n";
    let rules = compile(document, &operation).unwrap();
    let order = json!({
        "apiVersion": "shop.example.com/v1", "kind": "Order", "metadata": {"name": "x"},
        "spec": {"items": [{"sku": "a"}, {"sku": "b"}], "notes": ["x"]},
    });
    let mut order = object("orders.shop.example.com", order);
    let outcome = rules.apply(&mut host().batch(&operation), &mut order);
    assert_eq!(
        order.json["spec"],
        json!({"items": [{"sku": "a"}, {"sku": "b", "count": 2}], "notes": ["new"]})
    );
    assert_eq!(
        outcome.notes.len(),
        1,
        "the list that nothing is known about is told: {:?}",
        outcome.notes
    );
}

#[test]
fn a_rule_calls_a_plugin_that_the_user_brings() {
    let component = include_bytes!("../../fixtures/dist/misbehaving.wasm");
    let plugin = host().load("mine", component).unwrap();
    let known = BTreeMap::from([(
        "mine".to_owned(),
        ThirdParty {
            plugin,
            settings: Settings::new(json!({})),
        },
    )]);
    let document = "version: v1\nresourceModifierRules:\n- conditions: {groupResource: pods}\n  plugin: {name: mine, config: {do: read-and-label}}\n";
    let operation = operation(Schemas::default());
    let rules = Rules::parse(document)
        .unwrap()
        .compile(host(), &operation, &known)
        .unwrap();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "labels": {}},
        "spec": {"containers": [{"name": "a", "image": "a:1"}]},
    });
    let mut pod = object("pods", pod);
    let outcome = rules.apply(&mut host().batch(&operation), &mut pod);
    assert_eq!(outcome.rules, [(0, RuleOutcome::Changed)]);
    assert_eq!(pod.json["metadata"]["labels"], json!({"seen": "yes"}));
}
