//! Which objects of a backup are restored. All of them are read once before anything is changed, so that damage is
//! found while there is still time.

use super::RestoreError;
use super::place::Mapping;
use super::prepare::{endpoints_left_out, left_out, volume_left_out};
use super::request::RestoreRequest;
use super::types::{Types, defined};
use crate::archive::{ArchiveError, ArchivedObject, Backup, Manifest};
use crate::object::{ClusterScope, Filter, GroupResource, Needs, Object, ObjectId, ResourceType, Schemas};
use crate::report::Progress;
use futures::StreamExt;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The objects of a backup that are restored, and what had to be read to know them. It holds the identities of few
/// objects only: whether any other one is restored is computed again when it is asked for.
pub(super) struct Selection {
    filter: Filter,
    /// Whether the filter looks at labels, which are in the objects.
    by_labels: bool,
    /// Objects that others need, restored although the filter does not admit them.
    needed: BTreeSet<ObjectId>,
    /// Objects that would go to the place of another one, and that one.
    doubles: BTreeMap<ObjectId, ObjectId>,
    /// How many objects there are.
    pub count: u64,
    /// Of which types and in which namespaces they are, in the order of the backup.
    pub groups: Vec<Group>,
    /// Namespaces in the backup of which there are objects.
    pub namespaces: BTreeSet<String>,
    /// Namespaces that are restored themselves.
    namespace_objects: BTreeSet<String>,
    /// The types that definitions among the objects define, by the names of the definitions.
    pub definitions: BTreeMap<String, ResourceType>,
    /// Persistent volumes that are not restored because they are provisioned anew.
    pub provisioned_anew: BTreeSet<String>,
    /// What the definitions in the backup say about lists.
    pub schemas: Schemas,
    /// What the user should know about the filter.
    pub warnings: Vec<String>,
}

/// Objects of one type in one namespace, which follow each other in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Their type.
    pub resource: GroupResource,
    /// Their namespace in the backup.
    pub namespace: Option<String>,
    /// How many they are.
    pub count: u64,
}

impl Selection {
    /// Read the objects of `backup` that `request` asks for. Damaged ones are an error, unless they are to be skipped.
    pub(super) async fn read(
        request: &RestoreRequest,
        backup: &Backup,
        served: &Types,
        progress: &Progress,
    ) -> Result<Self, RestoreError> {
        let filter = Filter::new(&request.filter, &known_types(backup.manifest(), served))?;
        let mut survey = Survey::new(filter.clone(), request, backup)?;
        let mut objects = backup.objects(move |id| filter.may_admit(id) || Needs::can_be_of(&id.resource));
        let mut damaged = Vec::new();
        progress.begin("Checking the backup", Some(backup.manifest().contents.objects));
        while let Some(object) = objects.next().await {
            progress.advance(1);
            match object {
                Ok(archived) => survey.look_at(&archived),
                Err(ArchiveError::DamagedObject { id, .. }) => {
                    damaged.extend(survey.look_at_damaged(&id).then_some(*id));
                }
                Err(error) => return Err(error.into()),
            }
        }
        match damaged.is_empty() || request.skip_damaged {
            true => Ok(survey.selection),
            false => Err(RestoreError::Damaged(damaged)),
        }
    }

    /// Whether the object may be restored, as far as its identity tells.
    pub(super) fn may_want(&self, id: &ObjectId) -> bool {
        self.filter.may_admit(id) || self.needed.contains(id)
    }

    /// Whether the object is restored.
    pub(super) fn wants(&self, object: &Object) -> bool {
        self.filter.admits(&object.id, object.labels()) || self.needed.contains(&object.id)
    }

    /// Why an object that is wanted is not restored all the same, or none. What a cluster keeps by itself for a Service
    /// is restored where the filter names its type.
    pub(super) fn left_out(&self, object: &Object) -> Option<String> {
        let is_named = self.filter.names_resource(&object.id.resource);
        left_out(object).or_else(|| endpoints_left_out(object).filter(|_| !is_named))
    }

    /// Whether there is anything in this namespace of the backup, or it is restored itself.
    pub(super) fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name) || self.namespace_objects.contains(name)
    }

    /// Count an object to its group.
    fn group(&mut self, id: &ObjectId) {
        match self.groups.last_mut() {
            Some(group) if group.resource == id.resource && group.namespace == id.namespace => {
                group.count += 1;
            }
            _ => self.groups.push(Group {
                resource: id.resource.clone(),
                namespace: id.namespace.clone(),
                count: 1,
            }),
        }
    }

    /// The object that takes the place of this one, because two namespaces are mapped to one.
    pub(super) fn double_of(&self, id: &ObjectId) -> Option<&ObjectId> {
        self.doubles.get(id)
    }
}

/// The types that names in a request can mean: those of the backup, and those of the cluster.
pub(super) fn known_types(manifest: &Manifest, served: &Types) -> Vec<ResourceType> {
    let in_backup = manifest
        .contents
        .types
        .iter()
        .filter(|of| served.get(&of.resource).is_none());
    let in_backup = in_backup.map(|of| ResourceType {
        resource: of.resource.clone(),
        version: of.version.clone(),
        kind: of.kind.clone(),
        namespaced: true,
    });
    served.iter().cloned().chain(in_backup).collect()
}

/// A selection in the making.
struct Survey {
    selection: Selection,
    mapping: Mapping,
    /// Namespaces in the cluster to which several namespaces of the backup go.
    merged: BTreeSet<String>,
    /// Who goes to a place in those.
    places: HashMap<ObjectId, ObjectId>,
    /// What the objects so far need.
    needs: Needs,
    /// Whether they may need objects of the cluster as a whole.
    takes_needed_of_cluster: bool,
}

impl Survey {
    fn new(filter: Filter, request: &RestoreRequest, backup: &Backup) -> Result<Self, RestoreError> {
        let mapping = Mapping(request.namespace_mappings.clone());
        let mut namespaces = BTreeSet::new();
        for record in backup.records() {
            namespaces.extend(namespace_of(&record?.id()).map(str::to_owned));
        }
        let selection = Selection {
            by_labels: !request.filter.selectors.is_empty(),
            warnings: filter.warnings().to_vec(),
            filter,
            needed: BTreeSet::new(),
            doubles: BTreeMap::new(),
            count: 0,
            groups: Vec::new(),
            namespaces: BTreeSet::new(),
            namespace_objects: BTreeSet::new(),
            definitions: BTreeMap::new(),
            provisioned_anew: BTreeSet::new(),
            schemas: Schemas::default(),
        };
        let merged = merged(&mapping, &namespaces);
        Ok(Survey {
            selection,
            mapping,
            merged,
            places: HashMap::new(),
            needs: Needs::default(),
            takes_needed_of_cluster: request.filter.include_cluster_resources != ClusterScope::Never,
        })
    }

    /// Look at an object that the filter may admit, or that others may need.
    fn look_at(&mut self, archived: &ArchivedObject) {
        let id = archived.id.clone();
        self.learn(&id, &archived.json);
        let selection = &mut self.selection;
        // What does not parse is reported when it would be restored, so here it has no labels.
        let admitted = match selection.by_labels.then(|| archived.clone().parse()) {
            Some(Ok(object)) => selection.filter.admits(&id, object.labels()),
            Some(Err(_)) => false,
            None => selection.filter.may_admit(&id),
        };
        let needed = !admitted && self.takes_needed(&id) && self.needs.include(&id, &archived.json);
        if needed {
            self.selection.needed.insert(id.clone());
        }
        if admitted || needed {
            self.needs.note(&id, &archived.json);
            self.admit(id, archived);
        }
    }

    /// Look at an object that is damaged. Returns whether it was to be restored, as far as its identity tells.
    fn look_at_damaged(&mut self, id: &ObjectId) -> bool {
        let admitted = self.selection.filter.may_admit(id);
        let needed = !admitted && self.takes_needed(id) && self.needs.include(id, "");
        if needed {
            self.selection.needed.insert(id.clone());
        }
        if admitted || needed {
            self.selection.count += 1;
            self.selection.group(id);
        }
        admitted || needed
    }

    /// Learn from volumes and definitions, whether they are restored or not.
    fn learn(&mut self, id: &ObjectId, json: &str) {
        let selection = &mut self.selection;
        let parse = || serde_json::from_str::<Value>(json).ok();
        if id.resource.is("", "persistentvolumes") {
            let left_out = parse().is_some_and(|volume| volume_left_out(&volume).is_some());
            selection
                .provisioned_anew
                .extend(left_out.then(|| id.name.clone()));
        }
        if id
            .resource
            .is("apiextensions.k8s.io", "customresourcedefinitions")
            && let Some(definition) = parse()
        {
            selection.schemas = std::mem::take(&mut selection.schemas).with_crd(&definition);
            selection
                .definitions
                .extend(defined(&definition).map(|of| (id.name.clone(), of)));
        }
    }

    /// Whether an object is taken when others need it. Namespaces always are: nothing could be restored into them
    /// otherwise.
    fn takes_needed(&self, id: &ObjectId) -> bool {
        let placed = namespace_of(id).is_some() || self.takes_needed_of_cluster;
        placed && Needs::can_be_of(&id.resource) && !self.selection.filter.excludes(&id.resource)
    }

    fn admit(&mut self, id: ObjectId, archived: &ArchivedObject) {
        let selection = &mut self.selection;
        selection.count += 1;
        selection.group(&id);
        if let Some(namespace) = &id.namespace
            && !selection.namespaces.contains(namespace)
        {
            selection.namespaces.insert(namespace.clone());
        }
        if id.resource.is("", "namespaces") {
            selection.namespace_objects.insert(id.name.clone());
        }
        if namespace_of(&id).is_some_and(|namespace| self.merged.contains(self.mapping.of(namespace))) {
            self.take_place(id, archived);
        }
    }

    /// Take note of who comes to a place to which others may come too. What is left out by a rule takes none.
    fn take_place(&mut self, id: ObjectId, archived: &ArchivedObject) {
        let object = archived.clone().parse();
        if object.is_ok_and(|object| self.selection.left_out(&object).is_some()) {
            return;
        }
        let place = self.place_of(&id);
        match self.places.get(&place) {
            Some(first) => _ = self.selection.doubles.insert(id, first.clone()),
            None => _ = self.places.insert(place, id),
        }
    }

    /// Who `id` is after the mapping of namespaces.
    fn place_of(&self, id: &ObjectId) -> ObjectId {
        match &id.namespace {
            Some(namespace) => ObjectId {
                namespace: Some(self.mapping.of(namespace).to_owned()),
                ..id.clone()
            },
            None => ObjectId {
                name: self.mapping.of(&id.name).to_owned(),
                ..id.clone()
            },
        }
    }
}

/// The namespace that an object is in, or that it is.
fn namespace_of(id: &ObjectId) -> Option<&str> {
    match id.resource.is("", "namespaces") {
        true => Some(&id.name),
        false => id.namespace.as_deref(),
    }
}

/// Namespaces to which more than one of `namespaces` is mapped.
fn merged(mapping: &Mapping, namespaces: &BTreeSet<String>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let targets = namespaces
        .iter()
        .map(|namespace| mapping.of(namespace).to_owned());
    targets.filter(|target| !seen.insert(target.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::no_mapping(&[], &[])]
    #[case::to_a_new_one(&[("a", "x")], &[])]
    #[case::swapped(&[("a", "b"), ("b", "a")], &[])]
    #[case::two_to_one(&[("a", "x"), ("b", "x")], &["x"])]
    #[case::into_another(&[("a", "b")], &["b"])]
    #[case::of_one_that_is_not_there(&[("a", "x"), ("z", "x")], &[])]
    fn namespaces_that_meet(#[case] mapping: &[(&str, &str)], #[case] expected: &[&str]) {
        let mapping = mapping
            .iter()
            .map(|&(old, new)| (old.to_owned(), new.to_owned()))
            .collect();
        let namespaces = ["a", "b"].map(str::to_owned).into();
        let expected = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(merged(&Mapping(mapping), &namespaces), expected);
    }
}
