//! The data of volumes: CSI snapshots of claims, cut by a backup and used by a restore.
//!
//! A backup asks for a `VolumeSnapshot` of each claim ([`survey()`], [`Snapshots`]), keeps what the storage answered beside
//! its objects ([`VolumeRecords`]), and leaves the `VolumeSnapshotContent`s in the cluster, with the policy `Retain`: so a
//! snapshot outlives its namespace and its claim. They go with their backup ([`remove_snapshots`]); those whose backup is
//! gone are found by [`orphans`]. A restore makes a volume from a snapshot by its handle, in any cluster where the driver
//! reaches the same storage ([`Provision`]).

mod candidate;
mod class;
mod content;
mod kinds;
mod options;
mod origin;
mod orphans;
mod pace;
mod provision;
mod quantity;
mod record;
mod removal;
mod snapshots;
mod survey;
mod temporary;
mod velero;

pub use candidate::Candidate;
pub use class::{SnapshotClass, choose};
pub use kinds::{SNAPSHOT_GROUP, SnapshotTypes};
pub use options::{ParseSnapshotModeError, SnapshotMode, SnapshotOptions};
pub use origin::Origin;
pub use orphans::{Orphan, orphans, remove_orphan};
pub use provision::Provision;
pub use quantity::bytes;
pub use record::{OutOfReach, SnapshotRecord, VolumeRecords};
pub use removal::remove_snapshots;
pub use snapshots::{Settled, Snapshots};
pub use survey::{Survey, survey};
pub use temporary::TemporaryClaim;

pub(crate) use kinds::{claims, pods, storage_classes};
pub(crate) use origin::{HELPS, WRITER};
pub(crate) use pace::Pace;
pub(crate) use provision::use_snapshot;
pub(crate) use survey::classes;

use serde_json::Value;

/// The string at `pointer`.
fn text<'a>(json: &'a Value, pointer: &str) -> Option<&'a str> {
    json.pointer(pointer)?.as_str()
}
