//! Controllers whose pods have hooks.

use crate::hooks::PreparedHook;
use crate::object::{GroupResource, LabelSelector, Object, ObjectId, ResourceType};
use serde_json::Value;
use std::sync::Arc;

/// A controller whose pods have hooks.
pub(super) struct Workload {
    /// Who it is in the cluster.
    pub target: ObjectId,
    /// Its type there.
    pub of: ResourceType,
    /// Itself, as it is restored.
    pub object: Object,
    /// The pods that it makes, as far as their template says.
    pub template: Object,
    /// Their hooks.
    pub hooks: Vec<Arc<PreparedHook>>,
}

/// The pods that `object` will make, as its template has them; none where it is no controller that is known here, or
/// makes none.
pub(crate) fn template(object: &Object) -> Option<Object> {
    let of = &object.id.resource;
    let is_known = match of.group.as_str() {
        "apps" => {
            ["deployments", "statefulsets", "daemonsets", "replicasets"].contains(&of.resource.as_str())
        }
        "batch" => of.resource == "jobs",
        "" => of.resource == "replicationcontrollers",
        _ => false,
    };
    let wanted = object.json.pointer("/spec/replicas").and_then(Value::as_u64);
    if !is_known || wanted == Some(0) || is_suspended(&object.json) {
        return None;
    }
    let template = object.json.pointer("/spec/template")?.clone();
    Some(Object {
        id: ObjectId {
            resource: GroupResource::new("", "pods"),
            namespace: object.id.namespace.clone(),
            name: object.id.name.clone(),
        },
        version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        json: template,
    })
}

/// Whether a controller takes `pod` for one of its own.
pub(super) fn adopts(workload: &Object, pod: &Object) -> bool {
    let selector = workload
        .json
        .pointer("/spec/selector")
        .cloned()
        .unwrap_or_default();
    // A replication controller has the labels themselves there.
    let structured = match selector.get("matchLabels").or(selector.get("matchExpressions")) {
        Some(_) => selector,
        None => serde_json::json!({ "matchLabels": selector }),
    };
    LabelSelector::from_json(&structured).is_ok_and(|selector| selector.matches(pod.labels()))
}

/// Whether the controller, as it is `live`, has made all pods that it is to make.
pub(super) fn has_made_all(live: &Value) -> bool {
    let number = |pointer| live.pointer(pointer).and_then(Value::as_u64);
    let generation = number("/metadata/generation");
    if generation.is_some()
        && number("/status/observedGeneration").is_some_and(|seen| Some(seen) < generation)
    {
        return false;
    }
    let kind = live.get("kind").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "DaemonSet" => {
            let wanted = number("/status/desiredNumberScheduled");
            number("/status/observedGeneration").is_some()
                && wanted <= number("/status/currentNumberScheduled")
        }
        "Job" => is_suspended(live) || is_over(live) || job_pods(live) >= job_wants(live),
        _ => number("/status/replicas").unwrap_or_default() >= number("/spec/replicas").unwrap_or(1),
    }
}

fn is_suspended(object: &Value) -> bool {
    object.pointer("/spec/suspend") == Some(&Value::Bool(true))
}

fn is_over(job: &Value) -> bool {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        let text = |member| condition.get(member).and_then(Value::as_str).unwrap_or_default();
        ["Complete", "Failed"].contains(&text("type")) && text("status") == "True"
    })
}

fn job_pods(job: &Value) -> u64 {
    let made = ["/status/active", "/status/succeeded", "/status/failed"];
    made.iter()
        .filter_map(|pointer| job.pointer(pointer)?.as_u64())
        .fold(0, u64::saturating_add)
}

fn job_wants(job: &Value) -> u64 {
    let number = |pointer| job.pointer(pointer).and_then(Value::as_u64);
    let parallelism = number("/spec/parallelism").unwrap_or(1);
    number("/spec/completions").map_or(parallelism, |completions| parallelism.min(completions))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::deployment(json!({"kind": "Deployment", "spec": {"replicas": 2}, "status": {"replicas": 2}}), true)]
    #[case::too_few(json!({"kind": "Deployment", "spec": {"replicas": 2}, "status": {"replicas": 1}}), false)]
    #[case::by_default_one(json!({"kind": "StatefulSet", "status": {"replicas": 1}}), true)]
    #[case::not_looked_at(json!({"kind": "StatefulSet"}), false)]
    #[case::an_old_look(
        json!({"kind": "Deployment", "metadata": {"generation": 2}, "status": {"replicas": 1, "observedGeneration": 1}}),
        false
    )]
    #[case::daemon_set(
        json!({"kind": "DaemonSet", "status": {"observedGeneration": 1, "desiredNumberScheduled": 3, "currentNumberScheduled": 3}}),
        true
    )]
    #[case::daemon_set_begun(
        json!({"kind": "DaemonSet", "status": {"observedGeneration": 1, "desiredNumberScheduled": 3, "currentNumberScheduled": 2}}),
        false
    )]
    #[case::daemon_set_not_looked_at(json!({"kind": "DaemonSet", "status": {"desiredNumberScheduled": 0}}), false)]
    #[case::job(json!({"kind": "Job", "spec": {"parallelism": 3, "completions": 2}, "status": {"active": 1, "failed": 1}}), true)]
    #[case::job_begun(json!({"kind": "Job", "spec": {"parallelism": 2}, "status": {"active": 1}}), false)]
    #[case::job_over(json!({"kind": "Job", "status": {"conditions": [{"type": "Failed", "status": "True"}]}}), true)]
    #[case::job_suspended(json!({"kind": "Job", "spec": {"suspend": true}}), true)]
    #[case::odd(json!({"kind": 7, "status": []}), false)]
    fn a_controller_has_made_its_pods(#[case] live: Value, #[case] expected: bool) {
        assert_eq!(has_made_all(&live), expected);
    }

    fn object(resource: &str, spec: Value) -> Object {
        let of = ResourceType {
            resource: resource.parse().unwrap(),
            version: "v1".into(),
            kind: "Any".into(),
            namespaced: true,
        };
        Object::new(
            &of,
            json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}),
        )
        .unwrap()
    }

    #[rstest]
    #[case::deployment("deployments.apps", json!({"template": {"spec": {}}}), true)]
    #[case::job("jobs.batch", json!({"template": {"spec": {}}}), true)]
    #[case::controller("replicationcontrollers", json!({"template": {"spec": {}}}), true)]
    #[case::no_pods("replicasets.apps", json!({"replicas": 0, "template": {"spec": {}}}), false)]
    #[case::suspended("jobs.batch", json!({"suspend": true, "template": {"spec": {}}}), false)]
    #[case::no_template("deployments.apps", json!({}), false)]
    #[case::unknown("widgets.example.com", json!({"template": {"spec": {}}}), false)]
    fn controllers_make_pods(#[case] resource: &str, #[case] spec: Value, #[case] expected: bool) {
        let pods = template(&object(resource, spec));
        assert_eq!(pods.is_some(), expected);
        assert!(pods.is_none_or(|pods| pods.id.namespace.as_deref() == Some("shop")));
    }

    #[rstest]
    #[case::labels(json!({"matchLabels": {"app": "web"}}), true)]
    #[case::others(json!({"matchLabels": {"app": "db"}}), false)]
    #[case::expressions(json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}), true)]
    #[case::plain(json!({"app": "web"}), true)]
    #[case::plain_others(json!({"app": "db"}), false)]
    fn pods_are_adopted(#[case] selector: Value, #[case] expected: bool) {
        let mut pod = object("pods", json!({}));
        pod.json["metadata"]["labels"] = json!({"app": "web"});
        assert_eq!(
            adopts(&object("deployments.apps", json!({"selector": selector})), &pod),
            expected
        );
    }
}
