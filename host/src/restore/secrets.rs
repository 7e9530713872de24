//! Values of a Secret, which are hidden wherever they come to stand: a rule may copy one into a label.

use crate::object::Object;
use k8s_openapi::ByteString;
use serde_json::Value;
use std::collections::BTreeSet;

/// What stands in the place of a value of a Secret.
pub(super) const HIDDEN: &str = "(hidden)";

/// Maps of a Secret whose values are secret.
pub(super) const SECRET_MAPS: [&str; 2] = ["data", "stringData"];

/// A shorter value is hidden where it stands alone, and not within other texts: it would be found everywhere.
const FOUND_WITHIN: usize = 4;

/// The values of a Secret, encoded and decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SecretValues(BTreeSet<String>);

impl SecretValues {
    /// Those of an object of the backup; none where it is no Secret.
    pub(super) fn of(object: &Object) -> Self {
        let mut values = SecretValues::default();
        if object.id.resource.is("", "secrets") {
            values.collect(&object.json);
        }
        values
    }

    /// Add those of another state of the Secret.
    pub(super) fn collect(&mut self, secret: &Value) {
        let maps = SECRET_MAPS.iter().filter_map(|map| secret.get(map)?.as_object());
        for value in maps.flat_map(|map| map.values()) {
            let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
                continue;
            };
            self.0.insert(text.to_owned());
            let decoded = serde_json::from_value::<ByteString>(value.clone())
                .ok()
                .and_then(|decoded| String::from_utf8(decoded.0).ok());
            self.0.extend(decoded.filter(|decoded| !decoded.is_empty()));
        }
    }

    /// Hide the values in all texts of `json`.
    pub(super) fn mask(&self, json: &mut Value) {
        match json {
            Value::String(text) if self.show_in(text) => *text = HIDDEN.to_owned(),
            Value::Array(list) => list.iter_mut().for_each(|item| self.mask(item)),
            Value::Object(map) => map.values_mut().for_each(|value| self.mask(value)),
            _ => {}
        }
    }

    /// The text without the values.
    pub(super) fn mask_text(&self, text: String) -> String {
        let long = self.0.iter().filter(|value| value.len() >= FOUND_WITHIN);
        long.fold(text, |text, value| text.replace(value.as_str(), HIDDEN))
    }

    fn show_in(&self, text: &str) -> bool {
        let within = |value: &String| value.len() >= FOUND_WITHIN && text.contains(value.as_str());
        self.0.contains(text) || self.0.iter().any(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::alone(json!({"a": "s3cret"}), json!({"a": HIDDEN}))]
    #[case::within(json!(["x s3cret y"]), json!([HIDDEN]))]
    #[case::short_alone(json!("on"), json!(HIDDEN))]
    #[case::short_within(json!("only"), json!("only"))]
    #[case::decoded(json!("helloworld"), json!(HIDDEN))]
    #[case::other(json!({"a": ["b", 1]}), json!({"a": ["b", 1]}))]
    fn values_are_hidden(#[case] mut json: Value, #[case] expected: Value) {
        let mut values = SecretValues::default();
        values.collect(
            &json!({"data": {"a": "aGVsbG93b3JsZA=="}, "stringData": {"b": "s3cret", "c": "on", "d": ""}}),
        );
        values.mask(&mut json);
        assert_eq!(json, expected);
    }

    #[test]
    fn messages_are_shown_without_them() {
        let mut values = SecretValues::default();
        values.collect(&json!({"stringData": {"b": "s3cret"}}));
        assert_eq!(
            values.mask_text("Invalid value: \"s3cret\"".into()),
            "Invalid value: \"(hidden)\""
        );
    }
}
