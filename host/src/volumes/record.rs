//! What is kept with a backup about the volumes in it.

use super::candidate::claim_id;
use crate::archive::{ArchiveError, Backup, BackupFile, Manifest, read_side_file};
use crate::object::ObjectId;
use crate::report::Problem;
use crate::store::Store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is kept with a backup about the volumes in it: a file of JSON beside the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeRecords {
    /// The snapshots, by namespace and claim.
    #[serde(default)]
    pub snapshots: Vec<SnapshotRecord>,
    /// Claims of which there is none, with the reason for each.
    #[serde(default)]
    pub not_taken: Vec<Problem>,
    /// Claims whose data another program keeps where this one cannot read it, with the reason for each. Only of Velero's
    /// backups, where it is found out when they are read.
    #[serde(skip)]
    pub out_of_reach: Vec<OutOfReach>,
}

/// A claim whose data is kept where it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfReach {
    /// The claim.
    pub id: ObjectId,
    /// Where its data is, and why that cannot be read.
    pub problem: Problem,
}

/// A snapshot of the volume of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotRecord {
    /// Namespace of the claim.
    pub namespace: String,
    /// Name of the claim.
    pub claim: String,
    /// Name of the volume that it was bound to.
    pub volume: String,
    /// The CSI driver.
    pub driver: String,
    /// By what the driver knows the snapshot.
    pub handle: String,
    /// The `VolumeSnapshotContent` that keeps it in the cluster where it was cut.
    pub content: String,
    /// The class that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// `Filesystem` or `Block`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The storage class of the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// When it was cut, by the clock of the storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_at: Option<Timestamp>,
    /// How large a volume that is made from it must be, in bytes; none where the driver does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_size: Option<u64>,
}

impl SnapshotRecord {
    /// Who the claim is.
    pub fn id(&self) -> ObjectId {
        claim_id(&self.namespace, &self.claim)
    }
}

impl VolumeRecords {
    /// What the backup says about its volumes: ours, or one of Velero.
    pub async fn of(backup: &Backup) -> Result<Self, ArchiveError> {
        match backup.is_of_velero() {
            true => super::velero::records(backup).await,
            false => VolumeRecords::read(backup.store(), backup.manifest()).await,
        }
    }

    /// What the backup of a manifest says about its volumes; nothing where it has none.
    pub async fn read(store: &dyn Store, manifest: &Manifest) -> Result<Self, ArchiveError> {
        let Some(text) = read_side_file(store, manifest, BackupFile::Volumes).await? else {
            return Ok(VolumeRecords::default());
        };
        serde_json::from_slice(&text).map_err(|error| ArchiveError::Damaged {
            file: BackupFile::Volumes.key(&manifest.name),
            message: format!("it is no list of volumes: {error}"),
        })
    }

    /// The snapshot of a claim of the backup.
    pub fn of_claim(&self, id: &ObjectId) -> Option<&SnapshotRecord> {
        let namespace = id.namespace.as_deref()?;
        let is_it = |record: &&SnapshotRecord| record.namespace == namespace && record.claim == id.name;
        match id.resource.is("", "persistentvolumeclaims") {
            true => self.snapshots.iter().find(is_it),
            false => None,
        }
    }

    /// Why the data of a claim of the backup is out of reach.
    pub fn out_of_reach(&self, id: &ObjectId) -> Option<&Problem> {
        let found = self.out_of_reach.iter().find(|out| out.id == *id);
        found.map(|out| &out.problem)
    }
}
