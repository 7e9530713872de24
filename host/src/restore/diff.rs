//! How an object changes, to be read by people and by programs. Values of Secrets are never in it.

use super::secrets::{HIDDEN, SECRET_MAPS, SecretValues};
use crate::object::{GroupResource, yaml};
use crate::report::diff;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What stands in the place of a value of a Secret after it was changed.
const HIDDEN_CHANGED: &str = "(hidden, changed)";

/// Annotations in which tools keep a copy of the whole object.
const COPIES: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
];

/// How an object changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    /// Lines of YAML with `-` and `+`, and some lines around them, as `diff -u` has them.
    pub text: String,
    /// The change as a JSON patch (RFC 6902).
    pub patch: Value,
}

impl Diff {
    /// This change and then another one of the same object.
    pub(super) fn then(mut self, later: Diff) -> Self {
        self.text.push_str(&later.text);
        if let (Some(operations), Value::Array(more)) = (self.patch.as_array_mut(), later.patch) {
            operations.extend(more);
        }
        self
    }

    /// From `before` to `after`, both of type `of`; none where they are equal. Of a Secret it is said which keys change,
    /// not what they hold.
    ///
    /// `secrets` are values that are hidden wherever they stand.
    pub(super) fn between(
        of: &GroupResource,
        before: &Value,
        after: &Value,
        secrets: &SecretValues,
    ) -> Option<Self> {
        if before == after {
            return None;
        }
        let (mut before, mut after) = (before.clone(), after.clone());
        if of.is("", "secrets") {
            let mut secrets = secrets.clone();
            secrets.collect(&before);
            secrets.collect(&after);
            hide(&mut before, &mut after);
            secrets.mask(&mut before);
            secrets.mask(&mut after);
        }
        // The order of keys means nothing, and may differ between a server and a file.
        before.sort_all_objects();
        after.sort_all_objects();
        let text = diff(&yaml::write(&before), &yaml::write(&after));
        let patch = serde_json::to_value(json_patch::diff(&before, &after)).unwrap_or_default();
        Some(Diff { text, patch })
    }
}

/// Hide the values of a Secret, before and after a change.
fn hide(before: &mut Value, after: &mut Value) {
    for name in SECRET_MAPS {
        match (before.get_mut(name), after.get_mut(name)) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                let keys = before
                    .keys()
                    .chain(after.keys())
                    .cloned()
                    .collect::<BTreeSet<_>>();
                keys.iter().for_each(|key| hide_member(before, after, key));
            }
            (before, after) => before.into_iter().chain(after).for_each(hide_whole),
        }
    }
    let annotations = |object: &mut Value| match object.pointer_mut("/metadata/annotations") {
        Some(Value::Object(annotations)) => std::mem::take(annotations),
        _ => Map::new(),
    };
    let (mut old, mut new) = (annotations(before), annotations(after));
    COPIES
        .iter()
        .for_each(|name| hide_member(&mut old, &mut new, name));
    for (object, annotations) in [(before, old), (after, new)] {
        if let Some(Value::Object(place)) = object.pointer_mut("/metadata/annotations") {
            *place = annotations;
        }
    }
}

/// Hide a member of two maps, and show only whether it is the same in both.
fn hide_member(before: &mut Map<String, Value>, after: &mut Map<String, Value>, key: &str) {
    let changed = before.get(key) != after.get(key) && before.contains_key(key);
    if let Some(value) = before.get_mut(key) {
        *value = HIDDEN.into();
    }
    if let Some(value) = after.get_mut(key) {
        *value = if changed { HIDDEN_CHANGED } else { HIDDEN }.into();
    }
}

/// Hide all values of a map, or something that should be a map.
fn hide_whole(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| *value = HIDDEN.into()),
        other => *other = HIDDEN.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn between(of: &str, before: &Value, after: &Value) -> Option<Diff> {
        Diff::between(&of.parse().unwrap(), before, after, &SecretValues::default())
    }

    #[test]
    fn a_change_is_shown_as_text_and_as_a_patch() {
        let before = json!({"kind": "Deployment", "spec": {"replicas": 1, "paused": true}});
        let after = json!({"spec": {"paused": true, "replicas": 3}, "kind": "Deployment"});
        let diff = between("deployments.apps", &before, &after).unwrap();
        assert!(
            diff.text.contains("\n-  replicas: 1\n+  replicas: 3\n"),
            "{}",
            diff.text
        );
        assert!(
            !diff.text.contains("-kind"),
            "the order of keys is no change: {}",
            diff.text
        );
        assert_eq!(
            diff.patch,
            json!([{"op": "replace", "path": "/spec/replicas", "value": 3}])
        );
    }

    #[test]
    fn two_changes_one_after_the_other_are_one() {
        let states = [json!({"a": 1}), json!({"a": 2}), json!({"a": 2, "b": 3})];
        let step = |from: usize| between("pods", &states[from], &states[from + 1]).unwrap();
        let both = step(0).then(step(1));
        let mut changed = states[0].clone();
        json_patch::patch(
            &mut changed,
            &serde_json::from_value::<json_patch::Patch>(both.patch).unwrap(),
        )
        .unwrap();
        assert_eq!(changed, states[2]);
        assert!(
            both.text.contains("+a: 2\n") && both.text.contains("+b: 3\n"),
            "{}",
            both.text
        );
    }

    #[test]
    fn equal_objects_have_no_difference() {
        let object = json!({"a": 1});
        assert_eq!(between("pods", &object, &object), None);
    }

    #[rstest]
    #[case::data("data")]
    #[case::string_data("stringData")]
    fn values_of_secrets_are_hidden(#[case] map: &str) {
        let before = json!({"kind": "Secret", map: {"same": "s3same", "gone": "s3gone", "changed": "s3old"}});
        let after = json!({"kind": "Secret", map: {"same": "s3same", "new": "s3new", "changed": "s3other"}});
        let diff = between("secrets", &before, &after).unwrap();
        let all = format!("{}{}", diff.text, diff.patch);
        assert!(!all.contains("s3"), "{all}");
        for line in [
            "-  changed: (hidden)\n",
            "+  changed: (hidden, changed)\n",
            "-  gone: (hidden)\n",
            "+  new: (hidden)\n",
            "   same: (hidden)\n",
        ] {
            assert!(diff.text.contains(line), "{line} is not in {}", diff.text);
        }
    }

    #[rstest]
    #[case::only_before(json!({"data": {"a": "s3"}}), json!({}))]
    #[case::only_after(json!({}), json!({"data": {"a": "s3"}}))]
    #[case::no_map(json!({"data": "s3"}), json!({"data": {"a": "s3b"}}))]
    #[case::copies(
        json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "s3"}}}),
        json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "s3b"}}})
    )]
    #[case::a_new_copy(json!({"metadata": {}}), json!({"metadata": {"annotations": {"kapp.k14s.io/original": "s3b"}}}))]
    fn no_form_of_a_secret_shows_its_values(#[case] before: Value, #[case] after: Value) {
        let diff = between("secrets", &before, &after).unwrap();
        assert!(!format!("{}{}", diff.text, diff.patch).contains("s3"), "{diff:?}");
        assert!(diff.text.contains(HIDDEN), "{diff:?}");
    }

    /// `aGVsbG93b3JsZA==` is `helloworld`.
    #[rstest]
    #[case::as_it_is("aGVsbG93b3JsZA==")]
    #[case::decoded("helloworld")]
    #[case::within("it is helloworld, in words")]
    fn values_that_a_rule_copied_are_hidden(#[case] copy: &str) {
        let before = json!({"data": {"a": "aGVsbG93b3JsZA=="}});
        let after = json!({"data": {"a": "aGVsbG93b3JsZA=="}, "metadata": {"labels": {"copy": copy}}});
        let diff = between("secrets", &before, &after).unwrap();
        assert!(!format!("{}{}", diff.text, diff.patch).contains(copy), "{diff:?}");
        assert!(diff.text.contains("copy: (hidden)"), "{}", diff.text);
    }

    #[test]
    fn other_annotations_of_a_secret_are_shown() {
        let secret = |team: &str| json!({"metadata": {"annotations": {"team": team}}, "data": {"a": "s3"}});
        let diff = between("secrets", &secret("a"), &secret("b")).unwrap();
        assert!(diff.text.contains("+    team: b"), "{}", diff.text);
    }
}
