//! What an operation needs, what is missing, and how it is granted.

use super::*;
use crate::object::{ClusterScope, ResourceType, yaml};
use crate::restore::{ConflictPolicies, ConflictPolicy};
use crate::store::LocalStore;
use rstest::rstest;

fn of(resource: &str, namespaced: bool) -> ResourceType {
    ResourceType {
        resource: resource.parse().unwrap(),
        version: "v1".to_owned(),
        kind: "Kind".to_owned(),
        namespaced,
    }
}

fn types() -> Vec<ResourceType> {
    [
        ("configmaps", true),
        ("namespaces", false),
        ("secrets", true),
        ("nodes.example.com", false),
    ]
    .map(|(resource, namespaced)| of(resource, namespaced))
    .into()
}

fn texts(rights: &[Right]) -> Vec<String> {
    rights.iter().map(ToString::to_string).collect()
}

#[rstest]
#[case::all(&[], &[], ClusterScope::Auto, &["list configmaps", "list namespaces", "list secrets", "list nodes.example.com"])]
#[case::a_pattern(&["a*"], &[], ClusterScope::Never, &["list configmaps", "list namespaces", "list secrets"])]
#[case::named(
    &["a", "b"], &["secrets"], ClusterScope::Auto,
    &["list namespaces", "list configmaps in namespace a", "list configmaps in namespace b"]
)]
fn a_backup_lists_what_it_takes(
    #[case] namespaces: &[&str],
    #[case] excluded: &[&str],
    #[case] scope: ClusterScope,
    #[case] expected: &[&str],
) {
    let filter = FilterSpec {
        include_namespaces: namespaces.iter().map(|&name| name.to_owned()).collect(),
        exclude_resources: excluded.iter().map(|&name| name.to_owned()).collect(),
        include_cluster_resources: scope,
        ..FilterSpec::default()
    };
    assert_eq!(texts(&needs::of_backup(&filter, &types()).unwrap()), expected);
}

fn right(namespace: Option<&str>, resource: &str, verb: &'static str) -> Right {
    Right {
        namespace: namespace.map(str::to_owned),
        resource: resource.parse().unwrap(),
        verb,
    }
}

/// What `roles` gives for the rights of the test below.
const ROLES: &str = r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: lazarette-backup
rules:
- apiGroups:
  - ""
  resources:
  - configmaps
  - secrets
  verbs:
  - list
- apiGroups:
  - apps
  resources:
  - deployments
  verbs:
  - list
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: lazarette-backup
subjects:
- kind: ServiceAccount
  namespace: tools
  name: backup
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: lazarette-backup
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: lazarette-backup
  namespace: shop
rules:
- apiGroups:
  - ""
  resources:
  - configmaps
  verbs:
  - create
  - get
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: lazarette-backup
  namespace: shop
subjects:
- kind: ServiceAccount
  namespace: tools
  name: backup
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: lazarette-backup
"#;

#[test]
fn roles_grant_just_what_is_missing_and_can_be_applied() {
    let rights = [
        right(None, "configmaps", "list"),
        right(None, "secrets", "list"),
        right(None, "deployments.apps", "list"),
        right(Some("shop"), "configmaps", "get"),
        right(Some("shop"), "configmaps", "create"),
    ];
    let account = Subject::of_user("system:serviceaccount:tools:backup");
    let text: Vec<String> = roles(&rights, &account, "lazarette-backup")
        .iter()
        .map(yaml::write)
        .collect();
    assert_eq!(text.join("---\n"), ROLES);
    let user = Subject::User {
        name: "ada".to_owned(),
    };
    assert_eq!(Subject::of_user("ada"), user);
    assert_eq!(roles(&[], &user, "x"), Vec::<serde_json::Value>::new());
}

#[test]
fn rights_in_a_namespace_that_is_not_there_are_granted_in_all() {
    let rights = vec![
        right(Some("old"), "secrets", "get"),
        right(Some("new"), "secrets", "get"),
    ];
    let existing = BTreeSet::from(["old".to_owned()]);
    let grantable = where_they_can_be_granted(rights, &existing);
    assert_eq!(texts(&grantable), ["get secrets", "get secrets in namespace old"]);
}

#[tokio::test]
async fn a_store_is_tried_and_what_lies_around_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().join("store").to_str().unwrap()).unwrap();
    let diagnosis = check_store(&store).await;
    assert_eq!(diagnosis.outcome(), Outcome::Completed);
    assert_eq!(diagnosis.checks.len(), 1, "{diagnosis:?}");

    let (left, damaged) = ("left".parse().unwrap(), "backups/damaged/lazarette-manifest.json");
    drop(crate::archive::HeldClaim::take(&store, &left).await.unwrap());
    store.put_if_absent(damaged, "?".into()).await.unwrap();
    store
        .put_if_absent("backups/damaged/damaged.tar.gz", "?".into())
        .await
        .unwrap();
    let checks = check_store(&store).await.checks;
    let messages: Vec<&str> = checks.iter().map(|check| check.message.as_str()).collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages[0].ends_with("takes files and removes them"));
    assert!(messages[1].starts_with("a backup cannot be used: backups/damaged/lazarette-manifest.json"));
    assert!(messages[2].starts_with("backup left was not finished"));
    assert_eq!(
        store.list("").await.unwrap().len(),
        3,
        "nothing stays of the check"
    );

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let unusable = check_store(&LocalStore::new(file.to_str().unwrap()).unwrap()).await;
    assert_eq!(unusable.outcome(), Outcome::Failed);
}

#[test]
fn only_patches_update() {
    let needs = RestoreNeeds {
        conflict_policies: ConflictPolicies::from(ConflictPolicy::Patch),
        ..RestoreNeeds::default()
    };
    assert!(needs.verbs(&of("secrets", true)).any(|verb| verb == "update"));
    assert!(
        RestoreNeeds::default()
            .verbs(&of("secrets", true))
            .all(|verb| verb != "update")
    );
}
