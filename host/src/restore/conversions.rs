//! API versions that a cluster no longer serves, and how an object of such a version is written in one that it does.
//!
//! Only what is certain is converted: where a later version has the same fields with the same meaning, and where
//! Kubernetes itself has converted one into the other without a choice. Sources: the deprecation guide of Kubernetes
//! (1.16 to 1.32) and the conversion functions of the types.

use serde_json::{Map, Value, json};

/// From one version to another.
struct Conversion {
    /// `apiVersion` and kinds that are converted.
    from: &'static str,
    kinds: &'static [&'static str],
    /// `apiVersion` that they get.
    to: &'static str,
    /// What else changes. False: this object cannot be converted with certainty.
    change: fn(&mut Value) -> bool,
}

const CONVERSIONS: &[Conversion] = &[
    same("batch/v1beta1", &["CronJob"], "batch/v1"),
    same(
        "autoscaling/v2beta2",
        &["HorizontalPodAutoscaler"],
        "autoscaling/v2",
    ),
    same(
        "rbac.authorization.k8s.io/v1beta1",
        &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        "rbac.authorization.k8s.io/v1",
    ),
    same(
        "storage.k8s.io/v1beta1",
        &["StorageClass", "CSIDriver", "CSIStorageCapacity"],
        "storage.k8s.io/v1",
    ),
    same(
        "scheduling.k8s.io/v1beta1",
        &["PriorityClass"],
        "scheduling.k8s.io/v1",
    ),
    same(
        "coordination.k8s.io/v1beta1",
        &["Lease"],
        "coordination.k8s.io/v1",
    ),
    same("node.k8s.io/v1beta1", &["RuntimeClass"], "node.k8s.io/v1"),
    same(
        "networking.k8s.io/v1beta1",
        &["IngressClass"],
        "networking.k8s.io/v1",
    ),
    same(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        &["FlowSchema"],
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    same(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        &["FlowSchema"],
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    same(
        "apps/v1beta2",
        &[
            "Deployment",
            "DaemonSet",
            "StatefulSet",
            "ReplicaSet",
            "ControllerRevision",
        ],
        "apps/v1",
    ),
    same("extensions/v1beta1", &["NetworkPolicy"], "networking.k8s.io/v1"),
    Conversion {
        from: "policy/v1beta1",
        kinds: &["PodDisruptionBudget"],
        to: "policy/v1",
        change: selects_something,
    },
    Conversion {
        from: "networking.k8s.io/v1beta1",
        kinds: &["Ingress"],
        to: "networking.k8s.io/v1",
        change: ingress,
    },
    Conversion {
        from: "extensions/v1beta1",
        kinds: &["Ingress"],
        to: "networking.k8s.io/v1",
        change: ingress,
    },
];

const fn same(from: &'static str, kinds: &'static [&'static str], to: &'static str) -> Conversion {
    Conversion {
        from,
        kinds,
        to,
        change: |_| true,
    }
}

/// Write `object` in a version that is `served`, if that is certain, and return its former `apiVersion`. Otherwise it is
/// left as it is.
pub(super) fn convert(object: &mut Value, served: impl Fn(&str) -> bool) -> Option<String> {
    let text = |member| object.get(member).and_then(Value::as_str);
    let (api_version, kind) = (text("apiVersion")?.to_owned(), text("kind")?.to_owned());
    let conversion = CONVERSIONS.iter().find(|conversion| {
        conversion.from == api_version && conversion.kinds.contains(&kind.as_str()) && served(conversion.to)
    })?;
    let mut converted = object.clone();
    if !(conversion.change)(&mut converted) {
        return None;
    }
    converted
        .as_object_mut()?
        .insert("apiVersion".to_owned(), conversion.to.into());
    *object = converted;
    Some(api_version)
}

/// An empty selector selected no pod in `v1beta1`, and selects all in `v1`.
fn selects_something(budget: &mut Value) -> bool {
    let selector = budget.pointer("/spec/selector").and_then(Value::as_object);
    selector.is_some_and(|selector| !selector.is_empty())
}

/// Backends name their service and port in an object of its own, and each path says how it is matched: what was not
/// said left it to the implementation.
fn ingress(ingress: &mut Value) -> bool {
    let Some(spec) = ingress.pointer_mut("/spec").and_then(Value::as_object_mut) else {
        return true;
    };
    if let Some(backend) = spec.shift_remove("backend") {
        let Some(backend) = ingress_backend(&backend) else {
            return false;
        };
        spec.insert("defaultBackend".to_owned(), backend);
    }
    let rules = spec.get_mut("rules").and_then(Value::as_array_mut);
    let mut paths = rules
        .into_iter()
        .flatten()
        .filter_map(|rule| rule.pointer_mut("/http/paths")?.as_array_mut())
        .flatten();
    paths.all(|path| path.as_object_mut().is_some_and(ingress_path))
}

fn ingress_path(path: &mut Map<String, Value>) -> bool {
    path.entry("pathType")
        .or_insert_with(|| json!("ImplementationSpecific"));
    let backend = path.get("backend").and_then(ingress_backend);
    let is_known = backend.is_some();
    path.extend(backend.map(|backend| ("backend".to_owned(), backend)));
    is_known
}

fn ingress_backend(backend: &Value) -> Option<Value> {
    if backend.get("resource").is_some() {
        return Some(backend.clone());
    }
    let name = backend.get("serviceName")?.as_str()?;
    let port = match backend.get("servicePort")? {
        Value::Number(number) => json!({"number": number}),
        Value::String(name) => json!({"name": name}),
        _ => return None,
    };
    Some(json!({"service": {"name": name, "port": port}}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::same_fields(
        json!({"apiVersion": "batch/v1beta1", "kind": "CronJob", "spec": {"schedule": "@daily"}}),
        Some(json!({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"schedule": "@daily"}}))
    )]
    #[case::selects(
        json!({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "spec": {"selector": {"matchLabels": {"a": "b"}}}}),
        Some(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"selector": {"matchLabels": {"a": "b"}}}}))
    )]
    #[case::another_meaning(
        json!({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "spec": {"selector": {}}}),
        None
    )]
    #[case::ingress(
        json!({"apiVersion": "extensions/v1beta1", "kind": "Ingress", "spec": {
            "backend": {"serviceName": "all", "servicePort": "http"},
            "rules": [
                {"host": "a", "http": {"paths": [
                    {"path": "/x", "backend": {"serviceName": "web", "servicePort": 80}},
                    {"path": "/y", "pathType": "Prefix", "backend": {"resource": {"kind": "Bucket", "name": "b"}}},
                ]}},
                {"host": "b"},
            ],
        }}),
        Some(json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {
            "rules": [
                {"host": "a", "http": {"paths": [
                    {"path": "/x", "pathType": "ImplementationSpecific", "backend": {"service": {"name": "web", "port": {"number": 80}}}},
                    {"path": "/y", "pathType": "Prefix", "backend": {"resource": {"kind": "Bucket", "name": "b"}}},
                ]}},
                {"host": "b"},
            ],
            "defaultBackend": {"service": {"name": "all", "port": {"name": "http"}}},
        }}))
    )]
    #[case::an_odd_ingress(
        json!({"apiVersion": "extensions/v1beta1", "kind": "Ingress", "spec": {"backend": {"servicePort": 80}}}),
        None
    )]
    #[case::unknown(json!({"apiVersion": "autoscaling/v2beta1", "kind": "HorizontalPodAutoscaler"}), None)]
    #[case::another_kind(json!({"apiVersion": "batch/v1beta1", "kind": "Job"}), None)]
    fn what_is_certain_is_converted(#[case] object: Value, #[case] expected: Option<Value>) {
        let mut converted = object.clone();
        let former = convert(&mut converted, |_| true);
        assert_eq!(former.is_some(), expected.is_some());
        assert_eq!(converted, expected.unwrap_or(object));
    }

    #[test]
    fn nothing_is_converted_to_what_is_not_served() {
        let mut object = json!({"apiVersion": "batch/v1beta1", "kind": "CronJob"});
        assert_eq!(convert(&mut object, |to| to != "batch/v1"), None);
    }
}
