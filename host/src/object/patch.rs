//! Applying patches: RFC 6902 and RFC 7396, strictly, all or none.

use json_patch::jsonptr::Pointer;
use json_patch::{Patch, PatchOperation};
use serde_json::Value;

/// Patches of both kinds, in order.
#[derive(Clone, Debug, Default)]
pub struct Patches(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Json(Patch),
    Merge(Value),
}

/// Why patches could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// An operation does not fit the object.
    #[error("{0}")]
    Operation(#[from] json_patch::PatchError),
    /// A merge patch that is not an object would put itself in the place of the object.
    #[error("a merge patch must be a JSON object")]
    NoObject,
    /// `copy` operations made too much of too little.
    #[error("copy operations would add more than {limit} bytes")]
    Growth {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl Patches {
    /// Append a JSON patch.
    pub fn push_json(&mut self, patch: Patch) {
        match self.0.last_mut() {
            Some(Step::Json(last)) => last.0.extend(patch.0),
            _ => self.0.push(Step::Json(patch)),
        }
    }

    /// Append a merge patch.
    pub fn push_merge(&mut self, patch: Value) {
        self.0.push(Step::Merge(patch));
    }

    /// The number of operations; a merge patch counts as one.
    pub fn operations(&self) -> usize {
        self.0
            .iter()
            .map(|step| {
                if let Step::Json(patch) = step {
                    patch.0.len()
                } else {
                    1
                }
            })
            .sum()
    }

    /// Whether the patches may change who an object is: its type, name, namespace, uid or version.
    pub fn touches_identity(&self) -> bool {
        self.0.iter().any(|step| match step {
            Step::Json(patch) => patch.0.iter().any(operation_touches_identity),
            Step::Merge(patch) => merge_touches_identity(patch),
        })
    }

    fn has_copies(&self) -> bool {
        let is_copy = |operation: &PatchOperation| matches!(operation, PatchOperation::Copy(_));
        self.0
            .iter()
            .any(|step| matches!(step, Step::Json(patch) if patch.0.iter().any(is_copy)))
    }
}

const METADATA: &[&str] = &["name", "namespace", "uid", "resourceVersion"];

fn operation_touches_identity(operation: &PatchOperation) -> bool {
    let from = match operation {
        PatchOperation::Test(_) => return false,
        PatchOperation::Move(operation) => Some(&operation.from),
        _ => None,
    };
    pointer_touches_identity(operation.path()) || from.is_some_and(|from| pointer_touches_identity(from))
}

fn pointer_touches_identity(pointer: &Pointer) -> bool {
    let mut tokens = pointer.tokens();
    match (tokens.next(), tokens.next()) {
        (None, _) => true,
        (Some(first), None) => matches!(first.decoded().as_ref(), "apiVersion" | "kind" | "metadata"),
        (Some(first), Some(second)) => {
            first.decoded() == "metadata" && METADATA.contains(&second.decoded().as_ref())
        }
    }
}

fn merge_touches_identity(patch: &Value) -> bool {
    let Some(patch) = patch.as_object() else {
        return true;
    };
    if patch.contains_key("apiVersion") || patch.contains_key("kind") {
        return true;
    }
    match patch.get("metadata") {
        None => false,
        Some(Value::Object(metadata)) => METADATA.iter().any(|key| metadata.contains_key(*key)),
        Some(_) => true,
    }
}

/// Apply `patches` to `json`, all or none. `copy` operations may add at most `growth` bytes of JSON.
pub fn apply_patches(json: &mut Value, patches: &Patches, growth: usize) -> Result<(), PatchError> {
    match patches.0.as_slice() {
        [] => Ok(()),
        // The library puts back what it has done when a later operation fails.
        [Step::Json(patch)] if !patches.has_copies() => Ok(json_patch::patch(json, patch)?),
        [Step::Merge(patch)] => merge(json, patch),
        steps => {
            let mut copy = json.clone();
            apply_steps(&mut copy, steps, growth)?;
            *json = copy;
            Ok(())
        }
    }
}

fn apply_steps(json: &mut Value, steps: &[Step], growth: usize) -> Result<(), PatchError> {
    let mut left = growth;
    for step in steps {
        match step {
            Step::Merge(patch) => merge(json, patch)?,
            Step::Json(patch) => {
                for operation in &patch.0 {
                    if let PatchOperation::Copy(copy) = operation {
                        let added = copy.from.resolve(json).map_or(0, size);
                        left = left
                            .checked_sub(added)
                            .ok_or(PatchError::Growth { limit: growth })?;
                    }
                    json_patch::patch(json, std::slice::from_ref(operation))?;
                }
            }
        }
    }
    Ok(())
}

fn merge(json: &mut Value, patch: &Value) -> Result<(), PatchError> {
    if !patch.is_object() {
        return Err(PatchError::NoObject);
    }
    json_patch::merge(json, patch);
    Ok(())
}

/// About how many bytes `value` is as JSON text.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 2,
        Value::Object(members) => {
            members
                .iter()
                .map(|(key, value)| key.len() + 4 + size(value))
                .sum::<usize>()
                + 2
        }
    }
}
