//! What a live cluster makes by itself, and what is about a moment only: a backup takes it when a filter names it.

use crate::archive::LeftOut;
use crate::cluster::RawObject;
use crate::object::{Filter, GroupResource, ResourceType, is_kept_for_service};
use crate::volumes::{HELPS, SNAPSHOT_GROUP, WRITER};

/// Types by group, with `*` for all of a group.
///
/// Velero does not restore the first ones either; the backup extension of AKS does not back them up.
const TYPES: [(&str, &[&str]); 9] = [
    ("", &["events", "nodes"]),
    ("events.k8s.io", &["events"]),
    ("coordination.k8s.io", &["leases", "leasecandidates"]),
    (
        "storage.k8s.io",
        &["csinodes", "csistoragecapacities", "volumeattachments"],
    ),
    // The API server keeps one for each address of a Service.
    ("networking.k8s.io", &["ipaddresses"]),
    // Drivers publish what devices a node has.
    ("resource.k8s.io", &["resourceslices"]),
    ("lazarette.dev", &["*"]),
    (
        "velero.io",
        &[
            "backuprepositories",
            "backups",
            "datadownloads",
            "datauploads",
            "deletebackuprequests",
            "downloadrequests",
            "podvolumebackups",
            "podvolumerestores",
            "resticrepositories",
            "restores",
            "serverstatusrequests",
        ],
    ),
    (
        "clusterbackup.dataprotection.microsoft.com",
        &[
            "backups",
            "deletebackups",
            "restores",
            "validateforbackups",
            "validateforrestores",
        ],
    ),
];

/// Namespaces of what runs the cluster, with the one of the backup extension of AKS.
const NAMESPACES: [&str; 4] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "dataprotection-microsoft",
];

/// Decides what is left out by default, and keeps what was, for the report. Nothing is in a cluster that is not live.
#[derive(Debug)]
pub(super) struct Defaults {
    is_live: bool,
    takes_endpoints: [bool; 2],
    /// What was left out until now.
    pub(super) report: LeftOut,
}

impl Defaults {
    /// The defaults beside `filter` for a cluster with these namespaces.
    pub(super) fn new(is_live: bool, filter: &Filter, namespaces: &[String]) -> Self {
        let [endpoints, slices] = endpoint_types();
        let is_left_out =
            |name: &&String| NAMESPACES.contains(&name.as_str()) && !filter.names_namespace(name);
        let left_out = namespaces
            .iter()
            .filter(|name| filter.admits_namespace(name))
            .filter(is_left_out);
        let namespaces = if is_live {
            left_out.cloned().collect()
        } else {
            Vec::new()
        };
        Defaults {
            is_live,
            takes_endpoints: [filter.names_resource(&endpoints), filter.names_resource(&slices)],
            report: LeftOut {
                namespaces,
                ..LeftOut::default()
            },
        }
    }

    /// Whether a type that the filter admits is left out all the same. It is in the report from then on.
    pub(super) fn leave_out_type(&mut self, of: &ResourceType, filter: &Filter) -> bool {
        let left_out = self.is_live && is_transient(&of.resource) && !filter.names_resource(&of.resource);
        if left_out {
            self.report.types.push(of.resource.clone());
        }
        left_out
    }

    /// Whether an object that the filter admits is left out all the same. It is in the report from then on.
    pub(super) fn leave_out(&mut self, object: &RawObject) -> bool {
        let left_out = self.leaves_out(object);
        self.report.objects += u64::from(left_out);
        left_out
    }

    /// Whether an object that the filter admits is left out all the same.
    pub(super) fn leaves_out(&self, object: &RawObject) -> bool {
        let namespace = match &object.id.namespace {
            None if object.id.resource.is("", "namespaces") => Some(&object.id.name),
            namespace => namespace.as_ref(),
        };
        let in_namespace = namespace.is_some_and(|name| self.report.namespaces.contains(name));
        self.is_live && (in_namespace || self.is_endpoint_of_controller(object) || is_ours(object))
    }

    /// Whether a controller keeps this for a Service, and the filter does not name its type.
    fn is_endpoint_of_controller(&self, object: &RawObject) -> bool {
        let types = endpoint_types().into_iter().zip(self.takes_endpoints);
        if types
            .into_iter()
            .any(|(of, is_named)| is_named && of == object.id.resource)
        {
            return false;
        }
        let labels = object.labels.iter();
        let labels = labels.map(|(label, value)| (label.as_str(), value.as_str()));
        // Looking for the word costs less than parsing, and nothing else has it.
        let has_annotation = |name: &str| object.json.contains(&format!("\"{name}\""));
        is_kept_for_service(&object.id, labels, has_annotation)
    }
}

/// Whether it belongs to the snapshots of a backup, or helps a restore: restored as an object it would be of no use.
fn is_ours(object: &RawObject) -> bool {
    let has = |label: &str| object.labels.iter().any(|(key, _)| key == label);
    object.id.resource.group == SNAPSHOT_GROUP && (has(WRITER) || has(HELPS))
}

fn endpoint_types() -> [GroupResource; 2] {
    [
        GroupResource::new("", "endpoints"),
        GroupResource::new("discovery.k8s.io", "endpointslices"),
    ]
}

fn is_transient(resource: &GroupResource) -> bool {
    let fits = |name: &&str| *name == "*" || *name == resource.resource;
    TYPES
        .iter()
        .any(|(group, names)| *group == resource.group && names.iter().any(&fits))
}
