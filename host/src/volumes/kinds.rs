//! The types of the snapshot API, as a cluster serves them.

use crate::object::{GroupResource, ResourceType};

/// The group of the snapshot API (`VolumeSnapshot` and its kin), whose definitions are installed beside a CSI driver.
pub const SNAPSHOT_GROUP: &str = "snapshot.storage.k8s.io";

/// The types that making and using snapshots needs.
#[derive(Clone, Debug)]
pub struct SnapshotTypes {
    /// `VolumeSnapshot`: the wish for a snapshot, in the namespace of its claim.
    pub snapshots: ResourceType,
    /// `VolumeSnapshotContent`: the snapshot itself, of the cluster as a whole.
    pub contents: ResourceType,
    /// `VolumeSnapshotClass`: how a driver makes them.
    pub classes: ResourceType,
}

impl SnapshotTypes {
    /// Those among `types`; none where the cluster does not serve all of them.
    pub fn of<'t>(types: impl IntoIterator<Item = &'t ResourceType> + Clone) -> Option<Self> {
        let find = |name: &str| {
            let found = types
                .clone()
                .into_iter()
                .find(|of| of.resource.is(SNAPSHOT_GROUP, name));
            found.cloned()
        };
        Some(SnapshotTypes {
            snapshots: find("volumesnapshots")?,
            contents: find("volumesnapshotcontents")?,
            classes: find("volumesnapshotclasses")?,
        })
    }
}

/// `PersistentVolumeClaim`.
pub(crate) fn claims() -> ResourceType {
    core("persistentvolumeclaims", "PersistentVolumeClaim", true)
}

/// `PersistentVolume`.
pub(crate) fn volumes() -> ResourceType {
    core("persistentvolumes", "PersistentVolume", false)
}

/// `Pod`.
pub(crate) fn pods() -> ResourceType {
    core("pods", "Pod", true)
}

/// `StorageClass`.
pub(crate) fn storage_classes() -> ResourceType {
    ResourceType {
        resource: GroupResource::new("storage.k8s.io", "storageclasses"),
        version: "v1".to_owned(),
        kind: "StorageClass".to_owned(),
        namespaced: false,
    }
}

fn core(resource: &str, kind: &str, namespaced: bool) -> ResourceType {
    ResourceType {
        resource: GroupResource::new("", resource),
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespaced,
    }
}
