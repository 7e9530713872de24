//! What the controller may do. What is backed up it reads with the rights of others.

use super::{Installation, NAME, metadata};
use serde_json::{Value, json};

/// Name of the role that allows acting as service accounts.
const TOKENS: &str = "lazarette-controller-tokens";

pub(super) fn rights(of: &Installation) -> Vec<Value> {
    let namespace = Some(of.namespace.as_str());
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(NAME, namespace)});
    let mut all = vec![
        account,
        role("ClusterRole", NAME, None, &of_resources()),
        binding(of, "ClusterRole", NAME, None),
        role("Role", NAME, namespace, &of_own_namespace()),
        binding(of, "Role", NAME, namespace),
        role("ClusterRole", TOKENS, None, &of_tokens()),
    ];
    match of.namespaces.as_slice() {
        [] => all.push(binding(of, "ClusterRole", TOKENS, None)),
        some => all.extend(
            some.iter()
                .map(|one| binding(of, "ClusterRole", TOKENS, Some(one))),
        ),
    }
    all
}

fn of_resources() -> Value {
    let group = ["lazarette.dev"];
    let asked = [
        "backuplocations",
        "backuppolicies",
        "backupinstances",
        "backups",
        "restores",
    ];
    let status = asked.map(|resource| format!("{resource}/status"));
    json!([
        {"apiGroups": group, "resources": asked, "verbs": ["get", "list", "watch"]},
        {"apiGroups": group, "resources": status, "verbs": ["patch"]},
        {"apiGroups": group, "resources": ["backups"], "verbs": ["create"]},
        // The owner of a Backup that a schedule made is its instance.
        {"apiGroups": group, "resources": ["backupinstances/finalizers"], "verbs": ["update"]},
        {"apiGroups": group, "resources": ["recoverypoints"], "verbs": ["get", "list", "watch", "create", "patch", "delete"]},
        // Its uid tells clusters apart.
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]},
    ])
}

fn of_own_namespace() -> Value {
    json!([
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    ])
}

fn of_tokens() -> Value {
    json!([{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}])
}

fn role(kind: &str, name: &str, namespace: Option<&str>, rules: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata(name, namespace),
        "rules": rules,
    })
}

/// The binding of a role to the controller: in one namespace, or in all.
fn binding(of: &Installation, role: &str, name: &str, namespace: Option<&str>) -> Value {
    let kind = match namespace {
        Some(_) => "RoleBinding",
        None => "ClusterRoleBinding",
    };
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata(name, namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": of.namespace}],
    })
}
