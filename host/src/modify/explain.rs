//! Why a rule applies to an object, or does not.

use super::{CompiledRules, Rules};
use crate::object::Object;
use serde::Serialize;

/// Why one rule applies to an object, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Index of the rule, from 0.
    pub rule: usize,
    /// None where it applies; otherwise the first condition that the object does not fulfil, as a sentence.
    pub mismatch: Option<String>,
}

impl Rules {
    /// Rule by rule, why it applies to `object` or does not.
    pub fn explain(&self, object: &Object) -> Vec<Explanation> {
        explain(self.rules.iter().map(|rule| &rule.conditions), object)
    }
}

impl CompiledRules {
    /// Rule by rule, why it applies to `object` or does not.
    pub fn explain(&self, object: &Object) -> Vec<Explanation> {
        explain(self.conditions(), object)
    }
}

fn explain<'c>(conditions: impl Iterator<Item = &'c super::Conditions>, object: &Object) -> Vec<Explanation> {
    let explain_one = |(rule, conditions): (usize, &super::Conditions)| {
        let mismatch = conditions
            .explain(object)
            .err()
            .map(|mismatch| mismatch.to_string());
        Explanation { rule, mismatch }
    };
    conditions.enumerate().map(explain_one).collect()
}
