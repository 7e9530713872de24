//! Objects from texts that do not say which resource type they are of.

use super::{GroupResource, Object, ObjectId, ResourceTypes};
use serde_json::Value;

/// The object that `json` is. Its type is looked up in `types`; that of a custom resource without a definition is what
/// its kind is called in the plural. An error says what it lacks.
pub fn guess_object(json: Value, types: &ResourceTypes) -> Result<Object, &'static str> {
    let text = |pointer: &str| {
        json.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (api_version, kind) = (text("/apiVersion"), text("/kind"));
    if api_version.is_empty() || kind.is_empty() {
        return Err("this is no object of Kubernetes: it lacks apiVersion or kind");
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let resource = match types.of_kind(&api_version, &kind) {
        Some(of) => of.resource.clone(),
        None => GroupResource::new(group, plural(&kind)),
    };
    let id = ObjectId {
        resource,
        namespace: Some(text("/metadata/namespace")).filter(|namespace| !namespace.is_empty()),
        name: text("/metadata/name"),
    };
    Ok(Object {
        id,
        version: version.to_owned(),
        kind,
        json,
    })
}

/// The resource that is most likely meant by a kind, as Kubernetes itself guesses it.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}
