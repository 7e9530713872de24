//! Any text as the `value` of a patch. JSON stays what it is, and everything else becomes some text.

#![no_main]

use lazarette::modify::Rules;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let patch = json!({"operation": "add", "path": "/a", "value": text});
    let rule = json!({"conditions": {"groupResource": "pods"}, "patches": [patch]});
    let document = json!({"version": "v1", "resourceModifierRules": [rule]});
    let Ok(rules) = Rules::parse(&document.to_string()) else {
        assert!(!text.chars().all(may_stand_in_yaml), "{text:?}");
        return;
    };
    let value = rules.rules[0].patches.config.pointer("/patches/0/value");
    let value = value.expect("a value");
    let is_json = text.starts_with(['{', '[']) || matches!(text, "null" | "true" | "false");
    match serde_json::from_str::<Value>(text) {
        Ok(json) if is_json => assert_eq!(*value, json),
        _ => assert!(value.is_string() || value.is_number(), "{value}"),
    }
});

/// What YAML calls printable, and what JSON escapes. The rest may not stand in a document, for Velero neither.
fn may_stand_in_yaml(character: char) -> bool {
    matches!(character, '\0'..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}
