//! The kinds that have lists with a merge key, each with a smallest object that the server takes.

use super::lists::{drivers, match_conditions, pod_lists, policy_lists, secrets, service_ports, webhooks};
use super::random::{Dialect, List, fill, fill_patch, map, none, one_in};
use lazarette_tests::counts::Chance;
use serde_json::{Value, json};

/// Makes a random object.
type MakeObject = Box<dyn Fn(&mut Chance) -> Value>;

/// Makes a random patch.
type MakePatch = Box<dyn Fn(Dialect, &mut Chance) -> Value>;

/// A kind.
pub struct Kind {
    /// As in a rule.
    pub group_resource: &'static str,
    /// Where its objects are.
    pub path: String,
    /// What names of its objects begin with.
    pub name_prefix: &'static str,
    /// A random object, without its metadata.
    pub object: MakeObject,
    /// A random patch, without that of its metadata.
    pub patch: MakePatch,
}

/// All of them.
pub fn all() -> Vec<Kind> {
    let kinds = core_workloads().into_iter().chain(workloads());
    kinds.chain(with_few_lists()).chain(admission()).collect()
}

fn core_workloads() -> Vec<Kind> {
    let (core, batch) = ("/api/v1", "/apis/batch/v1");
    let controller = json!({"spec": {"replicas": 1, "selector": {"app": "web"}}});
    let cron_job = json!({"spec": {"schedule": "0 0 * * *", "jobTemplate": {}}});
    let job = json!({"spec": {"suspend": true}});
    let template = "/spec/template";
    vec![
        with_pods("pods", core, "Pod", "", json!({})),
        with_pods("podtemplates", core, "PodTemplate", "/template", json!({})),
        with_pods(
            "replicationcontrollers",
            core,
            "ReplicationController",
            template,
            controller,
        ),
        with_pods("jobs.batch", batch, "Job", template, job),
        with_pods(
            "cronjobs.batch",
            batch,
            "CronJob",
            "/spec/jobTemplate/spec/template",
            cron_job,
        ),
    ]
}

fn workloads() -> impl Iterator<Item = Kind> {
    let kinds = [
        ("deployments.apps", "Deployment"),
        ("replicasets.apps", "ReplicaSet"),
        ("daemonsets.apps", "DaemonSet"),
        ("statefulsets.apps", "StatefulSet"),
    ];
    kinds.into_iter().map(|(group_resource, kind)| {
        let base = json!({"spec": {"selector": {"matchLabels": {"app": "web"}}}});
        with_pods(group_resource, "/apis/apps/v1", kind, "/spec/template", base)
    })
}

fn with_few_lists() -> Vec<Kind> {
    let core = "/api/v1/namespaces/default";
    let settings = json!({"data": {"a": "1"}});
    let service = json!({"spec": {"clusterIP": "None", "selector": {"app": "web"}}});
    let node = json!({"spec": {"drivers": []}});
    let storage = "/apis/storage.k8s.io/v1";
    vec![
        with_lists("configmaps", core, "ConfigMap", "", none, settings),
        with_lists("services", core, "Service", "/spec", service_ports, service),
        with_lists("serviceaccounts", core, "ServiceAccount", "", secrets, json!({})),
        with_lists(
            "csinodes.storage.k8s.io",
            storage,
            "CSINode",
            "/spec",
            drivers,
            node,
        ),
    ]
}

fn admission() -> Vec<Kind> {
    let resources = json!({"resourceRules": [{
        "apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["things"],
    }]});
    let validating =
        json!({"spec": {"matchConstraints": resources, "validations": [{"expression": "true"}]}});
    let mutation =
        json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}});
    let mutating = json!({"spec": {
        "matchConstraints": resources, "reinvocationPolicy": "Never", "mutations": [mutation],
    }});
    let kind = |group_resource, kind, pointer, lists, base| {
        with_lists(
            group_resource,
            "/apis/admissionregistration.k8s.io/v1",
            kind,
            pointer,
            lists,
            base,
        )
    };
    vec![
        kind(
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration",
            "",
            webhooks as fn() -> Vec<List>,
            json!({}),
        ),
        kind(
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            "MutatingWebhookConfiguration",
            "",
            webhooks,
            json!({}),
        ),
        kind(
            "validatingadmissionpolicies.admissionregistration.k8s.io",
            "ValidatingAdmissionPolicy",
            "/spec",
            policy_lists,
            validating,
        ),
        kind(
            "mutatingadmissionpolicies.admissionregistration.k8s.io",
            "MutatingAdmissionPolicy",
            "/spec",
            || vec![match_conditions()],
            mutating,
        ),
    ]
}

/// A kind with `lists` in what is at `pointer` of the object `base`.
fn with_lists(
    group_resource: &'static str,
    path: &str,
    kind: &'static str,
    pointer: &'static str,
    lists: fn() -> Vec<List>,
    base: Value,
) -> Kind {
    let resource = group_resource.split('.').next().unwrap_or_default();
    let of = (api_version(path), kind);
    let filled = base.clone();
    Kind {
        group_resource,
        path: format!("{path}/{resource}"),
        name_prefix: "patched",
        object: Box::new(move |chance| {
            let mut object = identified(&filled, &of);
            fill(object.pointer_mut(pointer).expect("a place"), &lists(), chance);
            object
        }),
        patch: Box::new(move |dialect, chance| {
            let mut part = json!({});
            fill_patch(&mut part, &lists(), dialect, chance);
            at(pointer, part)
        }),
    }
}

/// A kind with a Pod, or the template of one, at `pointer` of the object `base`.
fn with_pods(
    group_resource: &'static str,
    path: &str,
    kind: &'static str,
    pointer: &'static str,
    base: Value,
) -> Kind {
    let resource = group_resource.split('.').next().unwrap_or_default();
    let of = (api_version(path), kind);
    Kind {
        group_resource,
        path: format!("{path}/namespaces/default/{resource}"),
        name_prefix: "patched",
        object: Box::new(move |chance| {
            let mut object = identified(&base, &of);
            merge(&mut object, at(pointer, pod(chance, of.1)));
            object
        }),
        patch: Box::new(move |dialect, chance| {
            let is_fixed = matches!(kind, "Pod" | "Job");
            let patch = if is_fixed && !one_in(chance, 4) {
                small_patch(kind, chance)
            } else {
                pod_patch(dialect, chance)
            };
            let mut patch = at(pointer, patch);
            if kind == "Deployment" && one_in(chance, 3) {
                patch["spec"]["strategy"] = strategy(dialect, chance);
            }
            patch
        }),
    }
}

fn api_version(path: &str) -> String {
    let path = path.split("/namespaces").next().unwrap_or_default();
    path.trim_start_matches("/apis/")
        .trim_start_matches("/api/")
        .to_owned()
}

fn identified(base: &Value, (api_version, kind): &(String, &str)) -> Value {
    let mut object = base.clone();
    merge(
        &mut object,
        json!({"apiVersion": api_version, "kind": kind, "metadata": {}}),
    );
    object
}

/// `value` as what is at `pointer` of an object with nothing else.
fn at(pointer: &str, value: Value) -> Value {
    let segments = pointer.rsplit('/').filter(|segment| !segment.is_empty());
    segments.fold(value, |value, segment| json!({segment: value}))
}

fn merge(object: &mut Value, part: Value) {
    json_patch::merge(object, &part);
}

fn pod(chance: &mut Chance, kind: &str) -> Value {
    let restart = if matches!(kind, "Job" | "CronJob") {
        "Never"
    } else {
        "Always"
    };
    let mut spec = json!({
        "restartPolicy": restart, "nodeSelector": map(None, chance), "securityContext": {"fsGroup": chance.below(9)},
        "tolerations": [{"key": "a", "operator": "Exists"}],
    });
    fill(&mut spec, &pod_lists(), chance);
    // What must be there: a container, and the volumes that containers mount.
    let containers = spec["containers"].as_array_mut().expect("a list");
    if !containers.iter().any(|container| container["name"] == "a") {
        containers.push(json!({"name": "a", "image": "a:1"}));
    }
    spec["volumes"] = json!([{"name": "v", "emptyDir": {}}, {"name": "w", "configMap": {"name": "w"}}]);
    let labels = json!({"labels": {"app": "web"}});
    if kind == "Pod" {
        return json!({"spec": spec});
    }
    json!({"metadata": labels, "spec": spec})
}

fn pod_patch(dialect: Dialect, chance: &mut Chance) -> Value {
    let mut spec = json!({});
    fill_patch(&mut spec, &pod_lists(), dialect, chance);
    if one_in(chance, 3) {
        spec["nodeSelector"] = map(Some(dialect), chance);
    }
    if one_in(chance, 4) {
        spec["securityContext"] = json!({"fsGroup": null, "runAsUser": chance.below(9)});
    }
    if one_in(chance, 4) {
        spec["tolerations"] = json!([{"key": "b", "operator": "Exists"}]);
    }
    if dialect == Dialect::Strategic && one_in(chance, 6) {
        spec["volumes"] = json!([{"name": "w", "emptyDir": {}, "$retainKeys": ["name", "emptyDir"]}]);
    }
    json!({"spec": spec})
}

/// A patch of what may be changed in a Pod; nothing of a Job's.
fn small_patch(kind: &str, chance: &mut Chance) -> Value {
    match kind {
        "Pod" => json!({"spec": {"containers": [{"name": "a", "image": format!("a:{}", chance.below(9))}]}}),
        _ => json!({}),
    }
}

/// A Deployment's strategy, whose parts exclude each other.
fn strategy(dialect: Dialect, chance: &mut Chance) -> Value {
    match dialect {
        Dialect::Strategic => json!({"$retainKeys": ["type"], "type": "Recreate"}),
        Dialect::Merge if one_in(chance, 2) => json!({"type": "Recreate", "rollingUpdate": null}),
        Dialect::Merge => json!({"rollingUpdate": {"maxSurge": chance.below(3) + 1}}),
    }
}
