//! What a plugin did, in the words of a case, and how that differs from what was expected.

use crate::object::yaml;
use crate::plugin::{Modified, Note, PluginError, PluginErrorKind, Resolution, Verdict};
use crate::report::diff;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What came of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actual {
    /// In the words of a case: `patch`, `skip`, `replace`, `recreate`, `rename`, `unchanged`, `error`, `notes`.
    pub said: Map<String, Value>,
    /// The object that patches apply to, before and after.
    pub patched: Option<(Value, Value)>,
}

impl Actual {
    /// What a modifier did.
    pub fn of_modifier(before: Value, after: Value, modified: Modified) -> Self {
        let mut actual = match modified.skipped {
            Some(reason) => Actual::saying("skip", reason.into()),
            None if modified.changed => Actual::patching(before, after),
            None => Actual::saying("unchanged", true.into()),
        };
        actual.note(&modified.notes);
        actual
    }

    /// What a resolver decided about `live`.
    pub fn of_resolver(live: Value, resolution: Resolution) -> Self {
        let mut actual = match resolution.verdict {
            Verdict::Skip { reason } => Actual::saying("skip", reason.into()),
            Verdict::Patch { patched } => Actual::patching(live, patched),
            Verdict::Replace => Actual::saying("replace", true.into()),
            Verdict::Recreate => Actual::saying("recreate", true.into()),
            Verdict::Rename { name } => Actual::saying("rename", name.into()),
        };
        actual.note(&resolution.notes);
        actual
    }

    /// What a hook did: the commands that it ran, the facts that it set, the init containers that it added, how it
    /// failed.
    pub fn of_hook(
        result: Result<(), PluginError>,
        commands: &[Vec<String>],
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
        init_containers: Vec<Value>,
    ) -> Self {
        let mut actual = match result {
            Ok(()) => Actual::default(),
            Err(error) => Actual::of_error(&error.kind),
        };
        let set = after
            .iter()
            .filter(|(key, value)| before.get(*key) != Some(value));
        let set: Map<String, Value> = set
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        if !commands.is_empty() {
            actual.said.insert("commands".to_owned(), commands.into());
        }
        if !set.is_empty() {
            actual.said.insert("facts".to_owned(), Value::Object(set));
        }
        if !init_containers.is_empty() {
            actual
                .said
                .insert("initContainers".to_owned(), init_containers.into());
        }
        actual
    }

    /// How a plugin failed.
    pub fn of_error(kind: &PluginErrorKind) -> Self {
        let (code, message, pointer) = match kind {
            PluginErrorKind::Failed {
                code,
                message,
                pointer,
            } => (code.as_str(), message.clone(), pointer),
            PluginErrorKind::Configuration { message, pointer } => {
                (kind.code().name(), message.clone(), pointer)
            }
            _ => (kind.code().name(), kind.to_string(), &None),
        };
        let mut error = json!({"code": code, "message": message});
        if let (Some(pointer), Some(error)) = (pointer, error.as_object_mut()) {
            error.insert("pointer".to_owned(), pointer.as_str().into());
        }
        Actual::saying("error", error)
    }

    fn saying(word: &str, value: Value) -> Self {
        Actual {
            said: Map::from_iter([(word.to_owned(), value)]),
            patched: None,
        }
    }

    fn patching(before: Value, after: Value) -> Self {
        let patch = serde_json::to_value(json_patch::diff(&before, &after)).unwrap_or_default();
        Actual {
            patched: Some((before, after)),
            ..Actual::saying("patch", patch)
        }
    }

    fn note(&mut self, notes: &[Note]) {
        if notes.is_empty() {
            return;
        }
        let note = |note: &Note| match &note.pointer {
            Some(pointer) => json!({"code": note.code, "message": note.message, "pointer": pointer}),
            None => json!({"code": note.code, "message": note.message}),
        };
        self.said
            .insert("notes".to_owned(), notes.iter().map(note).collect());
    }

    /// How this differs from `expected`, as lines with `-` and `+`; none where it is as expected.
    pub fn difference(&self, expected: &Value) -> Option<String> {
        let actual = self.in_the_terms_of(expected);
        (actual != *expected).then(|| diff(&yaml::write(expected), &yaml::write(&actual)))
    }

    /// What came out, said in the way that `expected` chose: the whole object instead of a patch, another patch with the
    /// same effect, an error without its message.
    fn in_the_terms_of(&self, expected: &Value) -> Value {
        let mut said = self.said.clone();
        if let Some((before, after)) = &self.patched {
            if expected.get("object").is_some() {
                said.remove("patch");
                said.insert("object".to_owned(), after.clone());
            } else if let Some(patch) = expected
                .get("patch")
                .filter(|patch| has_effect(patch, before, after))
            {
                said.insert("patch".to_owned(), patch.clone());
            }
        }
        if let (Some(Value::Object(error)), Some(Value::Object(expected))) =
            (said.get_mut("error"), expected.get("error"))
        {
            error.retain(|member, _| expected.contains_key(member));
        }
        in_the_order_of(expected, said)
    }
}

/// Whether `patch` turns `before` into `after`.
fn has_effect(patch: &Value, before: &Value, after: &Value) -> bool {
    let mut object = before.clone();
    let patch = serde_json::from_value::<json_patch::Patch>(patch.clone());
    patch.is_ok_and(|patch| json_patch::patch(&mut object, &patch).is_ok() && object == *after)
}

/// The members of `said` in the order of `expected`, so that a difference shows only what differs.
fn in_the_order_of(expected: &Value, mut said: Map<String, Value>) -> Value {
    let mut ordered = Map::new();
    for member in expected.as_object().into_iter().flat_map(Map::keys) {
        if let Some(value) = said.remove(member) {
            ordered.insert(member.clone(), value);
        }
    }
    ordered.append(&mut said);
    Value::Object(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn changed() -> Actual {
        let modified = Modified {
            changed: true,
            ..Modified::default()
        };
        Actual::of_modifier(json!({"a": 1}), json!({"a": 1, "b": {"c": 2}}), modified)
    }

    #[rstest]
    #[case::patch(json!({"patch": [{"op": "add", "path": "/b", "value": {"c": 2}}]}), true)]
    #[case::another_patch(json!({"patch": [{"op": "add", "path": "/b", "value": {}}, {"op": "add", "path": "/b/c", "value": 2}]}), true)]
    #[case::another_effect(json!({"patch": [{"op": "add", "path": "/b", "value": 2}]}), false)]
    #[case::no_patch(json!({"patch": "none"}), false)]
    #[case::object(json!({"object": {"a": 1, "b": {"c": 2}}}), true)]
    #[case::another_object(json!({"object": {"a": 1}}), false)]
    #[case::decision(json!({"skip": "why"}), false)]
    #[case::nothing(json!({}), false)]
    fn a_change_is_compared_by_its_effect(#[case] expected: Value, #[case] same: bool) {
        assert_eq!(changed().difference(&expected).is_none(), same);
    }

    #[rstest]
    #[case(json!({"error": {"code": "no"}}), true)]
    #[case(json!({"error": {"code": "no", "message": "it failed", "pointer": "/a"}}), true)]
    #[case(json!({"error": {"code": "no", "message": "it did not"}}), false)]
    #[case(json!({"error": {"code": "yes"}}), false)]
    fn an_error_is_compared_by_what_is_expected_of_it(#[case] expected: Value, #[case] same: bool) {
        let actual = Actual::of_error(&PluginErrorKind::Failed {
            code: "no".into(),
            message: "it failed".into(),
            pointer: Some("/a".into()),
        });
        assert_eq!(actual.difference(&expected).is_none(), same);
    }

    #[test]
    fn a_difference_shows_what_was_expected_and_what_came() {
        let difference = changed().difference(&json!({"skip": "why"})).unwrap();
        assert!(difference.contains("-skip: why\n+patch:"), "{difference}");
    }
}
