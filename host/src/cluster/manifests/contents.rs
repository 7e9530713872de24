//! What a document of a manifest holds.

use serde_json::Value;

/// What a document holds.
#[derive(Debug, PartialEq)]
pub(super) enum Contents {
    /// Nothing: it is empty or has only comments.
    Blank,
    /// Something that is no object of a cluster, and why it is left out.
    Other(&'static str),
    /// An object.
    Object(Value),
    /// The items of a list.
    List(Vec<Value>),
}

/// Tell what `document` holds, or what is wrong with it.
pub(super) fn classify(document: Value) -> Result<Contents, String> {
    let fields = match &document {
        Value::Null => return Ok(Contents::Blank),
        Value::Object(fields) => fields,
        _ => {
            return Ok(Contents::Other(
                "it is no object of Kubernetes (no mapping with apiVersion and kind)",
            ));
        }
    };
    let text = |name: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    match (text("apiVersion"), text("kind")) {
        (None, None) => Ok(Contents::Other(
            "it is no object of Kubernetes (neither apiVersion nor kind)",
        )),
        (None, Some(kind)) => Err(format!("the {kind} has no apiVersion; add it")),
        (Some(version), None) => Err(format!("the object of the API {version} has no kind; add it")),
        (Some(version), Some(_)) if version.starts_with("kustomize.config.k8s.io/") => Ok(Contents::Other(
            "it is for kustomize; render it to have its objects",
        )),
        (Some(_), Some(kind)) if kind.ends_with("List") && items(&document).is_some() => unpack(document),
        _ => Ok(Contents::Object(document)),
    }
}

/// The items of a list, where `document` is one.
pub(super) fn items(document: &Value) -> Option<&Vec<Value>> {
    document.get("items").and_then(Value::as_array)
}

/// The objects in a list. In a list of one kind, such as a `DeploymentList`, the items need not repeat it.
fn unpack(mut list: Value) -> Result<Contents, String> {
    let inherited = |list: &Value| {
        let kind = list
            .get("kind")
            .and_then(Value::as_str)?
            .strip_suffix("List")
            .filter(|kind| !kind.is_empty())?;
        Some((list.get("apiVersion").cloned()?, Value::from(kind)))
    };
    let inherited = inherited(&list);
    let items = list.get_mut("items").map(Value::take);
    let Some(Value::Array(items)) = items else {
        return Ok(Contents::Blank);
    };
    let complete = |(position, mut item): (usize, Value)| {
        if let (Some((version, kind)), Some(fields)) = (&inherited, item.as_object_mut()) {
            for (name, value) in [("kind", kind), ("apiVersion", version)] {
                if !fields.contains_key(name) {
                    fields.shift_insert(0, name.to_owned(), value.clone());
                }
            }
        }
        match classify(item).map_err(|message| format!("item {} of the list: {message}", position + 1))? {
            Contents::Object(object) => Ok(object),
            _ => Err(format!(
                "item {} of the list is no object; correct or remove it",
                position + 1
            )),
        }
    };
    items
        .into_iter()
        .enumerate()
        .map(complete)
        .collect::<Result<_, _>>()
        .map(Contents::List)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::nothing(json!(null), Contents::Blank)]
    #[case::object(json!({"apiVersion": "v1", "kind": "Pod"}), Contents::Object(json!({"apiVersion": "v1", "kind": "Pod"})))]
    #[case::list(
        json!({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod"}]}),
        Contents::List(vec![json!({"apiVersion": "v1", "kind": "Pod"})])
    )]
    #[case::list_of_a_kind(
        json!({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {}}]}),
        Contents::List(vec![json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}})])
    )]
    #[case::kind_that_ends_like_a_list(
        json!({"apiVersion": "example.com/v1", "kind": "AllowList", "spec": {}}),
        Contents::Object(json!({"apiVersion": "example.com/v1", "kind": "AllowList", "spec": {}}))
    )]
    #[case::empty_list(json!({"apiVersion": "v1", "kind": "List", "items": []}), Contents::List(vec![]))]
    fn documents_are_told_apart(#[case] document: Value, #[case] expected: Contents) {
        assert_eq!(classify(document), Ok(expected));
    }

    #[rstest]
    #[case::values_of_a_chart(json!({"replicaCount": 1}))]
    #[case::patch_of_kustomize(json!([{"op": "add"}]))]
    #[case::text(json!("hello"))]
    #[case::kustomization(json!({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}))]
    fn what_is_no_object_is_left_out(#[case] document: Value) {
        assert!(matches!(classify(document), Ok(Contents::Other(_))));
    }

    #[rstest]
    #[case(json!({"kind": "Pod"}), "no apiVersion")]
    #[case(json!({"apiVersion": "v1"}), "no kind")]
    #[case(json!({"apiVersion": "v1", "kind": "List", "items": [{"kind": "Pod"}]}), "item 1 of the list: the Pod has no")]
    #[case(json!({"apiVersion": "v1", "kind": "List", "items": [7]}), "item 1 of the list is no object")]
    fn half_an_object_is_an_error(#[case] document: Value, #[case] message: &str) {
        assert!(classify(document).unwrap_err().contains(message));
    }
}
