//! Documents and conditions. What plugins make of patches is tested with them, and end to end in `tests/`.

use super::Rules;
use crate::object::{GroupResource, Object, ObjectId};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

/// A document with one rule that changes all objects that `conditions` select.
fn with_conditions(conditions: &str) -> String {
    format!(
        "version: v1\nresourceModifierRules:\n- conditions:\n{conditions}\n  mergePatches: [{{patchData: '{{}}'}}]\n"
    )
}

/// A document with one rule for everything.
fn with_rule(rule: &str) -> String {
    format!("version: v1\nresourceModifierRules:\n- conditions: {{groupResource: '**'}}\n{rule}\n")
}

fn object(resource: &str, json: Value) -> Object {
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let resource: GroupResource = resource.parse().unwrap();
    let id = ObjectId {
        resource,
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name").unwrap(),
    };
    Object {
        id,
        version: "v1".into(),
        kind: "Thing".into(),
        json,
    }
}

fn web() -> Object {
    let metadata =
        json!({"name": "web-1", "namespace": "shop-eu", "labels": {"app": "web", "tier": "front"}});
    object(
        "deployments.apps",
        json!({"metadata": metadata, "spec": {"size": 3, "list": ["a", "b"], "nothing": null}}),
    )
}

fn mismatch(conditions: &str, object: &Object) -> Option<String> {
    let rules = Rules::parse(&with_conditions(conditions)).unwrap();
    rules.rules[0]
        .conditions
        .explain(object)
        .err()
        .map(|mismatch| mismatch.to_string())
}

#[rstest]
#[case::exact("deployments.apps", true)]
#[case::group("'*.apps'", true)]
#[case::any_group("deployments.*", true)]
#[case::alternatives("'{pods,deployments}.apps'", true)]
#[case::everything("'*.*'", true)]
#[case::everything_deeply("'**'", true)]
#[case::star_stops_at_the_point("'*'", false)]
#[case::no_substring("deployment", false)]
#[case::case_counts("Deployments.apps", false)]
fn group_resource(#[case] pattern: &str, #[case] matches: bool) {
    assert_eq!(
        mismatch(&format!("    groupResource: {pattern}"), &web()).is_none(),
        matches
    );
}

#[rstest]
#[case::core("'*.*'", "pods")]
#[case::group_with_points("'*.*'", "ingresses.networking.k8s.io")]
#[case::core_by_star("'*'", "pods")]
fn group_resource_of_other_types(#[case] pattern: &str, #[case] resource: &str) {
    let object = object(resource, json!({"metadata": {"name": "x"}}));
    assert_eq!(mismatch(&format!("    groupResource: {pattern}"), &object), None);
}

#[rstest]
#[case::listed("namespaces: [other, shop-eu]", None)]
#[case::pattern("namespaces: ['shop-*']", None)]
#[case::star("namespaces: ['*']", None)]
#[case::none_listed("namespaces: []", None)]
#[case::other("namespaces: [shop, 'x*']", Some("its namespace matches none of: shop, x*"))]
#[case::part_of_the_name("resourceNameRegex: eb", None)]
#[case::empty_expression("resourceNameRegex: ''", None)]
#[case::quoted("resourceNameRegex: '^\\Qweb-\\E[0-9]$'", None)]
#[case::other_name("resourceNameRegex: ^eb", Some("its name does not match '^eb'"))]
#[case::labels("labelSelector: {matchLabels: {app: web}}", None)]
#[case::no_requirement("labelSelector: {}", None)]
#[case::operator_in(
    "labelSelector: {matchExpressions: [{key: tier, operator: In, values: [front, back]}]}",
    None
)]
#[case::operator_exists("labelSelector: {matchExpressions: [{key: tier, operator: Exists}]}", None)]
#[case::operator_not_in(
    "labelSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}",
    Some("its labels do not fit the label selector")
)]
#[case::operator_does_not_exist(
    "labelSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}",
    Some("its labels do not fit the label selector")
)]
#[case::value("matches: [{path: /spec/size, value: '3'}]", None)]
#[case::value_as_text(
    "matches: [{path: /spec/size, value: '\"3\"'}]",
    Some("/spec/size is 3, expected \"3\"")
)]
#[case::element_from_the_end("matches: [{path: /spec/list/-1, value: b}]", None)]
#[case::null("matches: [{path: /spec/nothing, value: 'null'}]", None)]
#[case::missing_is_null("matches: [{path: /spec/other, value: 'null'}]", None)]
#[case::missing(
    "matches: [{path: /spec/other, value: x}]",
    Some("there is nothing at /spec/other, expected \"x\"")
)]
#[case::missing_parent(
    "matches: [{path: /status/x, value: 'null'}]",
    Some("there is nothing at /status/x, expected null")
)]
#[case::past_the_end(
    "matches: [{path: /spec/list/2, value: 'null'}]",
    Some("there is nothing at /spec/list/2, expected null")
)]
#[case::all_must_hold(
    "matches: [{path: /spec/size, value: '3'}, {path: /spec/size, value: '4'}]",
    Some("/spec/size is 3, expected 4")
)]
fn conditions(#[case] condition: &str, #[case] expected: Option<&str>) {
    let conditions = format!("    groupResource: deployments.apps\n    {condition}");
    assert_eq!(mismatch(&conditions, &web()).as_deref(), expected);
}

#[test]
fn namespaces_say_nothing_about_objects_of_the_cluster() {
    let volume = object("persistentvolumes", json!({"metadata": {"name": "x"}}));
    assert_eq!(
        mismatch(
            "    groupResource: persistentvolumes\n    namespaces: [shop]",
            &volume
        ),
        None
    );
}

#[rstest]
#[case::operation("- {operation: replace, path: /a, value: '12'}", json!({"op": "replace", "path": "/a", "value": 12}))]
#[case::number("- {operation: add, path: /a, value: 2.99792458123456}", json!({"op": "add", "path": "/a", "value": 2.99792458123456}))]
#[case::octal("- {operation: add, path: /a, value: 0777}", json!({"op": "add", "path": "/a", "value": 511}))]
#[case::truth("- {operation: add, path: /a, value: yes}", json!({"op": "add", "path": "/a", "value": true}))]
#[case::mapping("- {operation: add, path: /a, value: {b: [1, null]}}", json!({"op": "add", "path": "/a", "value": {"b": [1, null]}}))]
#[case::null("- {operation: add, path: /a, value: null}", json!({"op": "add", "path": "/a", "value": ""}))]
#[case::nothing("- {operation: test, path: /a}", json!({"op": "test", "path": "/a", "value": ""}))]
#[case::json_null("- {operation: add, path: /a, value: 'null'}", json!({"op": "add", "path": "/a", "value": null}))]
#[case::moving("- {operation: move, path: /a, from: /b}", json!({"op": "move", "path": "/a", "from": "/b"}))]
#[case::case_of_names("- {Operation: Remove, PATH: /a}", json!({"op": "remove", "path": "/a"}))]
#[case::escapes("- {operation: remove, path: '/a\\u0041'}", json!({"op": "remove", "path": "/aA"}))]
fn operations(#[case] patches: &str, #[case] expected: Value) {
    let rules = Rules::parse(&with_rule(&format!("  patches:\n  {patches}"))).unwrap();
    assert_eq!(rules.rules[0].patches.config, json!({"patches": [expected]}));
}

#[rstest]
#[case::yaml("mergePatches", "{patchData: \"metadata:\\n  labels: {a: n}\"}", json!({"metadata": {"labels": {"a": false}}}))]
#[case::json("strategicPatches", "{patchData: '{\"a\": null}'}", json!({"a": null}))]
#[case::mapping("mergePatches", "{patchData: {a: {b: c}}}", json!({"a": {"b": "c"}}))]
fn patch_data(#[case] field: &str, #[case] patch: &str, #[case] expected: Value) {
    let rules = Rules::parse(&with_rule(&format!("  {field}:\n  - {patch}"))).unwrap();
    assert_eq!(rules.rules[0].patches.config, json!({"patches": [expected]}));
}

#[test]
fn a_rule_may_call_a_plugin() {
    let rules = Rules::parse(&with_rule("  plugin: {name: blue-green, config: {color: blue}}")).unwrap();
    let patches = &rules.rules[0].patches;
    assert_eq!((patches.plugin.as_str(), patches.built_in), ("blue-green", false));
    assert_eq!(patches.config, json!({"color": "blue"}));
}

fn problems(text: &str) -> Vec<String> {
    Rules::parse(text)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[rstest]
#[case::no_version("resourceModifierRules: []", &[
    "line 1: version: version is missing; expected 'v1'",
    "line 1: resourceModifierRules: there are no rules; expected at least one",
])]
#[case::not_yaml("a: b:", &["line 1: mapping values are not allowed in this context; check the indentation, and quote a text that contains ': '"])]
#[case::no_mapping("[]", &["line 1: expected a mapping with version, resourceModifierRules, found a list"])]
#[case::unknown_field("version: v1\nresourceModifierRule: []", &[
    "line 1: resourceModifierRules: there are no rules; expected at least one",
    "line 2: unknown field 'resourceModifierRule'; did you mean 'resourceModifierRules'?",
])]
fn a_document_that_is_none(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(problems(text), expected);
}

#[rstest]
#[case::no_patches(
    "",
    "line 3: resourceModifierRules[0]: has no patches; expected patches, mergePatches, strategicPatches or plugin"
)]
#[case::two_kinds(
    "  patches: [{operation: remove, path: /a}]\n  mergePatches: [{patchData: '{}'}]",
    "line 3: resourceModifierRules[0]: only one kind of patch can be in a rule, found patches, mergePatches; make a rule of each"
)]
#[case::operation(
    "  patches:\n  - {operation: remove, path: /a}\n  - {operation: erase, path: /a}",
    "line 6: resourceModifierRules[0].patches[1].operation: unsupported operation 'erase'; expected one of add, remove, replace, move, copy, test"
)]
#[case::path(
    "  patches:\n  - {operation: remove, path: spec}",
    "line 5: resourceModifierRules[0].patches[0].path: 'spec' leads nowhere; did you mean '/spec'?"
)]
#[case::from(
    "  patches:\n  - {operation: copy, path: /a}",
    "line 5: resourceModifierRules[0].patches[0].from: from cannot be empty; expected one such as /spec/replicas"
)]
#[case::patch_data_that_is_a_list(
    "  mergePatches:\n  - patchData: '[]'",
    "line 5: resourceModifierRules[0].mergePatches[0].patchData: expected the members of an object, found a list"
)]
#[case::patch_data_that_is_nothing(
    "  strategicPatches:\n  - patchData: ''",
    "line 5: resourceModifierRules[0].strategicPatches[0].patchData: expected the members of an object, found nothing"
)]
#[case::patch_data_missing(
    "  mergePatches:\n  - {}",
    "line 5: resourceModifierRules[0].mergePatches[0].patchData: patchData is missing: expected a patch in YAML or JSON"
)]
#[case::plugin_without_name(
    "  plugin: {config: {}}",
    "line 4: resourceModifierRules[0].plugin.name: the name of the plugin is missing"
)]
fn a_rule_that_is_refused(#[case] rule: &str, #[case] expected: &str) {
    assert_eq!(problems(&with_rule(rule)), [expected]);
}

#[rstest]
#[case::no_type("    namespaces: []", "groupResource: groupResource cannot be empty")]
#[case::pattern("    groupResource: 'a['", "groupResource: 'a['")]
#[case::namespace("    groupResource: a\n    namespaces: [b, 'a[']", "namespaces[1]: 'a['")]
#[case::expression(
    "    groupResource: a\n    resourceNameRegex: '('",
    "resourceNameRegex: '(' is no regular expression"
)]
#[case::operator(
    "    groupResource: a\n    labelSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}",
    "labelSelector: "
)]
#[case::path(
    "    groupResource: a\n    matches: [{value: x}]",
    "matches[0].path: path cannot be empty"
)]
fn conditions_that_are_refused(#[case] conditions: &str, #[case] expected: &str) {
    let problems = problems(&with_conditions(conditions));
    assert_eq!(problems.len(), 1, "{problems:?}");
    let (_, field) = problems[0]
        .split_once("resourceModifierRules[0].conditions.")
        .unwrap();
    assert!(field.starts_with(expected), "{field}");
}

#[test]
fn all_problems_are_told_in_the_order_of_the_text() {
    let text = "version: v2\nresourceModifierRules:\n- conditions: {}\n  patches:\n  - {operation: add, path: ''}\n- {}\n";
    let problems = Rules::parse(text).unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "version",
            "resourceModifierRules[0].conditions.groupResource",
            "resourceModifierRules[0].patches[0].path",
            "resourceModifierRules[1].conditions",
            "resourceModifierRules[1]",
        ]
    );
    assert_eq!(
        (problems[2].rule, problems[2].patch, problems[2].line),
        (Some(0), Some(0), 5)
    );
}

#[rstest]
#[case::null("value: null", "value", "nothing stands here")]
#[case::missing("", "value", "nothing stands here")]
#[case::unused("value: x, from: /b", "from", "has no effect on 'add'")]
fn an_author_is_warned(#[case] members: &str, #[case] field: &str, #[case] message: &str) {
    let rules = Rules::parse(&with_rule(&format!(
        "  patches:\n  - {{operation: add, path: /a, {members}}}"
    )))
    .unwrap();
    let [warning] = rules.warnings.as_slice() else {
        panic!("{:?}", rules.warnings)
    };
    assert_eq!(
        warning.field,
        format!("resourceModifierRules[0].patches[0].{field}")
    );
    assert!(warning.message.starts_with(message), "{}", warning.message);
}

#[test]
fn a_path_without_leading_slash_is_a_warning() {
    let rules = Rules::parse(&with_rule("  patches:\n  - {operation: remove, path: spec/a}")).unwrap();
    assert_eq!(rules.warnings.len(), 1);
}

#[test]
fn a_document_comes_in_a_config_map() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  any.name: |\n    version: V1\n    resourceModifierRules:\n    - conditions: {groupResource: pods}\n      patches:\n      - {operation: remove, path: ''}\n";
    assert_eq!(problems(text).len(), 1);
    assert!(
        problems(text)[0].starts_with("line 10: resourceModifierRules[0].patches[0].path: "),
        "{:?}",
        problems(text)
    );
    assert_eq!(Rules::parse(&text.replace("''", "/spec")).unwrap().rules.len(), 1);
}

#[rstest]
#[case::none("data: {}", "found none")]
#[case::missing("metadata: {name: x}", "found none")]
#[case::two("data: {a: '', b: ''}", "found a, b")]
fn a_config_map_has_one_key(#[case] data: &str, #[case] expected: &str) {
    let problems = problems(&format!("kind: ConfigMap\n{data}"));
    assert!(problems[0].ends_with(expected), "{problems:?}");
}

/// A document that is right, to be made wrong.
const DOCUMENT: &str = r#"version: v1
resourceModifierRules:
- conditions:
    groupResource: "{pods,*.apps}"
    namespaces: [a, "b*"]
    resourceNameRegex: "^x[0-9]+$"
    labelSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d]}]}
    matches: [{path: /spec/list/-1, value: "[1, 2]"}]
  patches:
  - {operation: add, path: /metadata/labels/e~1f, value: "say \"hi\""}
- conditions: {groupResource: "**"}
  strategicPatches:
  - patchData: |
      spec: {$setElementOrder/containers: [{name: a}]}
"#;

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = Rules::parse(&text);
    }

    #[test]
    fn a_damaged_document_is_read_or_refused(at in 0..DOCUMENT.len(), length in 0usize..8, put in "[-a-z0-9:{}\\[\\],'\"~/*|\n ]{0,6}") {
        let end = (at + length).min(DOCUMENT.len());
        let damaged = format!("{}{put}{}", &DOCUMENT[..at], &DOCUMENT[end..]);
        if let Ok(rules) = Rules::parse(&damaged) {
            for rule in &rules.rules {
                let _ = rule.conditions.explain(&web());
            }
        }
    }
}
