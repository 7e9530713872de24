//! Persistent volumes and their claims.

use super::super::report::Note;
use super::{Context, map_mut, remove_members, text};
use crate::object::ObjectId;
use serde_json::Value;

/// What the volume controllers write when they bind a claim, and what the scheduler writes when it places its pod.
/// All of it speaks of the original cluster.
const BINDING_ANNOTATIONS: [&str; 5] = [
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
];

/// Says which provisioner made a volume; volumes that a person described do not have it.
const PROVISIONED_BY: &str = "/metadata/annotations/pv.kubernetes.io~1provisioned-by";

/// Why a persistent volume is not restored. One that was made for its claim and is deleted with it is made again for
/// the restored claim; restored as an object it would point to a disk that is gone.
pub(in crate::restore) fn volume_left_out(volume: &Value) -> Option<String> {
    let provisioner = text(volume, PROVISIONED_BY)?;
    let deleted = text(volume, "/spec/persistentVolumeReclaimPolicy")? == "Delete";
    deleted.then(|| format!("{provisioner} made the volume for its claim, and makes a new one"))
}

/// Let the volume be bound anew, to the claim of the same name.
pub(super) fn prepare_volume(volume: &mut Value) {
    remove_members(
        volume,
        "/metadata",
        "annotations",
        &["pv.kubernetes.io/bound-by-controller"],
    );
    if let Some(claim) = map_mut(volume, "/spec/claimRef") {
        for member in ["uid", "resourceVersion"] {
            claim.shift_remove(member);
        }
    }
}

/// Let the claim be bound anew: to the volume that it names where that is restored too, else to one that is made for
/// it.
pub(super) fn prepare_claim(claim: &mut Value, id: &ObjectId, context: &Context, notes: &mut Vec<Note>) {
    remove_members(claim, "/metadata", "annotations", &BINDING_ANNOTATIONS);
    if context.data.put(id, claim) {
        return;
    }
    let is_made_anew = |name: &&str| context.provisioned_anew.contains(*name);
    let Some(volume) = text(claim, "/spec/volumeName").filter(is_made_anew) else {
        return;
    };
    let message = format!("a new, empty volume takes the place of {volume}, which was made for the claim");
    notes.push(Note::new("volume-provisioned-anew", message, "/spec/volumeName"));
    if let Some(spec) = map_mut(claim, "/spec") {
        spec.shift_remove("volumeName");
    }
}
