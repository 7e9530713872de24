//! Restores: from a backup to a cluster.
//!
//! For each object: read → prepare → modify → place → decide → apply → report. A plan and its application go through
//! the same steps; a plan stops before the last change and reports differences instead.

mod decide;
mod diff;
mod levels;
mod place;
mod policy;
mod prepare;
mod references;
mod report;
mod request;

pub use diff::Diff;
pub use levels::Level;
pub use policy::{ConflictPolicies, ConflictPolicy, ParsePolicyError};
pub use report::{ActionName, Note, ObjectReport, RestoreReport, RuleReport, Totals};
pub use request::{OnModifierError, ParseOnModifierErrorError, RestoreRequest};
