//! What the restore has come upon that hooks are for, and what became of it.

use super::super::pipeline::DONE_BEFORE;
use super::super::report::{ActionName, ObjectReport};
use super::workload::Workload;
use crate::hooks::{PlannedStep, PreparedHook, container_names};
use crate::object::{GroupResource, Object, ObjectId};
use crate::report::Problem;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Pods that are named in a warning.
const NAMED: usize = 5;

/// What hooks are for.
#[derive(Default)]
pub(super) struct Registry {
    /// Pods that are restored, by their identity in the backup, until their fate is known.
    pub placed: BTreeMap<ObjectId, HookedPod>,
    /// Controllers whose pods have hooks, the same.
    pub placed_workloads: BTreeMap<ObjectId, Workload>,
    /// Pods that this restore created, in the order of restoring.
    pub pods: Vec<HookedPod>,
    /// Pods that were there before, whose hooks do not run.
    pub existing: Vec<ObjectId>,
    /// Controllers that this restore created.
    pub workloads: Vec<Workload>,
    /// All objects that it created and that may have made pods.
    pub created: BTreeSet<ObjectId>,
    /// What hooks do before pods are created.
    pub before: Vec<PlannedStep>,
    /// What went wrong so far.
    pub problems: Vec<Problem>,
}

/// A pod with its hooks.
pub(super) struct HookedPod {
    /// The pod under its identity in the cluster, as far as hooks and plans look at it: labels and containers.
    pub object: Object,
    /// Its hooks, in their order.
    pub hooks: Vec<Arc<PreparedHook>>,
}

/// What is to be done after the restore.
pub(super) struct Work {
    pub pods: Vec<HookedPod>,
    pub workloads: Vec<Workload>,
}

impl HookedPod {
    /// `pod`, as it is or will be in the cluster.
    pub(super) fn new(pod: &Object, hooks: Vec<Arc<PreparedHook>>) -> Self {
        let labels: Map<String, Value> = pod
            .labels()
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        let containers = container_names(&pod.json).into_iter();
        let containers: Vec<Value> = containers.map(|name| json!({ "name": name })).collect();
        let json = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
        HookedPod {
            object: Object {
                id: pod.id.clone(),
                version: pod.version.clone(),
                kind: pod.kind.clone(),
                json,
            },
            hooks,
        }
    }
}

impl Registry {
    /// Take down what has become of an object.
    pub(super) fn enter(&mut self, report: &ObjectReport) {
        let is_created = is_created(report);
        if is_created && may_make_pods(&report.target.resource) {
            self.created.insert(report.target.clone());
        }
        if let Some(mut pod) = self.placed.remove(&report.id) {
            pod.object.id = report.target.clone();
            match is_created {
                true => self.pods.push(pod),
                false if report.is_lost() => {}
                false => self.existing.push(pod.object.id),
            }
        }
        if let Some(mut workload) = self.placed_workloads.remove(&report.id) {
            workload.target = report.target.clone();
            self.workloads.extend(is_created.then_some(workload));
        }
    }

    /// Whether anything is to be done.
    pub(super) fn has_work(&self) -> bool {
        !self.pods.is_empty() || !self.workloads.is_empty()
    }

    /// What is to be done, and what was created.
    pub(super) fn into_work(self) -> (Work, BTreeSet<ObjectId>) {
        let work = Work {
            pods: self.pods,
            workloads: self.workloads,
        };
        (work, self.created)
    }

    /// What there is to say of pods that were there before.
    pub(super) fn existing(&self) -> Option<String> {
        let named: Vec<String> = self.existing.iter().take(NAMED).map(name).collect();
        let more = match self.existing.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!named.is_empty()).then(|| {
            format!(
                "hooks do not run in pods that were there before this restore: {}{more}",
                named.join(", ")
            )
        })
    }
}

/// `shop/web-0`
pub(super) fn name(pod: &ObjectId) -> String {
    format!("{}/{}", pod.namespace.as_deref().unwrap_or_default(), pod.name)
}

/// Whether this restore created the object, now or when it was interrupted before.
fn is_created(report: &ObjectReport) -> bool {
    let is_new = matches!(
        report.action,
        ActionName::Create | ActionName::Recreate | ActionName::Rename
    );
    (is_new && !report.is_lost()) || report.reason.as_deref() == Some(DONE_BEFORE)
}

/// Whether objects of a type may be the controllers of pods, or of what makes them: the built-in ones, and those that
/// somebody defined.
fn may_make_pods(of: &GroupResource) -> bool {
    match of.group.as_str() {
        "apps" | "batch" => true,
        "" => of.resource == "replicationcontrollers",
        group => group.contains('.') && !group.ends_with(".k8s.io"),
    }
}
