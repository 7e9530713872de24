//! Velero: what it wants to see of our backups, and reading the backups that it and AKS Backup wrote.
//!
//! Velero's `.tar.gz` is one stream without an index, and a restore reads in levels. So it is read once from end to end,
//! with bounds for everything that it may claim, and its objects go into a temporary file, in members as ours have them,
//! with an index. From there on it is read as a backup of ours.

mod backup;
mod findings;
mod open;
mod resource_list;
mod scan;
mod spool;
mod stream;
mod tar_entries;
mod verify;
mod volumes;
mod written;

pub use backup::VeleroBackup;
pub(super) use open::{open, salvage};
pub(super) use spool::Spool;
pub(super) use verify::verify;
pub(super) use volumes::list;
pub use written::HookStatus;
pub(super) use written::{backup_resource, results};
