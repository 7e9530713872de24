//! Which objects of a cluster a backup takes.

use super::left_out::Defaults;
use super::namespaces::Namespaces;
use super::{BackupError, BackupRequest};
use crate::cluster::{Cluster, Discovery, ListOptions, RawObject};
use crate::object::{ClusterScope, Filter, GroupResource, Needs, ObjectKey, ResourceType};
use crate::report::{Code, Problem};
use serde::Deserialize;
use std::collections::HashSet;

/// Objects with one of these labels set to `true` are left out, and so is all that is in such a Namespace.
const EXCLUDE_LABELS: [&str; 2] = [
    "velero.io/exclude-from-backup",
    "lazarette.dev/exclude-from-backup",
];

/// Of so many namespaces at most types are listed one by one; of more, a list of all namespaces costs less.
const FEW_NAMESPACES: usize = 8;

/// Which objects a backup takes. It learns from those that it took which others these need.
pub(super) struct Selection {
    /// The types to list, in the order in which they are written.
    pub(super) types: Vec<ResourceType>,
    filter: Filter,
    takes_needed_of_cluster: bool,
    excluded_namespaces: HashSet<String>,
    /// The namespaces to look into, where they are few.
    only_in: Option<Vec<String>>,
    needs: Needs,
    /// What is left out unless the filter names it.
    pub(super) defaults: Defaults,
    /// Needed objects that were seen and left out.
    unmet_needs: Vec<Problem>,
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
        let namespaces = Namespaces::read(cluster, &types, &request.filter.include_namespaces).await?;
        let problems = problems(warnings, &filter, &namespaces);
        let mut selection = Selection {
            types: Vec::new(),
            only_in: few(&filter, &namespaces.names, cluster.is_live()),
            defaults: Defaults::new(cluster.is_live(), &filter, &namespaces.names),
            filter,
            takes_needed_of_cluster: request.filter.include_cluster_resources != ClusterScope::Never,
            excluded_namespaces: namespaces.excluded,
            needs: Needs::default(),
            unmet_needs: Vec::new(),
            being_deleted: 0,
            excluded_by_label: 0,
        };
        let listed = types.into_iter().filter(|of| selection.lists(of)).collect();
        selection.types = ordered(listed);
        Ok((selection, problems))
    }

    /// Whether a backup has to look at objects of this type.
    fn lists(&mut self, of: &ResourceType) -> bool {
        let admitted = self.filter.admits_type(of) && !self.defaults.leave_out_type(of, &self.filter);
        admitted || self.takes_needed(of)
    }

    /// Whether objects of this type are taken when others need them. Namespaces always are: nothing in them could be
    /// restored otherwise.
    fn takes_needed(&self, of: &ResourceType) -> bool {
        let placed = of.namespaced || of.resource.is("", "namespaces") || self.takes_needed_of_cluster;
        placed && Needs::can_be_of(&of.resource) && !self.filter.excludes(&of.resource)
    }

    /// The lists of which the objects of a type are, in their order.
    pub(super) fn lists_of(&self, of: &ResourceType) -> Vec<ListOptions> {
        let in_namespace = |name: &String| ListOptions {
            namespace: Some(name.clone()),
            ..ListOptions::default()
        };
        match &self.only_in {
            Some(names) if of.namespaced => names.iter().map(in_namespace).collect(),
            _ => vec![ListOptions::default()],
        }
    }

    /// Whether the backup will take this object because the filter asks for it. Nothing is learnt from it.
    pub(super) fn wants(&self, object: &RawObject) -> bool {
        let labels = object
            .labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let namespace = object.id.namespace.as_ref();
        self.filter.admits(&object.id, labels)
            && !self.defaults.leaves_out(object)
            && !has_exclude_label(object)
            && !namespace.is_some_and(|name| self.excluded_namespaces.contains(name))
            && !is_being_deleted(object)
    }

    /// Whether the backup will take this claim where a pod uses it. Nothing is learnt from it.
    pub(super) fn may_need(&self, claim: &RawObject) -> bool {
        let namespace = claim.id.namespace.as_ref();
        !self.filter.excludes(&claim.id.resource)
            && !self.defaults.leaves_out(claim)
            && !has_exclude_label(claim)
            && !namespace.is_some_and(|name| self.excluded_namespaces.contains(name))
            && !is_being_deleted(claim)
    }

    /// Whether the backup takes this object. Objects come in the order of [`Selection::types`].
    pub(super) fn takes(&mut self, of: &ResourceType, object: &RawObject) -> bool {
        let labels = object
            .labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let wanted = self.filter.admits(&object.id, labels)
            || self.takes_needed(of) && self.needs.include(&object.id, &object.json);
        if !wanted || self.defaults.leave_out(object) {
            return false;
        }
        let namespace = object.id.namespace.as_ref();
        if has_exclude_label(object) || namespace.is_some_and(|name| self.excluded_namespaces.contains(name))
        {
            self.excluded_by_label += 1;
            self.note_unmet(object, "its label leaves it out");
            return false;
        }
        if is_being_deleted(object) {
            self.being_deleted += 1;
            self.note_unmet(object, "it is being deleted");
            return false;
        }
        self.needs.note(&object.id, &object.json);
        true
    }

    /// Keep that an object is left out which a pod in the backup uses.
    fn note_unmet(&mut self, object: &RawObject, reason: &str) {
        let namespace = object
            .id
            .namespace
            .as_deref()
            .filter(|_| object.id.resource == claims());
        let pod = namespace.and_then(|namespace| self.needs.pod_with_claim(namespace, &object.id.name));
        if let Some(pod) = pod {
            let message = format!("pod {pod}, which is in the backup, uses it, and {reason}");
            self.unmet_needs
                .push(Problem::new(Code::NeedLeftOut, message).about(&object.id));
        }
    }

    /// What objects in the backup use and what is not in it, once all have come.
    pub(super) fn unmet_needs(&self) -> Vec<Problem> {
        let used = self.needs.claims();
        let mut unmet = self.unmet_needs.clone();
        if used > 0 && self.filter.excludes(&claims()) {
            let message = format!("pods in the backup use {used} of them, and the filter leaves them out");
            unmet.push(Problem::new(Code::NeedLeftOut, message).about(claims()));
        }
        unmet
    }
}

/// What the user should know before anything is read.
fn problems(warnings: Vec<String>, filter: &Filter, namespaces: &Namespaces) -> Vec<Problem> {
    let not_listed = warnings
        .into_iter()
        .map(|warning| Problem::new(Code::NotListed, warning));
    let types = filter
        .warnings()
        .iter()
        .map(|warning| Problem::new(Code::UnknownResourceType, warning));
    let unmatched = filter.unmatched_namespaces(&namespaces.names).into_iter();
    let unmatched = unmatched.map(|warning| Problem::new(Code::NamespaceNotFound, warning));
    not_listed
        .chain(types)
        .chain(unmatched)
        .chain(namespaces.problem.clone())
        .collect()
}

/// The namespaces that a filter names, in the order of a list of all, where they are few. In a folder all are read
/// anyway.
fn few(filter: &Filter, names: &[String], is_live: bool) -> Option<Vec<String>> {
    let mut named: Vec<String> = names
        .iter()
        .filter(|name| filter.names_namespace(name))
        .cloned()
        .collect();
    named.sort_by_key(|name| ObjectKey::new(Some(name), ""));
    (is_live && filter.has_only_named_namespaces() && named.len() <= FEW_NAMESPACES).then_some(named)
}

/// The order in which types are written: what others need comes after them.
fn ordered(mut types: Vec<ResourceType>) -> Vec<ResourceType> {
    types.sort_by(|one, other| (Needs::rank(one), &one.resource).cmp(&(Needs::rank(other), &other.resource)));
    types
}

fn claims() -> GroupResource {
    GroupResource::new("", "persistentvolumeclaims")
}

/// Whether a label of an object leaves it out.
pub(super) fn has_exclude_label(object: &RawObject) -> bool {
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
    let json = &object.json;
    json.contains("\"deletionTimestamp\"")
        && serde_json::from_str(json).is_ok_and(|of: Deletable| of.metadata.deletion_timestamp.is_some())
}
