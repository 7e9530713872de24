//! Claims of which a snapshot can be cut, and why of others none can.

use super::text;
use crate::object::{GroupResource, ObjectId};
use crate::report::{Code, Problem};
use serde_json::Value;

/// A claim of which a snapshot is to be cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub claim: String,
    /// The volume that it is bound to.
    pub volume: String,
    /// The CSI driver of the volume.
    pub driver: String,
    /// The class that makes the snapshot.
    pub class: String,
    /// Its storage class.
    pub storage_class: String,
    /// `Filesystem` or `Block`.
    pub mode: String,
}

impl Candidate {
    /// Who the claim is.
    pub fn id(&self) -> ObjectId {
        claim_id(&self.namespace, &self.claim)
    }
}

/// Who a claim is.
pub(crate) fn claim_id(namespace: &str, name: &str) -> ObjectId {
    ObjectId {
        resource: GroupResource::new("", "persistentvolumeclaims"),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

/// The volume that a claim is bound to, by name; else why there is no data to take.
pub(super) fn bound_volume(claim: &Value) -> Result<&str, Problem> {
    let phase = text(claim, "/status/phase").unwrap_or("unknown");
    match text(claim, "/spec/volumeName") {
        Some(volume) if phase == "Bound" => Ok(volume),
        _ => {
            let message =
                format!("the claim is not bound to a volume (its phase is {phase}), so there is no data");
            Err(Problem::new(Code::VolumeUnbound, message))
        }
    }
}

/// The driver of the volume of a claim, if snapshots of it can be cut; else why not.
pub(super) fn driver<'v>(claim: &Value, volume: Option<&'v Value>) -> Result<&'v str, Problem> {
    let Some(volume) = volume else {
        let message = "the volume that the claim is bound to is not there";
        return Err(Problem::new(Code::VolumeUnbound, message));
    };
    let Some(driver) = text(volume, "/spec/csi/driver") else {
        let message = format!(
            "its volume is {}, which no CSI driver made: no snapshot can be cut of it",
            kind_of(volume)
        );
        return Err(Problem::new(Code::VolumeNotCsi, message));
    };
    match storage_class(claim) {
        Some(_) => Ok(driver),
        None => {
            let message =
                "it is bound to a volume that somebody described (static), and has no storage class";
            Err(Problem::new(Code::VolumeWithoutClass, message))
        }
    }
}

/// The storage class of a claim, if it has one.
pub(super) fn storage_class(claim: &Value) -> Option<&str> {
    text(claim, "/spec/storageClassName").filter(|class| !class.is_empty())
}

/// What kind of volume it is: the member of its `spec` that says where it is.
fn kind_of(volume: &Value) -> String {
    const OTHERS: [&str; 8] = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeMode",
    ];
    let spec = volume.pointer("/spec").and_then(Value::as_object);
    let source = spec.and_then(|spec| {
        spec.iter()
            .find(|(key, value)| value.is_object() && !OTHERS.contains(&key.as_str()))
    });
    match source {
        Some((kind, _)) => format!("of the kind `{kind}`"),
        None => "of an unknown kind".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn csi() -> Value {
        json!({"spec": {"csi": {"driver": "disk"}, "capacity": {"storage": "1Gi"}}})
    }

    #[rstest]
    #[case::of_a_driver(json!({"spec": {"storageClassName": "fast"}}), Some(csi()), Ok("disk"))]
    #[case::in_tree(json!({"spec": {"storageClassName": "fast"}}),
        Some(json!({"spec": {"claimRef": {}, "azureDisk": {}}})), Err((Code::VolumeNotCsi, "azureDisk")))]
    #[case::static_without_class(json!({"spec": {"storageClassName": ""}}), Some(csi()), Err((Code::VolumeWithoutClass, "static")))]
    #[case::volume_is_gone(json!({"spec": {"storageClassName": "fast"}}), None, Err((Code::VolumeUnbound, "not there")))]
    fn what_can_be_snapshotted(
        #[case] claim: Value,
        #[case] volume: Option<Value>,
        #[case] expected: Result<&str, (Code, &str)>,
    ) {
        match (driver(&claim, volume.as_ref()), expected) {
            (Ok(driver), Ok(expected)) => assert_eq!(driver, expected),
            (Err(problem), Err((code, words))) => {
                assert_eq!(problem.code, code);
                assert!(problem.message.contains(words), "{problem}");
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[rstest]
    #[case::bound(json!({"spec": {"volumeName": "v"}, "status": {"phase": "Bound"}}), true)]
    #[case::pending(json!({"spec": {}, "status": {"phase": "Pending"}}), false)]
    #[case::lost(json!({"spec": {"volumeName": "v"}, "status": {"phase": "Lost"}}), false)]
    #[case::nothing_known(json!({}), false)]
    fn claims_that_are_bound(#[case] claim: Value, #[case] expected: bool) {
        let found = bound_volume(&claim);
        assert_eq!(found.is_ok(), expected, "{found:?}");
    }
}
