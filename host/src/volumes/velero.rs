//! What backups of Velero, and of AKS Backup, say about their volumes.

use super::candidate::claim_id;
use super::record::{OutOfReach, SnapshotRecord, VolumeRecords};
use super::{content, text};
use crate::archive::{ArchiveError, Backup};
use crate::object::ObjectId;
use crate::report::{Code, Problem};
use futures::StreamExt;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a backup of Velero says about its volumes: the snapshots by the archived objects and by the lists beside the
/// archive, and by name those whose data is where only Velero can read it.
pub(super) async fn records(backup: &Backup) -> Result<VolumeRecords, ArchiveError> {
    let mut found = Objects::default();
    let mut objects = backup.objects(|id| {
        let (group, resource) = (id.resource.group.as_str(), id.resource.resource.as_str());
        matches!(
            (group, resource),
            (
                super::SNAPSHOT_GROUP,
                "volumesnapshots" | "volumesnapshotcontents"
            ) | ("", "persistentvolumeclaims" | "pods")
        )
    });
    while let Some(object) = objects.next().await {
        match object {
            Ok(archived) => {
                if let Ok(object) = archived.parse() {
                    found.add(&object.id.resource.resource.clone(), object.json);
                }
            }
            // It is reported where it would be restored.
            Err(ArchiveError::DamagedObject { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    drop(objects);
    for (list, resource) in [
        ("csi-volumesnapshots", "volumesnapshots"),
        ("csi-volumesnapshotcontents", "volumesnapshotcontents"),
    ] {
        for object in backup.velero_list(list).await? {
            found.add(resource, object);
        }
    }
    let mut records = VolumeRecords {
        snapshots: found.snapshot_records(),
        ..VolumeRecords::default()
    };
    let volumes = backup.velero_list("volumeinfo").await?;
    let pod_volumes = backup.velero_list("podvolumebackups").await?;
    records.out_of_reach = found.out_of_reach(&volumes, &pod_volumes, &records);
    Ok(records)
}

/// Objects of a backup that speak of volumes.
#[derive(Default)]
struct Objects {
    snapshots: BTreeMap<(String, String), Value>,
    contents: BTreeMap<String, Value>,
    claims: Vec<Value>,
    pods: Vec<Value>,
}

impl Objects {
    /// Take note of an object. The first of a name counts.
    fn add(&mut self, resource: &str, object: Value) {
        let string = |pointer: &str| text(&object, pointer).unwrap_or_default().to_owned();
        match resource {
            "volumesnapshots" => {
                let key = (string("/metadata/namespace"), string("/metadata/name"));
                self.snapshots.entry(key).or_insert(object);
            }
            "volumesnapshotcontents" => {
                let key = string("/metadata/name");
                self.contents.entry(key).or_insert(object);
            }
            "persistentvolumeclaims" => self.claims.push(object),
            _ => self.pods.push(object),
        }
    }

    fn snapshot_records(&self) -> Vec<SnapshotRecord> {
        let mut seen = BTreeSet::new();
        let records = self
            .snapshots
            .values()
            .filter_map(|snapshot| self.record(snapshot));
        records
            .filter(|record| seen.insert((record.namespace.clone(), record.claim.clone())))
            .collect()
    }

    /// The record of a snapshot that Velero made. Those that the user had made are the user's.
    fn record(&self, snapshot: &Value) -> Option<SnapshotRecord> {
        snapshot.pointer("/metadata/labels/velero.io~1backup-name")?;
        let content = self
            .contents
            .get(text(snapshot, "/status/boundVolumeSnapshotContentName")?)?;
        let namespace = text(snapshot, "/metadata/namespace")?;
        let name = text(snapshot, "/spec/source/persistentVolumeClaimName")?;
        let claim = self.claim(namespace, name);
        let of_claim = |pointer| claim.and_then(|claim| text(claim, pointer)).map(str::to_owned);
        Some(SnapshotRecord {
            namespace: namespace.to_owned(),
            claim: name.to_owned(),
            volume: of_claim("/spec/volumeName").unwrap_or_default(),
            driver: text(content, "/spec/driver")?.to_owned(),
            handle: text(content, "/status/snapshotHandle")?.to_owned(),
            content: text(content, "/metadata/name")?.to_owned(),
            class: text(content, "/spec/volumeSnapshotClassName").map(str::to_owned),
            mode: text(content, "/spec/sourceVolumeMode")
                .map(str::to_owned)
                .or_else(|| of_claim("/spec/volumeMode")),
            storage_class: of_claim("/spec/storageClassName"),
            cut_at: content::cut_at(content),
            restore_size: content.pointer("/status/restoreSize").and_then(Value::as_u64),
        })
    }

    fn claim(&self, namespace: &str, name: &str) -> Option<&Value> {
        let is_it = |claim: &&Value| {
            text(claim, "/metadata/namespace") == Some(namespace)
                && text(claim, "/metadata/name") == Some(name)
        };
        self.claims.iter().find(is_it)
    }

    /// Claims whose data is in a repository or in snapshots outside of CSI.
    fn out_of_reach(&self, volumes: &[Value], pods: &[Value], records: &VolumeRecords) -> Vec<OutOfReach> {
        let mut found: BTreeMap<ObjectId, String> = BTreeMap::new();
        for volume in volumes {
            let claim = text(volume, "/pvcNamespace").zip(text(volume, "/pvcName"));
            if let Some(((namespace, name), place)) = claim.zip(place_of(volume)) {
                found.insert(claim_id(namespace, name), place);
            }
        }
        for volume in pods {
            if let Some(id) = self.claim_of_pod_volume(volume) {
                let place = repository(text(volume, "/spec/uploaderType"));
                found.entry(id).or_insert(place);
            }
        }
        let found = found.into_iter().filter(|(id, _)| records.of_claim(id).is_none());
        found
            .map(|(id, place)| {
                let message = format!("its data is in {place}, which only Velero can read");
                let problem = Problem::new(Code::VolumeOutOfReach, message).about(&id);
                OutOfReach { id, problem }
            })
            .collect()
    }

    /// The claim behind a volume of a pod that Velero has copied file by file.
    fn claim_of_pod_volume(&self, copied: &Value) -> Option<ObjectId> {
        let namespace = text(copied, "/spec/pod/namespace")?;
        let name = text(copied, "/spec/pod/name")?;
        let volume = text(copied, "/spec/volume")?;
        let is_it = |pod: &&Value| {
            text(pod, "/metadata/namespace") == Some(namespace) && text(pod, "/metadata/name") == Some(name)
        };
        let pod = self.pods.iter().find(is_it)?;
        let volumes = pod.pointer("/spec/volumes")?.as_array()?;
        let volume = volumes
            .iter()
            .find(|found| text(found, "/name") == Some(volume))?;
        let claim = text(volume, "/persistentVolumeClaim/claimName")?;
        Some(claim_id(namespace, claim))
    }
}

/// Where the data of a volume is that is not in a CSI snapshot; none where it is in one, or nowhere.
fn place_of(volume: &Value) -> Option<String> {
    if volume.get("skipped").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let is_moved = volume.get("snapshotDataMoved").and_then(Value::as_bool) == Some(true);
    match text(volume, "/backupMethod")? {
        "PodVolumeBackup" => Some(repository(text(volume, "/pvbInfo/uploaderType"))),
        "CSISnapshot" if is_moved => Some(repository(text(volume, "/snapshotDataMovementInfo/uploaderType"))),
        "NativeSnapshot" => Some("a snapshot that a plugin of Velero made".to_owned()),
        _ => None,
    }
}

fn repository(uploader: Option<&str>) -> String {
    match uploader.unwrap_or("kopia") {
        "restic" => "a restic repository of Velero".to_owned(),
        _ => "a Kopia repository".to_owned(),
    }
}
