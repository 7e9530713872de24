//! Which rights hooks need: to run commands in pods, in those namespaces that have pods with hooks.

use super::Right;
use crate::archive::{ArchivedObject, Backup};
use crate::cluster::{Cluster, ListOptions};
use crate::hooks::{Hook, Phase, Side, of_annotations};
use crate::object::{Filter, FilterSpec, GroupResource, Object, ResourceType};
use crate::report::{Code, Problem, ResultOf};
use crate::restore::pods_of;
use futures::{StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// The hooks that an operation is to run.
#[derive(Clone, Debug, Default)]
pub struct HookNeeds {
    /// Those of resources.
    pub hooks: Vec<Hook>,
    /// Whether annotations of pods count.
    pub annotations: bool,
}

/// What running hooks in the pods of a namespace needs on a side.
///
/// Where the connection is a WebSocket, an API server asks for `get` on `pods/exec`, and since Kubernetes 1.35 for `create`,
/// too. After a restore, pods are waited for with lists, and how far their hooks have come is noted on them.
pub fn hook_rights(side: Side, namespace: Option<&str>) -> Vec<Right> {
    let on_pods: &[&str] = match side {
        Side::Backup => &["get"],
        Side::Restore => &["get", "list", "update"],
    };
    let exec = ["create", "get"].map(|verb| ("pods/exec", verb));
    let of_pods = on_pods.iter().map(|verb| ("pods", *verb));
    let right = |(resource, verb)| Right {
        namespace: namespace.map(str::to_owned),
        resource: GroupResource::new("", resource),
        verb,
    };
    exec.into_iter().chain(of_pods).map(right).collect()
}

/// What it means that rights of [`hook_rights`] are `missing`: one problem for each namespace.
pub fn hooks_forbidden(missing: &[Right]) -> Vec<Problem> {
    let of_namespace = |rights: &[Right]| {
        let named: Vec<String> = rights
            .iter()
            .map(|right| format!("{} {}", right.verb, right.resource))
            .collect();
        let namespace = rights.iter().find_map(|right| right.namespace.as_deref());
        let message = format!(
            "no right to {} in namespace {}: the hooks of the pods there do not run",
            named.join(", "),
            namespace.unwrap_or_default()
        );
        Problem::new(Code::HookForbidden, message)
    };
    let mut sorted = missing.to_vec();
    sorted.sort();
    sorted
        .chunk_by(|one, other| one.namespace == other.namespace)
        .map(of_namespace)
        .collect()
}

impl HookNeeds {
    fn is_empty(&self) -> bool {
        self.hooks.is_empty() && !self.annotations
    }

    /// Whether commands run in `pod` on a side. Annotations that cannot be used run none.
    fn run_in(&self, side: Side, pod: &Object) -> bool {
        let phases: &[Phase] = match side {
            Side::Backup => &[Phase::BeforeBackup, Phase::AfterBackup],
            Side::Restore => &[Phase::AfterRestore],
        };
        let acts = |hook: &Hook| phases.iter().any(|phase| hook.acts(*phase));
        let annotated = || of_annotations(pod, side).ok().flatten();
        self.hooks
            .iter()
            .any(|hook| acts(hook) && hook.selection.fits(pod))
            || self.annotations && annotated().is_some_and(|hook| acts(&hook))
    }

    /// What a backup with this filter needs. Pods that cannot be listed are no matter here: that is said of the right to
    /// list them.
    pub(super) async fn of_backup(
        &self,
        cluster: &dyn Cluster,
        filter: &FilterSpec,
        types: &[ResourceType],
    ) -> ResultOf<Vec<Right>> {
        let pods = types.iter().find(|of| of.resource.is("", "pods"));
        let Some(of) = pods.filter(|_| !self.is_empty()) else {
            return Ok(Vec::new());
        };
        let filter = Filter::new(filter, types)?;
        let mut namespaces = BTreeSet::new();
        let mut pages = cluster.list(of, &ListOptions::default());
        while let Ok(Some(page)) = pages.try_next().await {
            let parse = |json: &str| serde_json::from_str(json).ok();
            let found = page
                .items
                .iter()
                .filter_map(|raw| Object::new(of, parse(&raw.json)?));
            let wanted = found.filter(|pod| filter.admits(&pod.id, pod.labels()));
            let hooked = wanted.filter(|pod| self.run_in(Side::Backup, pod));
            namespaces.extend(hooked.filter_map(|pod| pod.id.namespace));
        }
        Ok(rights(Side::Backup, &namespaces))
    }

    /// What restoring `backup` needs, with `mappings` of namespaces.
    pub(super) async fn of_restore(
        &self,
        backup: &Backup,
        filter: &Filter,
        mappings: &BTreeMap<String, String>,
    ) -> ResultOf<Vec<Right>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let may_admit = filter.clone();
        let mut objects = backup.objects(move |id| {
            let makes_pods = matches!(id.resource.group.as_str(), "apps" | "batch" | "");
            makes_pods && may_admit.may_admit(id)
        });
        let mut namespaces = BTreeSet::new();
        while let Some(object) = objects.next().await {
            // What is damaged is said when the backup is verified or restored.
            let Some(Ok(mut object)) = object.ok().map(ArchivedObject::parse) else {
                continue;
            };
            if !filter.admits(&object.id, object.labels()) {
                continue;
            }
            let namespace = object.id.namespace.take();
            object.id.namespace = namespace.map(|from| mappings.get(&from).cloned().unwrap_or(from));
            let pod = match object.id.resource.is("", "pods") {
                true => Some(object),
                false => pods_of(&object),
            };
            let hooked = pod.filter(|pod| self.run_in(Side::Restore, pod));
            namespaces.extend(hooked.and_then(|pod| pod.id.namespace));
        }
        Ok(rights(Side::Restore, &namespaces))
    }
}

fn rights(side: Side, namespaces: &BTreeSet<String>) -> Vec<Right> {
    namespaces
        .iter()
        .flat_map(|namespace| hook_rights(side, Some(namespace)))
        .collect()
}
