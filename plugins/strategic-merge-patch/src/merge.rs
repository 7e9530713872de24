//! Merging a patch into an object, as `StrategicMergeMapPatch` of Kubernetes does.

use crate::directive::{DELETE_FROM_LIST, Directive, ELEMENT_ORDER, PATCH, RETAIN_KEYS, as_new, directive};
use crate::list;
use crate::schema::Schema;
use lazarette_sdk::pointer::member;
use lazarette_sdk::{Error, Value};
use serde_json::Map;

/// Merge `patch` into `original`, which is at `pointer`.
pub fn objects(
    mut original: Map<String, Value>,
    patch: &Map<String, Value>,
    pointer: &str,
    schema: &Schema,
) -> Result<Map<String, Value>, Error> {
    match directive(patch) {
        Directive::Delete => return Ok(Map::new()),
        Directive::Replace => {
            let mut replacement = patch.clone();
            replacement.shift_remove(PATCH);
            return Ok(replacement);
        }
        Directive::Merge => {}
    }
    retain_keys(&mut original, patch, pointer)?;
    for (name, value) in patch {
        let Some(change) = change(patch, name, value) else {
            continue;
        };
        let (name, pointer) = (change.name, member(pointer, change.name));
        let current = original.get_mut(name).map(Value::take);
        let merged = match change.order {
            Some(order) => list::ordered(current, patch.get(name), order, &pointer, schema)?,
            None if value.is_null() => None,
            None => values(current, value, &pointer, schema)?,
        };
        match merged {
            Some(value) => drop(original.insert(name.to_owned(), value)),
            None => drop(original.shift_remove(name)),
        }
    }
    for (name, deleted) in patch {
        let list = name
            .strip_prefix(DELETE_FROM_LIST)
            .and_then(|name| original.get_mut(name));
        if let (Some(Value::Array(list)), Value::Array(deleted)) = (list, deleted) {
            list::delete(list, deleted);
        }
    }
    Ok(original)
}

/// What one member of a patch does.
struct Change<'p> {
    /// The member of the object.
    name: &'p str,
    /// The order of its elements, where the patch gives one.
    order: Option<&'p [Value]>,
}

/// What the member `name` of `patch` does; none where another member does it.
fn change<'p>(patch: &'p Map<String, Value>, name: &'p str, value: &'p Value) -> Option<Change<'p>> {
    match name.strip_prefix(ELEMENT_ORDER) {
        Some(list) => Some(Change {
            name: list,
            order: Some(value.as_array()?),
        }),
        None if name == PATCH || name == RETAIN_KEYS || name.starts_with(DELETE_FROM_LIST) => None,
        None if patch.contains_key(&format!("{ELEMENT_ORDER}{name}")) => None,
        None => Some(Change { name, order: None }),
    }
}

/// Merge `patch` into `original`, if there is one. None: nothing is to be there.
pub fn values(
    original: Option<Value>,
    patch: &Value,
    pointer: &str,
    schema: &Schema,
) -> Result<Option<Value>, Error> {
    match (original, patch) {
        (Some(Value::Object(original)), Value::Object(patch)) => {
            Ok(Some(Value::Object(if schema.is_replaced(pointer) {
                patch.clone()
            } else {
                objects(original, patch, pointer, schema)?
            })))
        }
        (Some(Value::Array(original)), Value::Array(patch)) => Ok(Some(Value::Array(list::values(
            original, patch, pointer, schema,
        )?))),
        _ => Ok(as_new(patch)),
    }
}

/// Drop what `$retainKeys` does not name. It must name what the patch sets.
fn retain_keys(
    original: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    pointer: &str,
) -> Result<(), Error> {
    let Some(Value::Array(retained)) = patch.get(RETAIN_KEYS) else {
        return Ok(());
    };
    let is_retained = |name: &str| retained.iter().any(|retained| retained == name);
    let mut set = patch
        .iter()
        .filter(|(name, value)| !value.is_null() && !name.starts_with('$'));
    if let Some((name, _)) = set.find(|(name, _)| !is_retained(name)) {
        let message = format!("the patch sets '{name}', which its {RETAIN_KEYS} does not name");
        return Err(Error::new("patch", message).at(pointer));
    }
    original.retain(|name, _| is_retained(name));
    Ok(())
}
