//! What a server asks of the metadata of every object.

use crate::object::{ObjectKey, ResourceType};
use serde_json::{Map, Value};

/// What an object says that it is: `apiVersion` and `kind`, empty where it does not say.
pub(super) fn type_of(object: &Value) -> (&str, &str) {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    (text("apiVersion"), text("kind"))
}

/// The namespace of an object that names none.
const DEFAULT_NAMESPACE: &str = "default";

/// Check the metadata of `object`, put it into the namespace where a server would put it, and return its namespace and
/// name; or say what is wrong.
pub(super) fn admit(of: &ResourceType, object: &mut Value) -> Result<ObjectKey, String> {
    let metadata = match object.get_mut("metadata") {
        Some(Value::Object(metadata)) => metadata,
        None | Some(Value::Null) => return Err(format!("the {} has no metadata; add its name", of.kind)),
        Some(_) => return Err(format!("metadata of the {} must be a mapping", of.kind)),
    };
    let name = read_name(of, metadata)?;
    check_texts("labels", metadata)?;
    check_texts("annotations", metadata)?;
    if !of.namespaced {
        metadata.shift_remove("namespace");
        return Ok(ObjectKey::new(None, &name));
    }
    let namespace = match metadata.get("namespace") {
        None | Some(Value::Null) => DEFAULT_NAMESPACE.to_owned(),
        Some(Value::String(namespace)) if namespace.is_empty() => DEFAULT_NAMESPACE.to_owned(),
        Some(Value::String(namespace)) => namespace.clone(),
        Some(other) => {
            return Err(format!(
                "metadata.namespace must be a text, found {other}; quote it"
            ));
        }
    };
    check_namespace(&namespace)?;
    metadata.insert("namespace".to_owned(), Value::from(namespace.as_str()));
    Ok(ObjectKey::new(Some(&namespace), &name))
}

fn read_name(of: &ResourceType, metadata: &Map<String, Value>) -> Result<String, String> {
    let name = match metadata.get("name") {
        Some(Value::String(name)) if !name.is_empty() => name,
        None | Some(Value::Null | Value::String(_)) if metadata.contains_key("generateName") => {
            return Err(format!(
                "the {} has only a generateName, and no server gives it a name here; add one",
                of.kind
            ));
        }
        None | Some(Value::Null | Value::String(_)) => {
            return Err(format!("the {} has no metadata.name; add it", of.kind));
        }
        Some(other) => return Err(format!("metadata.name must be a text, found {other}; quote it")),
    };
    // What a server accepts as a segment of a path, whatever the kind.
    if matches!(name.as_str(), "." | "..") || name.contains(['/', '%', '\0']) || name.len() > 253 {
        return Err(format!(
            "'{name}' is not a name: expected at most 253 characters without '/' and '%'"
        ));
    }
    if of.resource.is("", "namespaces") {
        check_namespace(name)?;
    }
    Ok(name.clone())
}

fn check_namespace(name: &str) -> Result<(), String> {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let legal = name.chars().all(|c| alphanumeric(c) || c == '-');
    if legal && name.len() <= 63 && name.starts_with(alphanumeric) && name.ends_with(alphanumeric) {
        return Ok(());
    }
    Err(format!(
        "'{name}' is not the name of a namespace: expected at most 63 lower-case letters, digits and '-'"
    ))
}

/// Check that the mapping `field` holds texts only.
fn check_texts(field: &str, metadata: &Map<String, Value>) -> Result<(), String> {
    let entries = match metadata.get(field) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(entries)) => entries,
        Some(other) => {
            return Err(format!(
                "metadata.{field} must be a mapping, not {}",
                kind_of(other)
            ));
        }
    };
    match entries.iter().find(|(_, value)| !value.is_string()) {
        None => Ok(()),
        Some((key, value)) => Err(format!(
            "metadata.{field}: the value of '{key}' is {}, not a text; quote it",
            kind_of(value)
        )),
    }
}

/// What `value` is. Not the value itself: a rule may have brought it here from a Secret.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::built_in_type;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("Pod", json!({"name": "a"}), (Some("default"), "a"), json!({"name": "a", "namespace": "default"}))]
    #[case("Pod", json!({"namespace": "", "name": "a"}), (Some("default"), "a"), json!({"namespace": "default", "name": "a"}))]
    #[case("Pod", json!({"name": "a", "namespace": "b"}), (Some("b"), "a"), json!({"name": "a", "namespace": "b"}))]
    #[case("ClusterRole", json!({"namespace": "b", "name": "system:a"}), (None, "system:a"), json!({"name": "system:a"}))]
    #[case("Pod", json!({"name": "a", "labels": null}), (Some("default"), "a"), json!({"name": "a", "labels": null, "namespace": "default"}))]
    fn an_object_is_where_a_server_would_put_it(
        #[case] kind: &str,
        #[case] metadata: Value,
        #[case] key: (Option<&str>, &str),
        #[case] expected: Value,
    ) {
        let mut object = json!({"metadata": metadata});
        let (namespace, name) = key;
        assert_eq!(
            admit(&built_in_type(kind), &mut object),
            Ok(ObjectKey::new(namespace, name))
        );
        assert_eq!(
            object["metadata"].to_string(),
            expected.to_string(),
            "the order of keys stays"
        );
    }

    #[rstest]
    #[case("Pod", json!(null), "has no metadata")]
    #[case("Pod", json!([]), "must be a mapping")]
    #[case("Pod", json!({}), "no metadata.name")]
    #[case("Pod", json!({"name": ""}), "no metadata.name")]
    #[case("Pod", json!({"name": 1}), "quote it")]
    #[case("Pod", json!({"generateName": "a-"}), "generateName")]
    #[case("Pod", json!({"name": "../a"}), "not a name")]
    #[case("Pod", json!({"name": ".."}), "not a name")]
    #[case("Pod", json!({"name": "a", "namespace": "_cluster"}), "not the name of a namespace")]
    #[case("Pod", json!({"name": "a", "namespace": ".."}), "not the name of a namespace")]
    #[case("Pod", json!({"name": "a", "namespace": true}), "quote it")]
    #[case("Pod", json!({"name": "a", "labels": {"b": 1}}), "the value of 'b' is a number, not a text")]
    #[case("Pod", json!({"name": "a", "annotations": []}), "metadata.annotations must be a mapping")]
    #[case("Namespace", json!({"name": "A"}), "not the name of a namespace")]
    fn wrong_metadata_says_what_is_wrong(#[case] kind: &str, #[case] metadata: Value, #[case] message: &str) {
        let error = admit(&built_in_type(kind), &mut json!({"metadata": metadata})).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}
