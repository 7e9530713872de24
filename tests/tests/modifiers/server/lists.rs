//! Lists with a merge key, with what their elements are made of.

use super::random::{List, none, one_in};
use lazarette_tests::counts::Chance;
use serde_json::{Value, json};

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|&text| json!(text)).collect()
}

/// Of a Pod.
pub fn pod_lists() -> Vec<List> {
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

/// Of a Service.
pub fn service_ports() -> Vec<List> {
    vec![List {
        name: "ports",
        key: "port",
        keys: vec![json!(80), json!(81), json!(82), json!(83)],
        element: |chance, key| json!({"name": format!("p{key}"), "targetPort": chance.below(3) + 8000, "protocol": "TCP"}),
        inner: none,
    }]
}

/// Of a ServiceAccount.
pub fn secrets() -> Vec<List> {
    vec![List {
        name: "secrets",
        key: "name",
        keys: texts(&["s", "t", "u"]),
        element: |_, _| json!({}),
        inner: none,
    }]
}

/// Of a CSINode.
pub fn drivers() -> Vec<List> {
    vec![List {
        name: "drivers",
        key: "name",
        keys: texts(&["a.example.com", "b.example.com", "c.example.com"]),
        element: |_, _| json!({"nodeID": "node", "topologyKeys": ["zone"]}),
        inner: none,
    }]
}

/// Of the configurations of webhooks.
pub fn webhooks() -> Vec<List> {
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

/// Of a ValidatingAdmissionPolicy.
pub fn policy_lists() -> Vec<List> {
    let variables = List {
        name: "variables",
        key: "name",
        keys: texts(&["a", "b", "c"]),
        element: expression,
        inner: none,
    };
    vec![match_conditions(), variables]
}

/// Of all policies and webhooks.
pub fn match_conditions() -> List {
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
