//! Which pods a hook is for.

use super::*;
use rstest::rstest;

#[rstest]
#[case::all(json!({}), true)]
#[case::included(json!({"includedNamespaces": ["shop"]}), true)]
#[case::not_included(json!({"includedNamespaces": ["bank"]}), false)]
#[case::pattern(json!({"includedNamespaces": ["sh*"]}), true)]
#[case::every(json!({"includedNamespaces": ["*"]}), true)]
#[case::excluded(json!({"excludedNamespaces": ["shop"]}), false)]
#[case::excluded_wins(json!({"includedNamespaces": ["shop"], "excludedNamespaces": ["s*"]}), false)]
#[case::label(json!({"labelSelector": {"matchLabels": {"app": "db"}}}), true)]
#[case::other_label(json!({"labelSelector": {"matchLabels": {"app": "web"}}}), false)]
#[case::expression(
    json!({"labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "x"]}]}}), true
)]
fn a_hook_is_for_pods_of_namespaces_and_labels(#[case] selection: Value, #[case] fits: bool) {
    let mut entry = json!({"name": "a", "preHooks": [{"exec": {"command": ["sync"]}}]});
    merge(&mut entry, selection);
    let resource = json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1",
        "kind": "BackupHook",
        "spec": {"backupHook": [entry]},
    });
    let hooks = Hook::of_resource(resource, "it").unwrap();
    let pod = pod("db-0", json!({"metadata": {"labels": {"app": "db"}}}));
    assert_eq!(hooks[0].selection.fits(&pod), fits);
}
