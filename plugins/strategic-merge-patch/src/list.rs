//! Merging lists.

use crate::directive::{Directive, PATCH, as_new, directive};
use crate::merge;
use crate::order::{self, Identity};
use crate::schema::{ListStrategy, Schema};
use lazarette_sdk::{Error, Value};
use std::collections::HashSet;

/// Merge `patch`, if there is one, into the list `original`, if there is one, and put its elements into `order`. None: there
/// is no list.
pub fn ordered(
    original: Option<Value>,
    patch: Option<&Value>,
    order: &[Value],
    pointer: &str,
    schema: &Schema,
) -> Result<Option<Value>, Error> {
    let original = list_or_none(original, pointer)?;
    let patch = list_or_none(patch.cloned(), pointer)?;
    let identity = Identity::of(schema.list(pointer));
    order::check(patch.as_deref().unwrap_or_default(), order, &identity, pointer)?;
    let before = identity.positions(original.as_deref().unwrap_or_default(), pointer)?;
    let merged = match (original, patch) {
        (Some(original), Some(patch)) => values(original, &patch, pointer, schema)?,
        (Some(original), None) => original,
        (None, Some(patch)) => patch.iter().filter_map(as_new).collect(),
        (None, None) => return Ok(None),
    };
    Ok(Some(Value::Array(order::arrange(
        merged, order, &before, &identity, pointer,
    )?)))
}

/// Remove plain values from a list.
pub fn delete(list: &mut Vec<Value>, deleted: &[Value]) {
    let deleted: HashSet<String> = deleted.iter().map(Value::to_string).collect();
    list.retain(|value| !deleted.contains(&value.to_string()));
}

/// Merge the list `patch` into the list `original`.
pub fn values(
    original: Vec<Value>,
    patch: &[Value],
    pointer: &str,
    schema: &Schema,
) -> Result<Vec<Value>, Error> {
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let strategy = schema.list(pointer);
    if strategy == ListStrategy::Replace {
        return Ok(patch.to_vec());
    }
    check_types(&original, patch, pointer)?;
    let identity = Identity::of(strategy);
    if identity.is_keyed() {
        merge_objects(original, patch, pointer, &identity, schema)
    } else {
        let mut known: HashSet<String> = HashSet::new();
        let before = identity.positions(&original, pointer)?;
        let all = original.into_iter().chain(patch.iter().cloned());
        let each_once = all.filter(|value| known.insert(value.to_string())).collect();
        order::arrange(each_once, patch, &before, &identity, pointer)
    }
}

/// Merge lists of objects that have an identity.
fn merge_objects(
    original: Vec<Value>,
    patch: &[Value],
    pointer: &str,
    identity: &Identity,
    schema: &Schema,
) -> Result<Vec<Value>, Error> {
    let Sorted {
        elements,
        deleted,
        replaces,
    } = sort_out(patch, pointer, identity)?;
    if replaces {
        return Ok(elements);
    }
    let mut kept = original;
    kept.retain(|element| {
        !identity
            .known(element)
            .is_some_and(|identity| deleted.contains(&identity))
    });
    let mut positions = identity.positions(&kept, pointer)?;
    let before = kept.len();
    for element in &elements {
        let key = identity.key(element, pointer)?;
        let target = positions.get(&key).and_then(|position| kept.get_mut(*position));
        match (target, element) {
            (Some(target), Value::Object(patch)) => {
                let Value::Object(original) = target.take() else {
                    continue;
                };
                *target = Value::Object(merge::objects(original, patch, &format!("{pointer}/-"), schema)?);
            }
            _ => {
                positions.insert(key, kept.len());
                kept.push(element.clone());
            }
        }
    }
    positions.retain(|_, position| *position < before);
    order::arrange(kept, &elements, &positions, identity, pointer)
}

/// The elements of a patch by what they are for.
#[derive(Default)]
struct Sorted {
    /// To be merged in.
    elements: Vec<Value>,
    /// The identities of those that go.
    deleted: HashSet<String>,
    /// Whether the patch takes the place of the whole list.
    replaces: bool,
}

fn sort_out(patch: &[Value], pointer: &str, identity: &Identity) -> Result<Sorted, Error> {
    let mut sorted = Sorted::default();
    for element in patch {
        match element.as_object().map(directive) {
            Some(Directive::Delete) => drop(sorted.deleted.insert(identity.key(element, pointer)?)),
            Some(Directive::Replace) => sorted.replaces = true,
            _ => {
                let mut element = element.clone();
                element
                    .as_object_mut()
                    .and_then(|members| members.shift_remove(PATCH));
                sorted.elements.push(element);
            }
        }
    }
    Ok(sorted)
}

fn list_or_none(value: Option<Value>, pointer: &str) -> Result<Option<Vec<Value>>, Error> {
    match value {
        None => Ok(None),
        Some(Value::Array(elements)) => Ok(Some(elements)),
        Some(_) => Err(Error::new("patch", "a directive for a list, but this is none").at(pointer)),
    }
}

/// Elements must be all objects, or all plain values of one type.
fn check_types(original: &[Value], patch: &[Value], pointer: &str) -> Result<(), Error> {
    let mut elements = original.iter().chain(patch).map(type_of);
    let first = elements.next();
    if first == Some("list") || first == Some("null") || elements.any(|element| Some(element) != first) {
        let message =
            "the elements of a list that is merged must all be of one type, and neither lists nor null";
        return Err(Error::new("patch", message).at(pointer));
    }
    Ok(())
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "truth value",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}
