//! Backups: from a cluster into a store, and which of them to keep.

mod create;
mod error;
mod left_out;
mod namespaces;
mod prune;
mod reading;
mod request;
mod retention;
mod selection;
#[cfg(test)]
mod tests;

pub use create::create;
pub use error::BackupError;
pub use prune::{Pruning, plan_pruning, prune};
pub use request::{BackupRequest, BackupSummary};
pub use retention::{Candidate, Decision, Reason, Retention};
