//! Applying one patch while reading no more of the object than it needs.
//!
//! What is outside of lists becomes a JSON merge patch, which needs no look at the object. Elements of lists become
//! operations, for which the keys of the elements are read. Only what moves elements, adds them, or has directives, is
//! read as a whole and merged here.

use crate::directive::{as_new, has_directives};
use crate::merge;
use crate::order::Identity;
use crate::schema::{ListStrategy, Schema};
use lazarette_sdk::pointer::{self, member};
use lazarette_sdk::{Decision, Error, Object, Value, json};
use serde_json::Map;
use std::collections::HashSet;

/// Have `decision` apply `patch` to `object`.
pub fn apply(
    object: &Object,
    patch: &Map<String, Value>,
    schema: &Schema,
    decision: &Decision,
) -> Result<(), Error> {
    let reader = Reader {
        object,
        schema,
        decision,
    };
    match reader.object("", patch)? {
        Some(Value::Object(members)) if members.is_empty() => {}
        Some(merge_patch) => decision.merge_patch(&merge_patch),
        None => {}
    }
    Ok(())
}

/// Turns a strategic merge patch into a JSON merge patch and operations of a JSON patch.
struct Reader<'r> {
    object: &'r Object<'r>,
    schema: &'r Schema<'r>,
    decision: &'r Decision<'r>,
}

impl Reader<'_> {
    /// The merge patch that does to what is at `pointer` what `patch` does; none where nothing is left to do.
    fn value(&self, pointer: &str, patch: &Value) -> Result<Option<Value>, Error> {
        match patch {
            Value::Object(members) => self.object(pointer, members),
            Value::Array(elements) => self.list(pointer, patch, elements),
            value => Ok(Some(value.clone())),
        }
    }

    fn object(&self, pointer: &str, patch: &Map<String, Value>) -> Result<Option<Value>, Error> {
        if self.is_special(pointer, patch) {
            return self.read(pointer, &Value::Object(patch.clone()));
        }
        let mut members = Map::new();
        for (name, value) in patch {
            let merged = self.value(&member(pointer, name), value)?;
            members.extend(merged.map(|merged| (name.clone(), merged)));
        }
        // Where a member was there, its parent need not be made.
        let is_done = members.is_empty() && !patch.is_empty();
        Ok((!is_done).then_some(Value::Object(members)))
    }

    fn list(&self, pointer: &str, patch: &Value, elements: &[Value]) -> Result<Option<Value>, Error> {
        let as_new = as_new(patch);
        // What is the same for a list that is there and one that is not can be written without a look.
        let is_clean = as_new.as_ref() == Some(patch);
        if is_clean && self.schema.list(pointer) == ListStrategy::Replace {
            return Ok(as_new);
        }
        if self.elements(pointer, elements)? {
            return Ok(None);
        }
        self.read(pointer, patch)
    }

    /// Read what is at `pointer`, merge, and have the difference written.
    fn read(&self, pointer: &str, patch: &Value) -> Result<Option<Value>, Error> {
        let original = self.object.get(pointer);
        let merged = merge::values(original.clone(), patch, pointer, self.schema)?;
        match (original, merged) {
            (Some(before), Some(after)) => {
                self.decision
                    .change(&nested(pointer, before), &nested(pointer, after));
                Ok(None)
            }
            (Some(_), None) => Ok(Some(Value::Null)),
            (None, merged) => Ok(merged),
        }
    }

    /// Whether `patch` does more to the object at `pointer` than to merge its members.
    fn is_special(&self, pointer: &str, patch: &Map<String, Value>) -> bool {
        has_directives(patch) || self.schema.is_replaced(pointer)
    }

    /// Merge the elements of a patch into those of the list at `pointer`. False, and nothing done, where there is no such
    /// list, or some of them are not there, or would move.
    fn elements(&self, pointer: &str, patch: &[Value]) -> Result<bool, Error> {
        let ListStrategy::Keys(keys) = self.schema.list(pointer) else {
            return Ok(false);
        };
        let Some(places) = self.places(pointer, &keys, patch) else {
            return Ok(false);
        };
        for (index, element) in places {
            let pointer = member(pointer, &index.to_string());
            for (name, value) in element.iter().filter(|(name, _)| !keys.contains(name)) {
                self.member(&member(&pointer, name), value)?;
            }
        }
        Ok(true)
    }

    /// Where the elements of `patch` are in the list at `pointer`. They stay there if they are in the same order.
    fn places<'p>(
        &self,
        pointer: &str,
        keys: &[String],
        patch: &'p [Value],
    ) -> Option<Vec<(usize, &'p Map<String, Value>)>> {
        if self.object.type_of(pointer)? != "array" {
            return None;
        }
        let known = self.identities(pointer, keys)?;
        let identity = Identity::of(ListStrategy::Keys(keys.to_vec()));
        let mut places = known.iter().enumerate();
        let place = |element: &'p Value| {
            let members = element.as_object().filter(|members| !has_directives(members))?;
            let wanted = identity.known(element)?;
            let (index, _) = places.find(|(_, known)| **known == wanted)?;
            Some((index, members))
        };
        patch.iter().map(place).collect()
    }

    /// What identifies each element of the list at `pointer`; none where some cannot be told apart.
    fn identities(&self, pointer: &str, keys: &[String]) -> Option<Vec<String>> {
        let identity = Identity::of(ListStrategy::Keys(keys.to_vec()));
        let mut known = Vec::new();
        loop {
            let pointer = member(pointer, &known.len().to_string());
            match self.object.type_of(&pointer).as_deref() {
                None => break,
                Some("object") => {
                    let key = |key: &String| Some((key.clone(), self.object.get(&member(&pointer, key))?));
                    let element = Value::Object(keys.iter().filter_map(key).collect());
                    known.push(identity.known(&element)?);
                }
                Some(_) => return None,
            }
        }
        let each_once = known.iter().collect::<HashSet<_>>().len() == known.len();
        each_once.then_some(known)
    }

    /// Merge `patch` into what is at `pointer`, in an element of a list.
    fn member(&self, pointer: &str, patch: &Value) -> Result<(), Error> {
        if !patch.is_object() && !patch.is_array() && !patch.is_null() {
            self.write(pointer, Some(patch.clone()));
            return Ok(());
        }
        match (self.object.type_of(pointer).as_deref(), patch) {
            (None, Value::Null) => {}
            (Some(_), Value::Null) => self.write(pointer, Some(Value::Null)),
            (Some("object"), Value::Object(patch)) if !self.is_special(pointer, patch) => {
                for (name, value) in patch {
                    self.member(&member(pointer, name), value)?;
                }
            }
            (Some("array"), Value::Array(elements)) if self.elements(pointer, elements)? => {}
            _ => {
                let merged = self.read(pointer, patch)?;
                self.write(pointer, merged);
            }
        }
        Ok(())
    }

    /// Have `value` put at `pointer`, in an element of a list; null removes what is there.
    fn write(&self, pointer: &str, value: Option<Value>) {
        let operation = match value {
            None => return,
            Some(Value::Null) => json!([{"op": "remove", "path": pointer}]),
            Some(value) => json!([{"op": "add", "path": pointer, "value": value}]),
        };
        self.decision.json_patch(&operation);
    }
}

/// `value` as what is at `pointer` of an object with nothing else.
fn nested(pointer: &str, value: Value) -> Value {
    pointer
        .rsplit('/')
        .filter(|segment| !segment.is_empty())
        .fold(value, |value, segment| {
            Value::Object(Map::from_iter([(pointer::name(segment), value)]))
        })
}
