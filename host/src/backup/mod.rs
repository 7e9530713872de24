//! Backups: from a cluster into a store, and which of them to keep.

mod prune;
mod retention;

pub use prune::{Pruning, plan_pruning, prune};
pub use retention::{Candidate, Decision, Reason, Retention};
