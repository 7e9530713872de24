//! Replaces what fits a regular expression, in any string of an object.
//!
//! `{"rules": [{"pattern": "db-(\\w+)\\.prod\\.svc", "replacement": "db-$1.staging.svc", "below": "/spec"}]}`. `below` is a
//! JSON pointer, and all but the identity of the object where it is not given. Keys stay as they are.

use lazarette_sdk::{Decision, Error, Modifier, Object, Value, json};
use regex_lite::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    rules: Vec<RuleConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleConfig {
    pattern: String,
    replacement: String,
    #[serde(default)]
    below: String,
}

struct RegexReplace {
    rules: Vec<Rule>,
}

struct Rule {
    pattern: Regex,
    replacement: String,
    below: String,
}

/// What makes an object the one that it is: not ours to change.
const IDENTITY: [&str; 5] = [
    "/apiVersion",
    "/kind",
    "/metadata/name",
    "/metadata/namespace",
    "/metadata/uid",
];

impl Modifier for RegexReplace {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Error> {
        let compile = |(index, rule): (usize, RuleConfig)| {
            let pattern = Regex::new(&rule.pattern).map_err(|error| {
                Error::invalid_config(error.to_string(), format!("/rules/{index}/pattern"))
            })?;
            Ok(Rule {
                pattern,
                replacement: rule.replacement,
                below: rule.below,
            })
        };
        let rules = config.rules.into_iter().enumerate().map(compile);
        Ok(RegexReplace {
            rules: rules.collect::<Result<_, Error>>()?,
        })
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        let before = object.value();
        let mut operations = Vec::new();
        self.walk(&before, String::new(), &mut operations);
        match operations.is_empty() {
            true => decision.skip("nothing fits"),
            false => decision.json_patch(&operations.into()),
        }
        Ok(())
    }
}

impl RegexReplace {
    fn walk(&self, value: &Value, pointer: String, operations: &mut Vec<Value>) {
        match value {
            Value::String(text) if !IDENTITY.contains(&pointer.as_str()) => {
                let replaced = self.replaced(text, &pointer);
                if replaced != *text {
                    operations.push(json!({"op": "replace", "path": pointer, "value": replaced}));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, format!("{pointer}/{index}"), operations);
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    self.walk(member, format!("{pointer}/{key}"), operations);
                }
            }
            _ => {}
        }
    }

    /// `text` after all rules that are for this place, in their order.
    fn replaced(&self, text: &str, pointer: &str) -> String {
        let is_below = |rule: &&Rule| {
            pointer
                .strip_prefix(&rule.below)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.rules
            .iter()
            .filter(is_below)
            .fold(text.to_owned(), |text, rule| {
                rule.pattern
                    .replace_all(&text, rule.replacement.as_str())
                    .into_owned()
            })
    }
}

lazarette_sdk::export_modifier!(RegexReplace, manifest: "../manifest.json");
