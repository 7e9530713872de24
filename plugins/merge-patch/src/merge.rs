//! Merging as Velero does it.

use lazarette_sdk::pointer::member;
use lazarette_sdk::{Object, Value};
use serde_json::Map;

/// Whether a list in `patch` holds objects with nulls. They are RFC 7396's only where Velero prunes nothing.
pub fn has_nulls_in_lists(patch: &Value) -> bool {
    match patch {
        Value::Object(members) => members.values().any(has_nulls_in_lists),
        Value::Array(elements) => elements.iter().any(has_null_members),
        _ => false,
    }
}

fn has_null_members(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .values()
            .any(|member| member.is_null() || has_null_members(member)),
        Value::Array(elements) => elements.iter().any(has_null_members),
        _ => false,
    }
}

/// Merge `patch` into `target`. Nulls of what comes in the place of something else than an object are pruned, also from
/// the objects in lists.
pub fn merge(target: &mut Value, patch: &Map<String, Value>) {
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        match (target.get_mut(name), value) {
            (_, Value::Null) => drop(target.shift_remove(name)),
            (Some(current @ Value::Object(_)), Value::Object(patch)) => merge(current, patch),
            (Some(current @ Value::Object(_)), value) => *current = value.clone(),
            (_, value) => drop(target.insert(name.clone(), pruned(value))),
        }
    }
}

/// The JSON merge patch that does to what is at `pointer` of `object` what `patch` does by [`merge`].
pub fn as_merge_patch(object: &Object, patch: &Map<String, Value>, pointer: &str) -> Value {
    let lowered = |(name, value): (&String, &Value)| {
        let lowered = if has_nulls_in_lists(value) {
            member_as_merge_patch(object, value, &member(pointer, name))
        } else {
            value.clone()
        };
        (name.clone(), lowered)
    };
    Value::Object(patch.iter().map(lowered).collect())
}

fn member_as_merge_patch(object: &Object, value: &Value, pointer: &str) -> Value {
    match (object.type_of(pointer).as_deref(), value) {
        (Some("object"), Value::Object(patch)) => as_merge_patch(object, patch, pointer),
        (Some("object"), value) => value.clone(),
        _ => pruned(value),
    }
}

fn pruned(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, member)| !member.is_null());
            Value::Object(
                kept.map(|(name, member)| (name.clone(), pruned(member)))
                    .collect(),
            )
        }
        Value::Array(elements) => Value::Array(elements.iter().map(pruned).collect()),
        value => value.clone(),
    }
}
