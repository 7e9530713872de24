//! What happens to one object: the same answer in a plan and in its application.

use super::prepare::{Context, prepare};
use crate::object::Object;
use crate::plugin::{Note, PluginError, Resolution, Verdict};
use serde_json::Value;

/// What happens to an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// There is none: create the wanted one.
    Create,
    /// The live one stays as it is.
    Skip {
        /// A few words.
        reason: String,
    },
    /// Write this in the place of the live one, which it was made from.
    Patch {
        /// The whole object, with the live `resourceVersion`.
        patched: Value,
    },
    /// Write this in the place of the live one.
    Replace {
        /// The wanted object with the live `resourceVersion`.
        replacement: Value,
    },
    /// Delete the live one and create the wanted one.
    Recreate,
    /// Create the wanted one under this name.
    Rename {
        /// The other name.
        name: String,
    },
}

/// An action, and what the resolver wants the user to know.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decision {
    /// What happens.
    pub action: Action,
    /// From the resolver.
    pub notes: Vec<Note>,
}

impl From<Action> for Decision {
    fn from(action: Action) -> Self {
        Decision {
            action,
            notes: Vec::new(),
        }
    }
}

/// Why an object that is equal is skipped.
pub(super) const EQUAL: &str = "equal";

/// Decide about `wanted`, as it would be created, where `live` is what the cluster has under its name. Nothing is
/// read or written: given the same objects and a resolver that answers the same, the decision is the same.
///
/// The resolver is asked only where the two differ in what a restore would set.
pub(super) fn decide(
    wanted: &mut Object,
    live: Option<&mut Object>,
    context: &Context,
    resolve: impl FnOnce(&mut Object, &mut Object) -> Result<Resolution, PluginError>,
) -> Result<Decision, PluginError> {
    let Some(live) = live else {
        return Ok(Action::Create.into());
    };
    if is_equal(wanted, live, context) {
        return Ok(Action::Skip {
            reason: EQUAL.to_owned(),
        }
        .into());
    }
    let Resolution { verdict, notes } = resolve(wanted, live)?;
    let action = match verdict {
        Verdict::Skip { reason } => Action::Skip { reason },
        Verdict::Patch { patched } if patched == live.json => Action::Skip {
            reason: EQUAL.to_owned(),
        },
        Verdict::Patch { patched } => Action::Patch { patched },
        Verdict::Replace => Action::Replace {
            replacement: replacement(wanted, live),
        },
        Verdict::Recreate => Action::Recreate,
        Verdict::Rename { name } => Action::Rename { name },
    };
    Ok(Decision { action, notes })
}

/// Whether a restore would set nothing that is not so already: both are prepared alike, then compared.
fn is_equal(wanted: &Object, live: &Object, context: &Context) -> bool {
    let mut live = live.clone();
    prepare(&mut live, context);
    wanted.json == live.json
}

/// The wanted object as an update of the live one: refused by the server when that has changed since.
fn replacement(wanted: &Object, live: &Object) -> Value {
    let mut replacement = wanted.json.clone();
    if let Some(version) = live.json.pointer("/metadata/resourceVersion")
        && let Some(metadata) = replacement
            .pointer_mut("/metadata")
            .and_then(Value::as_object_mut)
    {
        metadata.insert("resourceVersion".to_owned(), version.clone());
    }
    replacement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::built_in_type;
    use crate::plugin::PluginErrorKind;
    use rstest::rstest;
    use serde_json::json;

    fn config_map(metadata: Value, data: Value) -> Object {
        let of = built_in_type("ConfigMap");
        let mut json = json!({"apiVersion": "v1", "kind": "ConfigMap"});
        json["metadata"] = metadata;
        json["metadata"]["name"] = json!("web");
        json["data"] = data;
        Object::new(&of, json).unwrap()
    }

    fn decided(wanted: &Object, live: Option<&Object>, verdict: Verdict) -> Action {
        let resolve = |_: &mut Object, _: &mut Object| {
            Ok(Resolution {
                verdict,
                notes: Vec::new(),
            })
        };
        let mut live = live.cloned();
        decide(&mut wanted.clone(), live.as_mut(), &Context::default(), resolve)
            .unwrap()
            .action
    }

    fn never(_: &mut Object, _: &mut Object) -> Result<Resolution, PluginError> {
        panic!("there is nothing to resolve")
    }

    #[test]
    fn what_is_not_there_is_created() {
        let mut wanted = config_map(json!({}), json!({"a": "1"}));
        let decision = decide(&mut wanted, None, &Context::default(), never).unwrap();
        assert_eq!(decision.action, Action::Create);
    }

    #[rstest]
    #[case::the_same(json!({}))]
    #[case::with_what_a_server_sets(json!({"uid": "1", "resourceVersion": "7", "managedFields": [{}]}))]
    fn what_is_equal_is_skipped_without_a_resolver(#[case] live: Value) {
        let mut wanted = config_map(json!({}), json!({"a": "1"}));
        let mut live = config_map(live, json!({"a": "1"}));
        let decision = decide(&mut wanted, Some(&mut live), &Context::default(), never).unwrap();
        assert_eq!(decision.action, Action::Skip { reason: EQUAL.into() });
    }

    #[test]
    fn the_resolver_decides_about_what_differs() {
        let wanted = config_map(json!({}), json!({"a": "1"}));
        let live = config_map(json!({"resourceVersion": "7"}), json!({"a": "2"}));
        let decided = |verdict| decided(&wanted, Some(&live), verdict);

        let reason = || "exists already".to_owned();
        assert_eq!(
            decided(Verdict::Skip { reason: reason() }),
            Action::Skip { reason: reason() }
        );
        assert_eq!(decided(Verdict::Recreate), Action::Recreate);
        assert_eq!(
            decided(Verdict::Rename { name: "n".into() }),
            Action::Rename { name: "n".into() }
        );
        let patched = json!({"patched": true});
        assert_eq!(
            decided(Verdict::Patch {
                patched: patched.clone()
            }),
            Action::Patch { patched }
        );
    }

    #[test]
    fn a_patch_that_changes_nothing_is_a_skip() {
        let wanted = config_map(json!({}), json!({"a": "1"}));
        let live = config_map(json!({}), json!({"a": "1", "b": "2"}));
        let action = decided(
            &wanted,
            Some(&live),
            Verdict::Patch {
                patched: live.json.clone(),
            },
        );
        assert_eq!(action, Action::Skip { reason: EQUAL.into() });
    }

    #[test]
    fn a_replacement_is_an_update_of_what_was_seen() {
        let wanted = config_map(json!({}), json!({"a": "1"}));
        let live = config_map(json!({"resourceVersion": "7", "uid": "1"}), json!({"a": "2"}));
        let expected = config_map(json!({"resourceVersion": "7"}), json!({"a": "1"})).json;
        let action = decided(&wanted, Some(&live), Verdict::Replace);
        assert_eq!(
            action,
            Action::Replace {
                replacement: expected
            }
        );
    }

    #[test]
    fn a_resolver_that_fails_is_an_error() {
        let error = || PluginError {
            plugin: "mine".into(),
            kind: PluginErrorKind::Trap("unreachable".into()),
        };
        let mut wanted = config_map(json!({}), json!({"a": "1"}));
        let mut live = config_map(json!({}), json!({"a": "2"}));
        let result = decide(&mut wanted, Some(&mut live), &Context::default(), |_, _| {
            Err(error())
        });
        assert_eq!(result, Err(error()));
    }
}
