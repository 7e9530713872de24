//! Resource modifiers: the rules of AKS Backup and Velero that change objects on their way to the cluster.
//!
//! A document is read, checked and compiled once for an operation ([`Rules::parse`], [`Rules::compile`]); then each
//! object goes through it ([`CompiledRules::apply`]). Conditions are the host's, and see the object as it was before any
//! rule; what a rule does to an object is done by a plugin in the sandbox, as a whole or not at all.
#![doc = include_str!("DIFFERENCES.md")]

mod candidates;
mod compiled;
mod condition;
mod document;
mod explain;
mod field;
mod operation;
mod patch_data;
mod path;
mod plugins;
mod problem;
mod statistics;
mod value;

#[cfg(test)]
mod tests;

pub use compiled::{CompileError, CompiledRules, Outcome, RuleOutcome};
pub use condition::{Conditions, Mismatch};
pub use document::{Patches, Rule, Rules};
pub use explain::Explanation;
pub use plugins::ThirdParty;
pub use problem::RuleProblem;
pub use statistics::{RuleStatistics, Statistics};
