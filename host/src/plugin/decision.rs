//! What a plugin decides during a call, taken down as it comes, and carried out when the call has ended well.

use super::outcome::{Modified, Note, Resolution, Verdict};
use super::{Grants, Limits, PluginErrorKind};
use crate::object::{Object, Patches, apply_patches};
use json_patch::Patch;
use serde_json::Value;

/// Bytes by which `copy` operations of one call may make an object grow.
const COPY_GROWTH: usize = 4 << 20;

/// Notes that are kept of one call.
const NOTES: usize = 100;

/// What has been decided in a call so far.
#[derive(Debug, Default)]
pub struct Decisions {
    patches: Vec<PatchText>,
    ruling: Option<Ruling>,
    notes: Vec<Note>,
    bytes: usize,
}

#[derive(Debug)]
enum PatchText {
    Json(String),
    Merge(String),
}

#[derive(Debug)]
enum Ruling {
    Skip(String),
    Fail { code: String, message: String },
    Replace,
    Recreate,
    Rename(String),
}

impl Decisions {
    /// Count `bytes` that the plugin hands over, and refuse what goes over the limit.
    fn charge(&mut self, bytes: usize, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= limits.output {
            return Ok(());
        }
        Err(PluginErrorKind::Output(format!(
            "more than {} bytes in one call",
            limits.output
        )))
    }

    pub fn json_patch(&mut self, patch: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(patch.len(), limits)?;
        self.patches.push(PatchText::Json(patch));
        Ok(())
    }

    pub fn merge_patch(&mut self, patch: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(patch.len(), limits)?;
        self.patches.push(PatchText::Merge(patch));
        Ok(())
    }

    pub fn skip(&mut self, reason: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(reason.len(), Ruling::Skip(reason), limits)
    }

    pub fn fail(&mut self, code: String, message: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(code.len() + message.len(), Ruling::Fail { code, message }, limits)
    }

    pub fn replace(&mut self, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(0, Ruling::Replace, limits)
    }

    pub fn recreate(&mut self, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(0, Ruling::Recreate, limits)
    }

    pub fn rename(&mut self, name: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(name.len(), Ruling::Rename(name), limits)
    }

    fn rule(&mut self, bytes: usize, ruling: Ruling, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(bytes, limits)?;
        self.ruling = Some(ruling);
        Ok(())
    }

    pub fn note(&mut self, note: Note, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(note.code.len() + note.message.len(), limits)?;
        if self.notes.len() < NOTES {
            self.notes.push(note);
        }
        Ok(())
    }

    /// Carry out what a modifier decided. After an error `object` is as it was.
    pub fn modify(
        self,
        object: &mut Object,
        grants: &Grants,
        limits: &Limits,
    ) -> Result<Modified, PluginErrorKind> {
        match self.ruling {
            Some(Ruling::Skip(reason)) => Ok(Modified {
                changed: false,
                skipped: Some(reason),
                notes: self.notes,
            }),
            Some(Ruling::Fail { code, message }) => Err(PluginErrorKind::Failed {
                code,
                message,
                pointer: None,
            }),
            Some(_) => Err(not_for("replace, recreate and rename are for conflict resolvers")),
            None if self.patches.is_empty() => Ok(Modified {
                changed: false,
                skipped: None,
                notes: self.notes,
            }),
            None => {
                let mut notes = self.notes;
                notes.extend(patch(&mut object.json, self.patches, grants, limits)?);
                Ok(Modified {
                    changed: true,
                    skipped: None,
                    notes,
                })
            }
        }
    }

    /// What a resolver decided. Patches are applied to a copy of `live`.
    pub fn resolve(
        self,
        live: &Object,
        grants: &Grants,
        limits: &Limits,
    ) -> Result<Resolution, PluginErrorKind> {
        let mut notes = self.notes;
        let verdict = match self.ruling {
            Some(Ruling::Skip(reason)) => Verdict::Skip { reason },
            Some(Ruling::Fail { code, message }) => {
                return Err(PluginErrorKind::Failed {
                    code,
                    message,
                    pointer: None,
                });
            }
            Some(Ruling::Replace) => Verdict::Replace,
            Some(Ruling::Recreate) => {
                may_recreate(live, grants)?;
                Verdict::Recreate
            }
            Some(Ruling::Rename(name)) => Verdict::Rename {
                name: valid_name(name)?,
            },
            None if self.patches.is_empty() => Verdict::Skip {
                reason: String::new(),
            },
            None => {
                let mut patched = live.json.clone();
                notes.extend(patch(&mut patched, self.patches, &Grants::default(), limits)?);
                Verdict::Patch { patched }
            }
        };
        Ok(Resolution { verdict, notes })
    }
}

fn not_for(message: &str) -> PluginErrorKind {
    PluginErrorKind::Output(message.to_owned())
}

/// Types whose objects hold data that goes with them: deleted only by a grant that names the type.
const PRECIOUS: &[&str] = &[
    "namespaces",
    "persistentvolumeclaims",
    "persistentvolumes",
    "customresourcedefinitions.apiextensions.k8s.io",
];

fn may_recreate(live: &Object, grants: &Grants) -> Result<(), PluginErrorKind> {
    let resource = live.id.resource.to_string();
    let named = format!("objects.delete:{resource}");
    if grants.allow(&named) || (grants.allow("objects.delete") && !PRECIOUS.contains(&resource.as_str())) {
        return Ok(());
    }
    let wanted = if PRECIOUS.contains(&resource.as_str()) {
        named
    } else {
        "objects.delete".to_owned()
    };
    Err(PluginErrorKind::Grant(format!(
        "it wants to delete and create anew; that needs the grant `{wanted}`"
    )))
}

fn valid_name(name: String) -> Result<String, PluginErrorKind> {
    let legal = |c: char| !c.is_control() && c != '/' && c != '%';
    if name.is_empty() || name.len() > 253 || name == "." || name == ".." || !name.chars().all(legal) {
        return Err(PluginErrorKind::Output(format!(
            "'{}' is no name of an object",
            name.escape_debug()
        )));
    }
    Ok(name)
}

/// Apply patches to `json`, all or none, and return notes on what had no effect.
fn patch(
    json: &mut Value,
    patches: Vec<PatchText>,
    grants: &Grants,
    limits: &Limits,
) -> Result<Vec<Note>, PluginErrorKind> {
    let patches = parse(patches, limits)?;
    if !patches.touches_identity() {
        apply_patches(json, &patches, COPY_GROWTH)
            .map_err(|error| PluginErrorKind::Output(error.to_string()))?;
        return Ok(Vec::new());
    }
    let mut patched = json.clone();
    apply_patches(&mut patched, &patches, COPY_GROWTH)
        .map_err(|error| PluginErrorKind::Output(error.to_string()))?;
    let notes = keep_identity(json, &mut patched, grants)?;
    *json = patched;
    Ok(notes)
}

fn parse(texts: Vec<PatchText>, limits: &Limits) -> Result<Patches, PluginErrorKind> {
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
    Ok(patches)
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

#[cfg(test)]
mod tests;
