//! The data of volumes in a restore: which claims become volumes with data, and what is left out because of that.

use super::request::{RestoreRequest, VolumeMode};
use super::types::Types;
use super::{Environment, RestoreError};
use crate::object::{Object, ObjectId};
use crate::report::{Code, Problem};
use crate::volumes::{
    OutOfReach, SNAPSHOT_GROUP, SnapshotClass, SnapshotRecord, SnapshotTypes, VolumeRecords, classes,
    use_snapshot,
};
use serde_json::Value;

/// The data of volumes in a restore.
#[derive(Clone, Debug, Default)]
pub(super) struct Data {
    records: VolumeRecords,
    /// The id of the backup.
    pub id: String,
    /// The snapshot API of the cluster.
    pub types: Option<SnapshotTypes>,
    /// Its classes.
    pub classes: Vec<SnapshotClass>,
}

impl Data {
    /// What there is to restore; nothing where no data is wanted, or the cluster is a folder. What the user should know is
    /// the second result.
    pub(super) async fn read(
        request: &RestoreRequest,
        with: &Environment<'_>,
        types: &Types,
    ) -> Result<(Self, Vec<String>), RestoreError> {
        if request.volumes == VolumeMode::WithoutData {
            return Ok((Data::default(), Vec::new()));
        }
        let records = VolumeRecords::of(with.backup).await?;
        if records.snapshots.is_empty() && records.out_of_reach.is_empty() {
            return Ok((Data::default(), Vec::new()));
        }
        if !with.cluster.is_live() {
            let count = records.snapshots.len() + records.out_of_reach.len();
            let warning = format!("the data of {count} volumes is not restored: a folder has no volumes");
            return Ok((Data::default(), vec![warning]));
        }
        let mut data = Data {
            records,
            id: with.backup.manifest().id.clone(),
            types: SnapshotTypes::of(types.iter().collect::<Vec<_>>()),
            classes: Vec::new(),
        };
        match &data.types {
            Some(types) => data.classes = classes(with.cluster, &types.classes).await?,
            None => data.refuse_all(),
        }
        Ok((data, Vec::new()))
    }

    /// Without the snapshot API no snapshot can be used.
    fn refuse_all(&mut self) {
        for record in std::mem::take(&mut self.records.snapshots) {
            let message =
                "the cluster does not serve snapshot.storage.k8s.io, so its data cannot be restored";
            let problem = Problem::new(Code::SnapshotsNotServed, message).about(record.id());
            let id = record.id();
            self.records.out_of_reach.push(OutOfReach { id, problem });
        }
    }

    /// The snapshot that a claim of the backup becomes a volume from.
    pub(super) fn of(&self, id: &ObjectId) -> Option<&SnapshotRecord> {
        self.records.of_claim(id)
    }

    /// Why a claim of the backup cannot have its data.
    pub(super) fn refused(&self, id: &ObjectId) -> Option<&Problem> {
        self.records.out_of_reach(id)
    }

    /// Why an object of the backup is not restored, because its claim gets a volume from a snapshot.
    pub(super) fn left_out(&self, object: &Object) -> Option<String> {
        let (id, mut records) = (&object.id, self.records.snapshots.iter());
        if id.resource.is("", "persistentvolumes") {
            let record = records.find(|record| record.volume == id.name)?;
            let claim = record.id();
            return Some(format!(
                "{claim} gets a new volume, with the data of its snapshot"
            ));
        }
        let is_kept = match (id.resource.group.as_str(), id.resource.resource.as_str()) {
            (SNAPSHOT_GROUP, "volumesnapshotcontents") => records.any(|record| record.content == id.name),
            (SNAPSHOT_GROUP, "volumesnapshots") => self.is_of_record(object),
            _ => false,
        };
        is_kept.then(|| "it is a snapshot of the backup itself, which claims are restored from".to_owned())
    }

    fn is_of_record(&self, snapshot: &Object) -> bool {
        let content = snapshot
            .json
            .pointer("/status/boundVolumeSnapshotContentName")
            .and_then(Value::as_str);
        let mut records = self.records.snapshots.iter();
        content.is_some_and(|content| records.any(|record| record.content == content))
    }

    /// Let a claim have the data of its snapshot, if it has one. Whether it does.
    pub(super) fn put(&self, id: &ObjectId, claim: &mut Value) -> bool {
        match self.of(id) {
            Some(record) => {
                use_snapshot(claim, &self.id, record);
                true
            }
            None => false,
        }
    }
}
