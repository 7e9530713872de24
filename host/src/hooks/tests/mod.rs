mod annotations;
mod documents;
mod notes;
mod selection;
mod waits;

use super::*;
use crate::object::{GroupResource, Object, ResourceType};
use serde_json::{Value, json};

/// A pod of the namespace `shop` with these fields.
fn pod(name: &str, fields: Value) -> Object {
    let mut json =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"}});
    merge(&mut json, fields);
    let of = ResourceType {
        resource: GroupResource::new("", "pods"),
        version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespaced: true,
    };
    Object::new(&of, json).unwrap()
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
