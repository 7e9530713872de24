//! Which objects of a cluster a backup takes.

use super::{BackupError, BackupRequest};
use crate::cluster::{Cluster, Discovery, RawObject};
use crate::object::{ClusterScope, Filter, Needs, ResourceType};
use crate::report::{Code, Problem};
use futures::TryStreamExt;
use serde::Deserialize;
use std::collections::HashSet;

/// Objects with one of these labels set to `true` are left out, and so is all that is in such a Namespace.
const EXCLUDE_LABELS: [&str; 2] = [
    "velero.io/exclude-from-backup",
    "lazarette.dev/exclude-from-backup",
];

/// Which objects a backup takes. It learns from those that it took which others these need.
pub(super) struct Selection {
    /// The types to list, in the order in which they are written.
    pub(super) types: Vec<ResourceType>,
    filter: Filter,
    takes_needed_of_cluster: bool,
    excluded_namespaces: HashSet<String>,
    needs: Needs,
    /// Objects that were left out because they were being deleted.
    pub(super) being_deleted: u64,
    /// Objects that were left out because of their label, or that of their Namespace.
    pub(super) excluded_by_label: u64,
}

impl Selection {
    /// Read what the cluster serves and which namespaces it has. What its user should know comes with it.
    pub(super) async fn new(
        request: &BackupRequest,
        cluster: &dyn Cluster,
    ) -> Result<(Self, Vec<Problem>), BackupError> {
        let Discovery { types, warnings, .. } = cluster.resource_types().await?;
        let filter = Filter::new(&request.filter, &types)?;
        let namespaces = Namespaces::read(cluster, &types).await?;
        let mut problems: Vec<Problem> = warnings
            .into_iter()
            .map(|warning| Problem::new(Code::NotListed, warning))
            .collect();
        problems.extend(
            filter
                .warnings()
                .iter()
                .map(|warning| Problem::new(Code::UnknownResourceType, warning)),
        );
        let unmatched = filter.unmatched_namespaces(&namespaces.names);
        problems.extend(
            unmatched
                .into_iter()
                .map(|warning| Problem::new(Code::NamespaceNotFound, warning)),
        );
        let mut selection = Selection {
            types: Vec::new(),
            filter,
            takes_needed_of_cluster: request.filter.include_cluster_resources != ClusterScope::Never,
            excluded_namespaces: namespaces.excluded,
            needs: Needs::default(),
            being_deleted: 0,
            excluded_by_label: 0,
        };
        let left_out = |of: &ResourceType| request.left_out_types.contains(&of.resource);
        let listed = types
            .into_iter()
            .filter(|of| !left_out(of) && selection.lists(of))
            .collect();
        selection.types = ordered(listed);
        Ok((selection, problems))
    }

    /// Whether a backup has to look at objects of this type.
    fn lists(&self, of: &ResourceType) -> bool {
        self.filter.admits_type(of) || self.takes_needed(of)
    }

    /// Whether objects of this type are taken when others need them. Namespaces always are: nothing in them could be
    /// restored otherwise.
    fn takes_needed(&self, of: &ResourceType) -> bool {
        let placed = of.namespaced || of.resource.is("", "namespaces") || self.takes_needed_of_cluster;
        placed && Needs::can_be_of(&of.resource) && !self.filter.excludes(&of.resource)
    }

    /// Whether the backup takes this object. Objects come in the order of [`Selection::types`].
    pub(super) fn takes(&mut self, of: &ResourceType, object: &RawObject) -> bool {
        let labels = object
            .labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let wanted = self.filter.admits(&object.id, labels)
            || self.takes_needed(of) && self.needs.include(&object.id, object.json.get());
        if !wanted {
            return false;
        }
        let namespace = object.id.namespace.as_ref();
        if has_exclude_label(object) || namespace.is_some_and(|name| self.excluded_namespaces.contains(name))
        {
            self.excluded_by_label += 1;
            return false;
        }
        if is_being_deleted(object) {
            self.being_deleted += 1;
            return false;
        }
        self.needs.note(&object.id, object.json.get());
        true
    }
}

/// The order in which types are written: what others need comes after them.
fn ordered(mut types: Vec<ResourceType>) -> Vec<ResourceType> {
    types.sort_by(|one, other| (Needs::rank(one), &one.resource).cmp(&(Needs::rank(other), &other.resource)));
    types
}

/// The namespaces of a cluster.
#[derive(Default)]
struct Namespaces {
    names: Vec<String>,
    /// Those whose label leaves out all that is in them.
    excluded: HashSet<String>,
}

impl Namespaces {
    async fn read(cluster: &dyn Cluster, types: &[ResourceType]) -> Result<Self, BackupError> {
        let mut namespaces = Namespaces::default();
        let Some(of) = types.iter().find(|of| of.resource.is("", "namespaces")) else {
            return Ok(namespaces);
        };
        let mut pages = cluster.list(of, &Default::default());
        while let Some(page) = pages.try_next().await? {
            for object in page.items {
                if has_exclude_label(&object) {
                    namespaces.excluded.insert(object.id.name.clone());
                }
                namespaces.names.push(object.id.name);
            }
        }
        Ok(namespaces)
    }
}

fn has_exclude_label(object: &RawObject) -> bool {
    object
        .labels
        .iter()
        .any(|(key, value)| value == "true" && EXCLUDE_LABELS.contains(&key.as_str()))
}

/// Whether `metadata.deletionTimestamp` is set.
fn is_being_deleted(object: &RawObject) -> bool {
    #[derive(Deserialize)]
    struct Deletable {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata {
        deletion_timestamp: Option<serde::de::IgnoredAny>,
    }
    // Looking for the word costs a tenth of parsing, and hardly any object has it.
    let json = object.json.get();
    json.contains("\"deletionTimestamp\"")
        && serde_json::from_str(json).is_ok_and(|of: Deletable| of.metadata.deletion_timestamp.is_some())
}
