//! The examples of the documentation of AKS Backup, word for word.

use super::modify;
use lazarette::modify::Rules;
use rstest::rstest;
use serde_json::{Value, json};

const FIRST: &str = include_str!("documented/first.yaml");
const ADD: &str = include_str!("documented/add.yaml");
const REMOVE: &str = include_str!("documented/remove.yaml");
const REPLACE: &str = include_str!("documented/replace.yaml");
const COPY: &str = include_str!("documented/copy.yaml");
const TEST: &str = include_str!("documented/test.yaml");
const JSON_PATCH: &str = include_str!("documented/json_patch.yaml");
const MERGE_PATCH: &str = include_str!("documented/merge_patch.yaml");
const STRATEGIC_MERGE_PATCH: &str = include_str!("documented/strategic_merge_patch.yaml");

fn claim(namespace: &str, name: &str, class: &str, labels: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"storageClassName": class},
    })
}

fn deployment(namespace: &str, name: &str, labels: Value, replicas: u32, containers: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}},
    })
}

fn pod(namespace: &str, name: &str, containers: Value) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}})
}

/// What a rule for claims makes of one with both labels, and that other claims stay as they are.
#[rstest]
#[case::first(FIRST, "premium", json!({"foo": "bar"}))]
#[case::remove(REMOVE, "standard", json!({"foo": "bar"}))]
#[case::replace(REPLACE, "premium", json!({"foo": "bar", "test": "1"}))]
fn claims_of_mysql(#[case] document: &str, #[case] class: &str, #[case] labels: Value) {
    let both = json!({"foo": "bar", "test": "1"});
    for namespace in ["bar", "foo"] {
        let (object, problems) = modify(
            document,
            "persistentvolumeclaims",
            claim(namespace, "mysql-0", "standard", both.clone()),
        )
        .unwrap();
        assert_eq!(
            (object, problems),
            (claim(namespace, "mysql-0", class, labels.clone()), vec![])
        );
    }
    for other in [
        claim("other", "mysql-0", "standard", both.clone()),
        claim("bar", "a-mysql", "standard", both),
        claim("bar", "mysql-0", "standard", json!({"foo": "baz", "test": "1"})),
    ] {
        assert_eq!(
            modify(document, "persistentvolumeclaims", other.clone()),
            Ok((other, vec![]))
        );
    }
}

#[rstest]
#[case::add(ADD, json!([{"name": "nginx", "image": "nginx:1.14.2", "ports": [{"containerPort": 80}]}, {"name": "a"}, {"name": "b"}]))]
#[case::copy(COPY, json!([{"name": "a"}, {"name": "a"}, {"name": "b"}]))]
fn containers_of_a_deployment(#[case] document: &str, #[case] containers: Value) {
    let before = deployment(
        "foo",
        "test-1",
        json!({}),
        1,
        json!([{"name": "a"}, {"name": "b"}]),
    );
    let after = deployment("foo", "test-1", json!({}), 1, containers);
    assert_eq!(modify(document, "deployments.apps", before), Ok((after, vec![])));
}

#[rstest]
#[case::as_tested("premium", "standard")]
#[case::another("gold", "gold")]
fn a_test_decides(#[case] class: &str, #[case] expected: &str) {
    let before = claim("bar", "data", class, json!({}));
    let after = claim("bar", "data", expected, json!({}));
    assert_eq!(
        modify(TEST, "persistentvolumeclaims", before),
        Ok((after, vec![]))
    );
}

/// The list of namespaces in this example is indented less than the key that it belongs to, which no reader of YAML
/// takes, Velero's neither. The message must lead to that line.
#[test]
fn a_json_patch() {
    let problems = Rules::parse(JSON_PATCH).unwrap_err();
    assert_eq!((problems.len(), problems[0].line), (1, 7), "{problems:?}");

    let corrected = JSON_PATCH.replace("   - ", "    - ");
    for namespace in ["default", "nginx"] {
        let before = deployment(namespace, "nginxdep-1", json!({}), 2, json!([]));
        let after = deployment(namespace, "nginxdep-1", json!({}), 12, json!([]));
        assert_eq!(
            modify(&corrected, "deployments.apps", before),
            Ok((after, vec![]))
        );
    }
}

#[test]
fn a_merge_patch() {
    let before = deployment(
        "nginx",
        "nginxdep",
        json!({"app": "nginx", "tier": "web"}),
        2,
        json!([]),
    );
    let after = deployment(
        "nginx",
        "nginxdep",
        json!({"app": "nginx1", "tier": "web"}),
        2,
        json!([]),
    );
    assert_eq!(
        modify(MERGE_PATCH, "deployments.apps", before),
        Ok((after, vec![]))
    );
}

#[test]
fn a_strategic_merge_patch() {
    let containers = |image: &str| json!([{"name": "mesh", "image": "mesh:7"}, {"name": "nginx", "image": image, "tty": true}]);
    let before = pod("default", "nginx-1", containers("nginx:1.14"));
    let after = pod(
        "default",
        "nginx-1",
        containers("mcr.microsoft.com/cbl-mariner/base/nginx:1.22"),
    );
    assert_eq!(modify(STRATEGIC_MERGE_PATCH, "pods", before), Ok((after, vec![])));
}
