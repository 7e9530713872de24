//! Backups: from a cluster into a store, and removing those that [`crate::policy`] does not keep.

mod create;
mod error;
mod hooking;
mod left_out;
mod namespaces;
mod prune;
mod reading;
mod request;
mod selection;
#[cfg(test)]
mod tests;
mod volumes;

pub use create::{create, create_with_hooks};
pub use error::BackupError;
pub use hooking::{Hooking, plan as plan_hooks};
pub use prune::{Pruning, plan_pruning, prune};
pub use request::{BackupRequest, BackupSummary};
pub use volumes::plan as plan_snapshots;
