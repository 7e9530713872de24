//! Which rights an operation needs.

use super::{HookNeeds, Right};
use crate::archive::Backup;
use crate::object::{Filter, FilterSpec, GroupResource, Needs, ResourceType, is_pattern};
use crate::report::Problem;
use crate::restore::{ConflictPolicies, ConflictPolicy};
use crate::volumes::{SnapshotTypes, claims};
use std::collections::{BTreeMap, BTreeSet};

/// What a backup does: it lists. Where all its namespaces are named, it needs no right in others.
pub(super) fn of_backup(spec: &FilterSpec, types: &[ResourceType]) -> Result<Vec<Right>, Problem> {
    let filter = Filter::new(spec, types)?;
    let namespaces = named_namespaces(spec);
    let mut rights = Vec::new();
    for of in types {
        let needed = Needs::can_be_of(&of.resource) && !filter.excludes(&of.resource);
        if filter.admits_type(of) || needed {
            rights.extend(in_namespaces(of, "list", namespaces.as_ref()));
        }
    }
    rights.extend(of_snapshots(&filter, types, namespaces.as_ref()));
    rights.sort();
    rights.dedup();
    Ok(rights)
}

/// What cutting snapshots of volumes needs, where the backup takes claims and the cluster serves the snapshot API.
fn of_snapshots(
    filter: &Filter,
    types: &[ResourceType],
    namespaces: Option<&BTreeSet<String>>,
) -> Vec<Right> {
    let Some(api) = SnapshotTypes::of(types).filter(|_| !filter.excludes(&claims().resource)) else {
        return Vec::new();
    };
    let volumes = ResourceType {
        resource: GroupResource::new("", "persistentvolumes"),
        version: "v1".to_owned(),
        kind: "PersistentVolume".to_owned(),
        namespaced: false,
    };
    let needed: [(&ResourceType, &[&'static str]); 4] = [
        (&volumes, &["get"]),
        (&api.classes, &["list"]),
        (&api.snapshots, &["get", "create", "delete"]),
        (&api.contents, &["get", "update", "delete"]),
    ];
    let rights = needed.iter().flat_map(|(of, verbs)| {
        let of_verb = |verb: &&'static str| in_namespaces(of, verb, namespaces);
        verbs.iter().flat_map(of_verb)
    });
    rights.collect()
}

/// What a restore is to do, as far as that decides which rights it needs.
#[derive(Clone, Debug, Default)]
pub struct RestoreNeeds {
    /// Which objects of the backup.
    pub filter: FilterSpec,
    /// Into which other namespaces.
    pub namespace_mappings: BTreeMap<String, String>,
    /// What happens to those that are there: without patches, nothing is updated.
    pub conflict_policies: ConflictPolicies,
    /// Which hooks are to run in the pods that it creates.
    pub hooks: HookNeeds,
}

impl RestoreNeeds {
    /// The rights that restoring `backup` needs in a cluster that serves `types`, and the namespaces that it goes to.
    pub(super) fn of(
        &self,
        backup: &Backup,
        types: &[ResourceType],
    ) -> Result<(Vec<Right>, BTreeSet<String>), Problem> {
        let filter = Filter::new(&self.filter, types)?;
        let (mut rights, mut namespaces) = (BTreeSet::new(), BTreeSet::new());
        for record in backup.records() {
            let id = record?.id();
            let needed = Needs::can_be_of(&id.resource) && !filter.excludes(&id.resource);
            let Some(of) = types.iter().find(|of| of.resource == id.resource) else {
                continue;
            };
            if !filter.may_admit(&id) && !needed {
                continue;
            }
            let namespace = id
                .namespace
                .map(|from| self.namespace_mappings.get(&from).cloned().unwrap_or(from));
            namespaces.extend(namespace.clone());
            rights.extend(self.verbs(of).map(|verb| Right {
                namespace: namespace.clone(),
                resource: of.resource.clone(),
                verb,
            }));
        }
        let of_namespaces = ["get", "create"].map(|verb| Right {
            namespace: None,
            resource: GroupResource::new("", "namespaces"),
            verb,
        });
        rights.extend(of_namespaces);
        Ok((rights.into_iter().collect(), namespaces))
    }

    /// The rights that its hooks need in a cluster that serves `types`.
    pub(super) async fn of_hooks(
        &self,
        backup: &Backup,
        types: &[ResourceType],
    ) -> Result<Vec<Right>, Problem> {
        let filter = Filter::new(&self.filter, types)?;
        self.hooks
            .of_restore(backup, &filter, &self.namespace_mappings)
            .await
    }

    pub(super) fn verbs(&self, of: &ResourceType) -> impl Iterator<Item = &'static str> + use<> {
        let changes = *self.conflict_policies.of(&of.resource) != ConflictPolicy::Skip;
        ["get", "list", "create"]
            .into_iter()
            .chain(changes.then_some("update"))
    }
}

/// The namespaces that a filter names; none when it takes others, too.
fn named_namespaces(spec: &FilterSpec) -> Option<BTreeSet<String>> {
    let included = &spec.include_namespaces;
    let named = !included.is_empty() && !included.iter().any(|name| is_pattern(name));
    named.then(|| {
        included
            .iter()
            .filter(|name| !spec.exclude_namespaces.contains(name))
            .cloned()
            .collect()
    })
}

fn in_namespaces(of: &ResourceType, verb: &'static str, namespaces: Option<&BTreeSet<String>>) -> Vec<Right> {
    let right = |namespace| Right {
        namespace,
        resource: of.resource.clone(),
        verb,
    };
    match namespaces {
        Some(namespaces) if of.namespaced => namespaces.iter().cloned().map(Some).map(right).collect(),
        _ => vec![right(None)],
    }
}
