//! What becomes of a volume.

use crate::object::ObjectId;
use crate::report::Problem;
use crate::volumes::SnapshotRecord;
use serde::{Deserialize, Serialize};

/// A volume that is made from a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeReport {
    /// Its claim in the backup.
    pub id: ObjectId,
    /// Its claim in the cluster.
    pub target: ObjectId,
    /// The CSI driver.
    pub driver: String,
    /// By what the driver knows the snapshot.
    pub snapshot: String,
    /// How large the volume is at least, in bytes, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How far it is.
    pub state: VolumeState,
    /// Why it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// How far a volume is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VolumeState {
    /// It would be made.
    Planned,
    /// The claim is bound to a volume with the data.
    Restored,
    /// The volume is made when the first pod uses the claim.
    Waiting,
    /// It was not made.
    Failed,
}

impl std::fmt::Display for VolumeState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            VolumeState::Planned => "planned",
            VolumeState::Restored => "restored",
            VolumeState::Waiting => "waits for its first pod",
            VolumeState::Failed => "failed",
        })
    }
}

impl VolumeReport {
    /// A volume that would be made from the snapshot of `record` for the claim `id`, which is `target` in the cluster.
    pub(in crate::restore) fn new(id: ObjectId, target: ObjectId, record: &SnapshotRecord) -> Self {
        VolumeReport {
            id,
            target,
            driver: record.driver.clone(),
            snapshot: record.handle.clone(),
            bytes: record.restore_size,
            state: VolumeState::Planned,
            problem: None,
        }
    }
}
