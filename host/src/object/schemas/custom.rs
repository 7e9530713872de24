//! The kinds of a CustomResourceDefinition.

use super::table::{Field, Table, TypeId};
use serde_json::Value;

/// How deep a schema is followed: deeper than objects may be nested, so a schema that is deeper is hostile.
const MAX_DEPTH: usize = 120;

/// What the CustomResourceDefinition `definition` says about lists.
pub(super) fn table(definition: &Value) -> Table {
    let mut table = Table::default();
    let text = |pointer| {
        definition
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    for version in versions.into_iter().flatten() {
        let Some(name) = version.get("name").and_then(Value::as_str) else {
            continue;
        };
        let of = table.add_type();
        if let Some(schema) = version.pointer("/schema/openAPIV3Schema") {
            add_fields(&mut table, of, schema, 0);
        }
        table.add_kind(group, name, kind, of);
    }
    table.finish()
}

fn add_fields(table: &mut Table, of: TypeId, schema: &Value, depth: usize) {
    if depth >= MAX_DEPTH {
        return;
    }
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let inner = table.add_type();
        let collected = property
            .get("items")
            .or_else(|| property.get("additionalProperties"));
        add_fields(table, inner, collected.unwrap_or(property), depth + 1);
        let list_keys = list_keys(property);
        let leads_on = !table.is_plain(inner);
        if list_keys.is_some() || leads_on {
            let inner = leads_on.then_some(inner);
            let field = Field {
                is_collection: collected.is_some(),
                of: inner,
                list_keys,
                ..Field::default()
            };
            table.add_field(of, name, field);
        }
    }
}

/// What identifies the elements of a list; empty for a set; none where it is replaced as a whole.
fn list_keys(property: &Value) -> Option<Vec<String>> {
    match property.get("x-kubernetes-list-type").and_then(Value::as_str)? {
        "set" => Some(Vec::new()),
        "map" => {
            let keys = property.get("x-kubernetes-list-map-keys")?.as_array()?;
            Some(keys.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        _ => None,
    }
}
