//! Lists of resources, as `kubectl get -o yaml` prints them.

use super::{GROUP, VERSION, place};
use crate::hooks::HookError;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// A list. What it says of itself is the cluster's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct List {
    #[serde(rename = "apiVersion")]
    _api_version: IgnoredAny,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    #[serde(default, rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    items: Vec<Value>,
}

/// The resources in a document, each with what comes before the names of its fields: the document itself, or the items of
/// a list.
pub(super) fn resources(document: Value, place: &str) -> Result<Vec<(String, Value)>, HookError> {
    if !is_list(&document) {
        return Ok(vec![(String::new(), document)]);
    }
    let list: List = place::deserialize(document, place)?;
    let items = list.items.into_iter().enumerate();
    Ok(items
        .map(|(index, item)| (format!("items[{index}]"), item))
        .collect())
}

/// Whether a document is a `List` of anything, or one of the lists of the API of hooks.
fn is_list(document: &Value) -> bool {
    let text = |member| document.get(member).and_then(Value::as_str).unwrap_or_default();
    match text("kind") {
        "List" => text("apiVersion") == "v1",
        "BackupHookList" | "RestoreHookList" => text("apiVersion") == format!("{GROUP}/{VERSION}"),
        _ => false,
    }
}
