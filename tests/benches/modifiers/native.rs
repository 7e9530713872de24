//! The same rules without a sandbox, as a program would have them that knows no others.

use crate::rules::{Condition, Description};
use json_patch::Patch;
use lazarette::object::{GroupResource, Object};
use regex::Regex;
use serde_json::Value;
use std::collections::HashMap;

/// The rules as native code, by the type that they are for.
pub struct NativeRules(HashMap<GroupResource, Vec<NativeRule>>);

struct NativeRule {
    condition: NativeCondition,
    patch: NativePatch,
}

enum NativeCondition {
    Namespace(String),
    Name(Regex),
    Label(String, String),
}

enum NativePatch {
    Json(Patch),
    Merge(Value),
}

impl NativeRules {
    /// Make native code of rules.
    pub fn new(descriptions: &[Description]) -> Self {
        let mut rules: HashMap<_, Vec<_>> = HashMap::new();
        for description in descriptions {
            let of = description.group_resource.parse().expect("a type");
            rules.entry(of).or_default().push(NativeRule::new(description));
        }
        NativeRules(rules)
    }

    /// Apply the rules to `object`, in their order.
    pub fn apply(&self, object: &mut Object) {
        let rules = self.0.get(&object.id.resource).into_iter().flatten();
        // Conditions see the object before any rule.
        let matching: Vec<_> = rules.filter(|rule| rule.matches(object)).collect();
        for rule in matching {
            match &rule.patch {
                NativePatch::Json(patch) => {
                    json_patch::patch(&mut object.json, patch).expect("a patch that applies");
                }
                NativePatch::Merge(patch) => json_patch::merge(&mut object.json, patch),
            }
        }
    }
}

impl NativeRule {
    fn new(description: &Description) -> Self {
        NativeRule {
            condition: match description.condition {
                Condition::Namespace(namespace) => NativeCondition::Namespace(namespace.to_owned()),
                Condition::Name(regex) => NativeCondition::Name(Regex::new(regex).expect("an expression")),
                Condition::Label(key, value) => NativeCondition::Label(key.to_owned(), value.to_owned()),
            },
            patch: match &description.patch {
                Value::Array(_) => {
                    NativePatch::Json(serde_json::from_value(description.patch.clone()).expect("a patch"))
                }
                patch => NativePatch::Merge(patch.clone()),
            },
        }
    }

    fn matches(&self, object: &Object) -> bool {
        match &self.condition {
            NativeCondition::Namespace(namespace) => object.id.namespace.as_ref() == Some(namespace),
            NativeCondition::Name(regex) => regex.is_match(&object.id.name),
            NativeCondition::Label(key, value) => object.json["metadata"]["labels"][key] == *value,
        }
    }
}
