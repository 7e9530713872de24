//! The kinds that have lists with a merge key, each with a smallest object that the server takes.

use super::random::{Dialect, List, fill, fill_patch, map, none, one_in};
use lazarette_tests::counts::Chance;
use serde_json::{Value, json};

/// A kind.
pub struct Kind {
    /// As in a rule.
    pub group_resource: &'static str,
    /// Where its objects are.
    pub path: String,
    /// What names of its objects begin with.
    pub name_prefix: &'static str,
    /// A random object, without its metadata.
    pub object: Box<dyn Fn(&mut Chance) -> Value>,
    /// A random patch, without that of its metadata.
    pub patch: Box<dyn Fn(Dialect, &mut Chance) -> Value>,
}

/// All of them.
pub fn all() -> Vec<Kind> {
    let mut kinds = vec![
        with_pods("pods", "/api/v1", "Pod", "", json!({})),
        with_pods("podtemplates", "/api/v1", "PodTemplate", "/template", json!({})),
        with_pods(
            "replicationcontrollers",
            "/api/v1",
            "ReplicationController",
            "/spec/template",
            json!({
                "spec": {"replicas": 1, "selector": {"app": "web"}},
            }),
        ),
        with_pods(
            "jobs.batch",
            "/apis/batch/v1",
            "Job",
            "/spec/template",
            json!({"spec": {"suspend": true}}),
        ),
        with_pods(
            "cronjobs.batch",
            "/apis/batch/v1",
            "CronJob",
            "/spec/jobTemplate/spec/template",
            json!({
                "spec": {"schedule": "0 0 * * *", "jobTemplate": {}},
            }),
        ),
    ];
    let selector = json!({"matchLabels": {"app": "web"}});
    for (group_resource, kind) in [
        ("deployments.apps", "Deployment"),
        ("replicasets.apps", "ReplicaSet"),
        ("daemonsets.apps", "DaemonSet"),
        ("statefulsets.apps", "StatefulSet"),
    ] {
        let base = json!({"spec": {"selector": selector}});
        kinds.push(with_pods(
            group_resource,
            "/apis/apps/v1",
            kind,
            "/spec/template",
            base,
        ));
    }
    kinds.extend([
        with_lists(
            "configmaps",
            "/api/v1/namespaces/default",
            "ConfigMap",
            "",
            none,
            json!({"data": {"a": "1"}}),
        ),
        with_lists(
            "services",
            "/api/v1/namespaces/default",
            "Service",
            "/spec",
            service_ports,
            json!({
                "spec": {"clusterIP": "None", "selector": {"app": "web"}},
            }),
        ),
        with_lists(
            "serviceaccounts",
            "/api/v1/namespaces/default",
            "ServiceAccount",
            "",
            secrets,
            json!({}),
        ),
        with_lists(
            "csinodes.storage.k8s.io",
            "/apis/storage.k8s.io/v1",
            "CSINode",
            "/spec",
            drivers,
            json!({
                "spec": {"drivers": []},
            }),
        ),
    ]);
    let admission = "/apis/admissionregistration.k8s.io/v1";
    let resources = json!({"resourceRules": [{
        "apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["things"],
    }]});
    kinds.extend([
        with_lists(
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
            admission, "ValidatingWebhookConfiguration", "", webhooks, json!({}),
        ),
        with_lists(
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            admission, "MutatingWebhookConfiguration", "", webhooks, json!({}),
        ),
        with_lists(
            "validatingadmissionpolicies.admissionregistration.k8s.io",
            admission, "ValidatingAdmissionPolicy", "/spec", policy_lists,
            json!({"spec": {"matchConstraints": resources, "validations": [{"expression": "true"}]}}),
        ),
        with_lists(
            "mutatingadmissionpolicies.admissionregistration.k8s.io",
            admission, "MutatingAdmissionPolicy", "/spec", || vec![match_conditions()],
            json!({"spec": {
                "matchConstraints": resources, "reinvocationPolicy": "Never",
                "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}],
            }}),
        ),
    ]);
    kinds
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

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|&text| json!(text)).collect()
}

fn pod_lists() -> Vec<List> {
    vec![
        List {
            name: "containers",
            key: "name",
            keys: texts(&["a", "b", "c", "d"]),
            element: container,
            inner: container_lists,
        },
        List {
            name: "initContainers",
            key: "name",
            keys: texts(&["x", "y"]),
            element: container,
            inner: container_lists,
        },
        List {
            name: "hostAliases",
            key: "ip",
            keys: texts(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
            element: |chance, _| json!({"hostnames": [chance.choose(&["one", "two"])]}),
            inner: none,
        },
        List {
            name: "imagePullSecrets",
            key: "name",
            keys: texts(&["p", "q", "r"]),
            element: |_, _| json!({}),
            inner: none,
        },
        List {
            name: "topologySpreadConstraints",
            key: "topologyKey",
            keys: texts(&["zone", "region", "host"]),
            element: |chance, _| json!({"maxSkew": chance.below(3) + 1, "whenUnsatisfiable": "ScheduleAnyway"}),
            inner: none,
        },
        List {
            name: "resourceClaims",
            key: "name",
            keys: texts(&["one", "two"]),
            element: |chance, _| json!({"resourceClaimName": chance.choose(&["g", "h"])}),
            inner: none,
        },
    ]
}

fn container(chance: &mut Chance, name: &Value) -> Value {
    let image = format!("{}:{}", name.as_str().unwrap_or_default(), chance.below(3));
    json!({
        "image": image, "args": [chance.choose(&["fast", "slow"]), "-v"], "workingDir": chance.choose(&["/", "/tmp"]),
        "resources": {"requests": {"cpu": format!("{}m", chance.below(9) + 1)}},
    })
}

fn container_lists() -> Vec<List> {
    vec![
        List {
            name: "env",
            key: "name",
            keys: texts(&["A", "B", "C", "D"]),
            element: |chance, _| json!({"value": chance.below(5).to_string()}),
            inner: none,
        },
        List {
            name: "ports",
            key: "containerPort",
            keys: vec![json!(80), json!(81), json!(82)],
            element: |chance, key| json!({"name": format!("p{key}"), "protocol": chance.choose(&["TCP", "UDP"])}),
            inner: none,
        },
        List {
            name: "volumeMounts",
            key: "mountPath",
            keys: texts(&["/v", "/w"]),
            element: |chance, _| json!({"name": chance.choose(&["v", "w"]), "readOnly": one_in(chance, 2)}),
            inner: none,
        },
    ]
}

fn service_ports() -> Vec<List> {
    vec![List {
        name: "ports",
        key: "port",
        keys: vec![json!(80), json!(81), json!(82), json!(83)],
        element: |chance, key| json!({"name": format!("p{key}"), "targetPort": chance.below(3) + 8000, "protocol": "TCP"}),
        inner: none,
    }]
}

fn secrets() -> Vec<List> {
    vec![List {
        name: "secrets",
        key: "name",
        keys: texts(&["s", "t", "u"]),
        element: |_, _| json!({}),
        inner: none,
    }]
}

fn drivers() -> Vec<List> {
    vec![List {
        name: "drivers",
        key: "name",
        keys: texts(&["a.example.com", "b.example.com", "c.example.com"]),
        element: |_, _| json!({"nodeID": "node", "topologyKeys": ["zone"]}),
        inner: none,
    }]
}

fn webhooks() -> Vec<List> {
    vec![List {
        name: "webhooks",
        key: "name",
        keys: texts(&["a.example.com", "b.example.com", "c.example.com"]),
        // Without rules it is never called.
        element: |chance, _| {
            json!({
                "clientConfig": {"url": "https://127.0.0.1:1/"}, "sideEffects": "None",
                "admissionReviewVersions": ["v1"], "timeoutSeconds": chance.below(9) + 1,
            })
        },
        inner: || vec![match_conditions()],
    }]
}

fn policy_lists() -> Vec<List> {
    let variables = List {
        name: "variables",
        key: "name",
        keys: texts(&["a", "b", "c"]),
        element: expression,
        inner: none,
    };
    vec![match_conditions(), variables]
}

fn match_conditions() -> List {
    List {
        name: "matchConditions",
        key: "name",
        keys: texts(&["m", "n", "o"]),
        element: expression,
        inner: none,
    }
}

fn expression(chance: &mut Chance, _: &Value) -> Value {
    json!({"expression": chance.choose(&["true", "1 == 1"])})
}
