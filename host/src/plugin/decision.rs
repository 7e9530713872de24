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
mod tests {
    use super::*;
    use crate::object::{GroupResource, ResourceType};
    use rstest::rstest;
    use serde_json::json;

    fn object() -> Object {
        let of = ResourceType {
            resource: GroupResource::new("", "configmaps"),
            version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespaced: true,
        };
        let json = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "shop"}, "data": {"a": "1"},
        });
        Object::new(&of, json).unwrap()
    }

    fn grants(names: &[&str]) -> Grants {
        Grants(names.iter().map(|&name| name.to_owned()).collect())
    }

    fn modify(patch: Value, granted: &[&str]) -> (Object, Result<Modified, PluginErrorKind>) {
        let (mut object, limits) = (object(), Limits::default());
        let mut decisions = Decisions::default();
        match patch.is_array() {
            true => decisions.json_patch(patch.to_string(), &limits).unwrap(),
            false => decisions.merge_patch(patch.to_string(), &limits).unwrap(),
        }
        let result = decisions.modify(&mut object, &grants(granted), &limits);
        (object, result)
    }

    #[test]
    fn a_patch_is_applied_whole_or_not_at_all() {
        let patch =
            json!([{"op": "add", "path": "/data/b", "value": "2"}, {"op": "remove", "path": "/nothing"}]);
        let (after, result) = modify(patch, &[]);
        assert!(matches!(result, Err(PluginErrorKind::Output(_))));
        assert_eq!(after, object());
    }

    #[rstest]
    #[case::kind(json!([{"op": "replace", "path": "/kind", "value": "Secret"}]), "object.retype")]
    #[case::name(json!({"metadata": {"name": "other"}}), "object.rename")]
    #[case::name_by_parent(json!([{"op": "replace", "path": "/metadata", "value": {"name": "x"}}]), "object.rename")]
    #[case::name_by_move(json!([{"op": "move", "from": "/metadata/name", "path": "/data/name"}]), "object.rename")]
    fn a_change_of_identity_needs_its_grant(#[case] patch: Value, #[case] grant: &str) {
        let (after, result) = modify(patch, &[]);
        let Err(PluginErrorKind::Grant(message)) = result else {
            panic!("{result:?}")
        };
        assert!(message.contains(grant), "{message}");
        assert_eq!(after, object());
    }

    #[test]
    fn a_granted_rename_is_carried_out() {
        let (after, result) = modify(json!({"metadata": {"name": "other"}}), &["object.rename"]);
        assert!(result.unwrap().changed);
        assert_eq!(after.json["metadata"]["name"], "other");
    }

    #[rstest]
    #[case(json!({"metadata": {"name": "a/b"}}))]
    #[case(json!({"metadata": {"name": ""}}))]
    #[case(json!({"metadata": {"name": 7}}))]
    #[case(json!({"metadata": {"name": null}}))]
    fn a_rename_to_no_name_is_refused(#[case] patch: Value) {
        assert!(matches!(
            modify(patch, &["object.rename"]).1,
            Err(PluginErrorKind::Output(_))
        ));
    }

    #[test]
    fn a_change_of_the_namespace_has_no_effect_and_is_noted() {
        let (after, result) = modify(
            json!({"metadata": {"namespace": "other"}, "data": {"b": "2"}}),
            &[],
        );
        assert_eq!(after.json["metadata"]["namespace"], "shop");
        assert_eq!(after.json["data"], json!({"a": "1", "b": "2"}));
        assert_eq!(result.unwrap().notes[0].code, "no-effect");
    }

    #[test]
    fn growth_by_copies_is_bounded() {
        let long = "x".repeat(1 << 20);
        let mut patch = vec![json!({"op": "add", "path": "/data/a", "value": long})];
        patch.extend((0..8).map(|n| json!({"op": "copy", "from": "/data", "path": format!("/data/c{n}")})));
        let (after, result) = modify(Value::Array(patch), &[]);
        assert!(matches!(result, Err(PluginErrorKind::Output(_))), "{result:?}");
        assert_eq!(after, object());
    }

    #[test]
    fn operations_and_bytes_are_bounded() {
        let limits = Limits {
            operations: 2,
            output: 1000,
            ..Limits::default()
        };
        let operation = json!({"op": "add", "path": "/data/b", "value": "2"});
        let mut decisions = Decisions::default();
        decisions
            .json_patch(json!([operation, operation, operation]).to_string(), &limits)
            .unwrap();
        let result = decisions.modify(&mut object(), &Grants::default(), &limits);
        assert!(matches!(result, Err(PluginErrorKind::Output(_))));
        assert!(Decisions::default().skip("x".repeat(1001), &limits).is_err());
    }

    #[test]
    fn precious_objects_are_deleted_only_by_a_grant_that_names_them() {
        let mut claim = object();
        claim.id.resource = GroupResource::new("", "persistentvolumeclaims");
        let resolve = |object: &Object, granted: &[&str]| {
            let limits = Limits::default();
            let mut decisions = Decisions::default();
            decisions.recreate(&limits).unwrap();
            decisions
                .resolve(object, &grants(granted), &limits)
                .map(|resolution| resolution.verdict)
        };
        assert!(resolve(&object(), &[]).is_err());
        assert_eq!(
            resolve(&object(), &["objects.delete"]).unwrap(),
            Verdict::Recreate
        );
        assert!(resolve(&claim, &["objects.delete"]).is_err());
        assert_eq!(
            resolve(&claim, &["objects.delete:persistentvolumeclaims"]).unwrap(),
            Verdict::Recreate
        );
    }
}
