//! Patches of a plugin, read and checked once, and applied to objects.

use super::outcome::Note;
use super::{Grants, Limits, PluginErrorKind};
use crate::object::{Patches, apply_patches};
use json_patch::Patch;
use serde_json::Value;

/// Bytes by which `copy` operations of one call may make an object grow.
const COPY_GROWTH: usize = 4 << 20;

/// A patch as a plugin hands it over.
#[derive(Debug)]
pub enum PatchText {
    /// RFC 6902.
    Json(String),
    /// RFC 7396.
    Merge(String),
}

/// The patches of one call.
#[derive(Clone, Debug)]
pub struct Change {
    patches: Patches,
    /// Whether they may change who an object is.
    touches_identity: bool,
}

impl Change {
    /// Read the patches of a call.
    pub fn read(texts: Vec<PatchText>, limits: &Limits) -> Result<Self, PluginErrorKind> {
        let mut patches = Patches::default();
        for text in texts {
            match text {
                PatchText::Json(text) => {
                    let patch: Patch = serde_json::from_str(&text)
                        .map_err(|error| PluginErrorKind::Output(format!("no JSON patch: {error}")))?;
                    patches.push_json(patch);
                }
                PatchText::Merge(text) => {
                    let patch = serde_json::from_str(&text)
                        .map_err(|error| PluginErrorKind::Output(format!("no merge patch: {error}")))?;
                    patches.push_merge(patch);
                }
            }
        }
        if patches.operations() > limits.operations {
            return Err(PluginErrorKind::Output(format!(
                "more than {} operations in one call",
                limits.operations
            )));
        }
        Ok(Change {
            touches_identity: patches.touches_identity(),
            patches,
        })
    }

    /// Apply the patches to `json`, all or none, and return notes on what had no effect.
    pub fn apply(&self, json: &mut Value, grants: &Grants) -> Result<Vec<Note>, PluginErrorKind> {
        let apply = |json: &mut Value| {
            apply_patches(json, &self.patches, COPY_GROWTH)
                .map_err(|error| PluginErrorKind::Output(error.to_string()))
        };
        if !self.touches_identity {
            apply(json)?;
            return Ok(Vec::new());
        }
        let mut patched = json.clone();
        apply(&mut patched)?;
        let notes = keep_identity(json, &mut patched, grants)?;
        *json = patched;
        Ok(notes)
    }
}

/// `name`, where it can be the name of an object.
pub fn valid_name(name: String) -> Result<String, PluginErrorKind> {
    let legal = |c: char| !c.is_control() && c != '/' && c != '%';
    if name.is_empty() || name.len() > 253 || name == "." || name == ".." || !name.chars().all(legal) {
        return Err(PluginErrorKind::Output(format!(
            "'{}' is no name of an object",
            name.escape_debug()
        )));
    }
    Ok(name)
}

/// What must not change in an object, and the grant that allows it.
const IDENTITY: &[(&str, Option<&str>)] = &[
    ("/apiVersion", Some("object.retype")),
    ("/kind", Some("object.retype")),
    ("/metadata/name", Some("object.rename")),
    ("/metadata/namespace", None),
    ("/metadata/uid", None),
    ("/metadata/resourceVersion", None),
];

fn keep_identity(before: &Value, after: &mut Value, grants: &Grants) -> Result<Vec<Note>, PluginErrorKind> {
    if !after.is_object() || !after.get("metadata").is_some_and(Value::is_object) {
        return Err(PluginErrorKind::Output(
            "what is left is no object with metadata".to_owned(),
        ));
    }
    let mut notes = Vec::new();
    for (pointer, grant) in IDENTITY {
        if before.pointer(pointer) == after.pointer(pointer) {
            continue;
        }
        match grant {
            Some(grant) if grants.allow(grant) => check_text(after, pointer)?,
            Some(grant) => {
                return Err(PluginErrorKind::Grant(format!(
                    "it changes {pointer}; that needs the grant `{grant}`"
                )));
            }
            None => {
                put_back(before, after, pointer);
                notes.push(Note {
                    code: "no-effect".to_owned(),
                    message: format!("a change of {pointer} has no effect"),
                    pointer: Some((*pointer).to_owned()),
                });
            }
        }
    }
    Ok(notes)
}

fn check_text(object: &Value, pointer: &str) -> Result<(), PluginErrorKind> {
    match object.pointer(pointer).and_then(Value::as_str) {
        Some(text) if pointer == "/metadata/name" => valid_name(text.to_owned()).map(|_| ()),
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(PluginErrorKind::Output(format!("what is left has no {pointer}"))),
    }
}

fn put_back(before: &Value, after: &mut Value, pointer: &str) {
    let key = pointer.rsplit('/').next().unwrap_or_default();
    let Some(metadata) = after.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    match before.pointer(pointer) {
        Some(value) => metadata.insert(key.to_owned(), value.clone()),
        None => metadata.shift_remove(key),
    };
}
