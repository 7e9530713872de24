//! Applying one patch while reading no more of the object than it needs.

use crate::directive::{as_new, has_directives};
use crate::merge;
use crate::schema::{ListStrategy, Schema};
use lazarette_sdk::pointer::{member, name};
use lazarette_sdk::{Decision, Error, Object, Value};
use serde_json::Map;

/// Have `decision` apply `patch` to `object`: as a JSON merge patch, but for the parts that have to be read.
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

/// Turns a strategic merge patch into a JSON merge patch.
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
            Value::Array(_) => self.list(pointer, patch),
            value => Ok(Some(value.clone())),
        }
    }

    fn object(&self, pointer: &str, patch: &Map<String, Value>) -> Result<Option<Value>, Error> {
        if has_directives(patch) || self.schema.is_replaced(pointer) {
            return self.read(pointer, &Value::Object(patch.clone()));
        }
        let mut members = Map::new();
        for (name, value) in patch {
            let merged = self.value(&member(pointer, name), value)?;
            members.extend(merged.map(|merged| (name.clone(), merged)));
        }
        Ok(Some(Value::Object(members)))
    }

    fn list(&self, pointer: &str, patch: &Value) -> Result<Option<Value>, Error> {
        let as_new = as_new(patch);
        // What is the same for a list that is there and one that is not can be written without a look.
        let is_clean = as_new.as_ref() == Some(patch);
        if is_clean && self.schema.list(pointer) == ListStrategy::Replace {
            return Ok(as_new);
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
}

/// `value` as what is at `pointer` of an object with nothing else.
fn nested(pointer: &str, value: Value) -> Value {
    pointer
        .rsplit('/')
        .filter(|segment| !segment.is_empty())
        .fold(value, |value, segment| {
            Value::Object(Map::from_iter([(name(segment), value)]))
        })
}
