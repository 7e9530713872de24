//! Values of fields. Null is what is not given, as the API server has it.

use crate::object::{Glob, LabelSelector};
use crate::report::units;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::time::Duration;

/// Patterns of names of namespaces.
pub(super) fn globs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Glob>, D::Error> {
    let patterns: Option<Vec<String>> = Option::deserialize(deserializer)?;
    let read = |pattern: String| Glob::new(&pattern, None).map_err(D::Error::custom);
    patterns.into_iter().flatten().map(read).collect()
}

/// A label selector in the structured form.
pub(super) fn selector<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LabelSelector, D::Error> {
    LabelSelector::from_json(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A program and its arguments.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let words: Vec<String> = Vec::deserialize(deserializer)?;
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err(D::Error::custom(
            "expected a list with the program and its arguments; there is no shell",
        )),
    }
}

/// A length of time; none where it is not given or zero, as Velero has it.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.map_or(Ok(None), |text| duration(&text))
        .map_err(D::Error::custom)
}

/// A length of time such as `30s`; none where it is zero.
pub(in crate::hooks) fn duration(text: &str) -> Result<Option<Duration>, String> {
    let is_zero = text.chars().any(|c| c == '0') && !text.chars().any(|c| matches!(c, '1'..='9' | '-'));
    if is_zero {
        return Ok(None);
    }
    let length = units::parse_duration(text)
        .map_err(|_| format!("'{text}' is not a length of time: expected a form such as 30s or 5m"))?;
    Duration::try_from(length)
        .map(Some)
        .map_err(|error| format!("'{text}': {error}"))
}

/// Containers, each with what the API server demands of one.
pub(super) fn init_containers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    let containers: Vec<Value> = Vec::deserialize(deserializer)?;
    for container in &containers {
        let has = |field| {
            container
                .get(field)
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty())
        };
        if !has("name") || !has("image") {
            return Err(D::Error::custom("an init container needs a name and an image"));
        }
    }
    Ok(containers)
}

/// The configuration of a plugin: an object.
pub(super) fn config<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        config @ Value::Object(_) => Ok(Some(config)),
        _ => Err(D::Error::custom(
            "expected an object with the plugin's configuration",
        )),
    }
}
