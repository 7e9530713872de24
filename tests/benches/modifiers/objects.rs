//! Objects such as a backup holds.

use lazarette::object::{GroupResource, Object, ResourceType};
use serde_json::{Value, json};

/// The label by which the rules select objects.
pub const SELECTED: &str = "example.com/restore";

/// Its value on objects that the rules change.
pub const CHANGE: &str = "change";

/// Its value on objects that no rule matches.
pub const KEEP: &str = "keep";

/// Group, resource and kind of the objects.
pub const TYPES: [(&str, &str, &str); 5] = [
    ("", "configmaps", "ConfigMap"),
    ("", "secrets", "Secret"),
    ("", "services", "Service"),
    ("apps", "deployments", "Deployment"),
    ("example.com", "widgets", "Widget"),
];

/// `count` objects of all types, `times` 1 to 20 KB each, in the order of a backup: type after type.
pub fn objects(count: usize, times: usize, restore: &str) -> Vec<Object> {
    let of_each = count / TYPES.len();
    let of_type =
        |of| (0..of_each).map(move |number| object(of, number, (1 + number % 20) * 1_000 * times, restore));
    TYPES.into_iter().flat_map(of_type).collect()
}

fn object((group, resource, kind): (&str, &str, &str), number: usize, bytes: usize, restore: &str) -> Object {
    let of = ResourceType {
        resource: GroupResource::new(group, resource),
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespaced: true,
    };
    let mut json = body(kind, bytes);
    json["apiVersion"] = json!(of.resource.api_version("v1"));
    json["kind"] = json!(kind);
    json["metadata"] = json!({
        "name": format!("web-{number}"),
        "namespace": format!("team-{}", number % 10),
        "labels": {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop", SELECTED: restore},
        "annotations": {"example.com/owner": "the team that runs the shop"},
    });
    Object::new(&of, json).expect("an object")
}

/// About `bytes` of what objects of a kind hold.
fn body(kind: &str, bytes: usize) -> Value {
    let named = |entry: fn(usize) -> Value| -> Value {
        let entries = entries(bytes, entry);
        let name = |(number, entry)| (format!("part-{number}"), entry);
        Value::Object(entries.into_iter().enumerate().map(name).collect())
    };
    match kind {
        "ConfigMap" => json!({"data": named(|number| json!(format!("server.port={number}\n").repeat(20)))}),
        "Secret" => json!({"type": "Opaque", "data": named(|_| json!("c2VjcmV0".repeat(60)))}),
        "Service" => {
            json!({"spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": entries(bytes, |number| {
                json!({"name": format!("port-{number}"), "port": number, "targetPort": "http", "protocol": "TCP"})
            })}})
        }
        "Deployment" => json!({"spec": {"replicas": 3, "template": {"spec": {"containers": [{
            "name": "web", "image": "registry.example.com/web:1", "env": entries(bytes, |number| {
                json!({"name": format!("SETTING_{number}"), "value": format!("the value of setting number {number}")})
            }),
        }]}}}}),
        _ => json!({"spec": {"mode": "automatic", "steps": entries(bytes, |number| {
            json!({"id": number, "run": "convert --in a --out b", "after": [number / 2, number / 3], "when": {"ready": true}})
        })}}),
    }
}

/// As many entries as make about `bytes` of JSON.
fn entries(bytes: usize, entry: fn(usize) -> Value) -> Vec<Value> {
    (0..=bytes / entry(100).to_string().len()).map(entry).collect()
}
