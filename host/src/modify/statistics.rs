//! How often each rule matched, and what came of it.

use super::{Outcome, RuleOutcome};
use serde::Serialize;

/// What became of one rule in an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleStatistics {
    /// Objects that fulfilled its conditions.
    pub matched: u64,
    /// Of these, objects that it changed.
    pub changed: u64,
    /// Of these, objects that it left as they were, because a `test` failed.
    pub left: u64,
    /// Objects that it failed on.
    pub failed: u64,
}

/// What became of all rules, in the order of the document. Each worker keeps its own; they are added up at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// One entry for each rule.
    pub rules: Vec<RuleStatistics>,
}

impl Statistics {
    /// Nothing yet, of a document with `rules` rules.
    pub fn new(rules: usize) -> Self {
        Statistics {
            rules: vec![RuleStatistics::default(); rules],
        }
    }

    /// Count what became of one object.
    pub fn record(&mut self, outcome: &Outcome) {
        for (rule, outcome) in &outcome.rules {
            let Some(counts) = self.rules.get_mut(*rule) else {
                continue;
            };
            counts.matched += 1;
            match outcome {
                RuleOutcome::Changed => counts.changed += 1,
                RuleOutcome::Unchanged => {}
                RuleOutcome::Left { .. } => counts.left += 1,
                RuleOutcome::Failed(_) => counts.failed += 1,
            }
        }
    }

    /// Add what another worker counted for the same document.
    pub fn merge(&mut self, other: &Statistics) {
        for (mine, theirs) in self.rules.iter_mut().zip(&other.rules) {
            mine.matched += theirs.matched;
            mine.changed += theirs.changed;
            mine.left += theirs.left;
            mine.failed += theirs.failed;
        }
    }

    /// Indexes of the rules that never matched anything.
    pub fn unmatched(&self) -> impl Iterator<Item = usize> {
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, counts)| counts.matched == 0)
            .map(|(rule, _)| rule)
    }
}
