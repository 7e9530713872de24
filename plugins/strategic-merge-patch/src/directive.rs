//! Directives: members of a patch that say what is to be done, and are no fields.

use lazarette_sdk::pointer::member;
use lazarette_sdk::{Error, Value};
use serde_json::Map;

/// `replace`: this takes the place of what is there. `delete`: what is there goes. `merge`: the usual way.
pub const PATCH: &str = "$patch";
/// The only members that what is there keeps.
pub const RETAIN_KEYS: &str = "$retainKeys";
/// Before the name of a list: the order of its elements.
pub const ELEMENT_ORDER: &str = "$setElementOrder/";
/// Before the name of a list of plain values: those that go.
pub const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";

/// What `$patch` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Merge, as without a directive.
    Merge,
    /// Replace what is there.
    Replace,
    /// Delete what is there.
    Delete,
}

/// What `$patch` says in `patch`.
pub fn directive(patch: &Map<String, Value>) -> Directive {
    match patch.get(PATCH).and_then(Value::as_str) {
        Some("replace") => Directive::Replace,
        Some("delete") => Directive::Delete,
        _ => Directive::Merge,
    }
}

/// Whether there are directives in `patch` itself, so that it is more than a merge patch.
pub fn has_directives(patch: &Map<String, Value>) -> bool {
    patch.keys().any(|name| {
        name == PATCH
            || name == RETAIN_KEYS
            || name.starts_with(ELEMENT_ORDER)
            || name.starts_with(DELETE_FROM_LIST)
    })
}

/// Refuse directives with values that say nothing, at `pointer` and below.
pub fn check_members(patch: &Map<String, Value>, pointer: &str) -> Result<(), Error> {
    for (name, value) in patch {
        let pointer = member(pointer, name);
        let expected = match name.as_str() {
            PATCH => (!matches!(value.as_str(), Some("merge" | "replace" | "delete")))
                .then_some("expected 'replace', 'delete' or 'merge'"),
            RETAIN_KEYS => (!is_list_of(value, Value::is_string)).then_some("expected a list of names"),
            _ if name.starts_with(ELEMENT_ORDER) => (!value.is_array()).then_some("expected a list"),
            _ if name.starts_with(DELETE_FROM_LIST) => {
                (!is_list_of(value, is_plain_value)).then_some("expected a list of plain values")
            }
            _ => None,
        };
        if let Some(expected) = expected {
            return Err(Error::invalid_config(expected, pointer));
        }
        check(value, &pointer)?;
    }
    Ok(())
}

fn check(value: &Value, pointer: &str) -> Result<(), Error> {
    match value {
        Value::Object(members) => check_members(members, pointer),
        Value::Array(elements) => {
            let mut elements = elements.iter().enumerate();
            elements.try_for_each(|(index, element)| check(element, &format!("{pointer}/{index}")))
        }
        _ => Ok(()),
    }
}

fn is_list_of(value: &Value, is_one: fn(&Value) -> bool) -> bool {
    value
        .as_array()
        .is_some_and(|elements| elements.iter().all(is_one))
}

fn is_plain_value(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// What a part of a patch leaves where there is nothing that it could be merged into: without nulls, and without the
/// parts that have a `$patch`. None where it is such a part itself.
pub fn as_new(patch: &Value) -> Option<Value> {
    match patch {
        Value::Object(members) if members.contains_key(PATCH) => None,
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            let kept = kept.filter_map(|(name, value)| Some((name.clone(), as_new(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(elements) => Some(Value::Array(elements.iter().filter_map(as_new).collect())),
        value => Some(value.clone()),
    }
}
