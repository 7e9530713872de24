//! Hooks that would run.

use super::registry::{HookedPod, Registry};
use super::workload::{Workload, adopts};
use super::{HooksRun, NO_PODS, RestoreHooks, lock};
use crate::hooks::{Phase, PlannedStep, PreparedHook};
use crate::object::Object;
use std::sync::Arc;

impl RestoreHooks<'_> {
    /// What would be done, in the order of pods and then in its own, and what the user should know of it.
    pub(in crate::restore) fn planned(&self) -> (Vec<PlannedStep>, HooksRun) {
        let mut found = std::mem::take(&mut *lock(&self.registry));
        let mut run = HooksRun {
            problems: std::mem::take(&mut found.problems),
            warnings: found.existing().into_iter().collect(),
            ..HooksRun::default()
        };
        if self.access.is_none() && found.has_work() {
            run.warnings.push(NO_PODS.to_owned());
            found.pods.clear();
            found.workloads.clear();
        }
        let mut steps = found.before.clone();
        steps.extend(found.pods.iter().flat_map(|pod| after(&pod.object, &pod.hooks)));
        let made = found
            .workloads
            .iter()
            .filter(|workload| !is_covered(workload, &found));
        steps.extend(made.flat_map(|workload| after(&unnamed(workload), &workload.hooks)));
        (steps, run)
    }
}

fn after(pod: &Object, hooks: &[Arc<PreparedHook>]) -> Vec<PlannedStep> {
    let steps = hooks.iter();
    steps
        .flat_map(|hook| PlannedStep::of(pod, &hook.hook, Phase::AfterRestore))
        .collect()
}

/// A pod that a controller will make, called after the controller.
fn unnamed(workload: &Workload) -> Object {
    let mut pod = workload.template.clone();
    pod.id.name = format!("(pods of {} {})", workload.target.resource, workload.target.name);
    pod
}

/// Whether the pods of a controller are planned already: they are restored themselves, or it is one of another
/// controller.
fn is_covered(workload: &Workload, found: &Registry) -> bool {
    let namespace = &workload.target.namespace;
    let is_near = |pod: &&HookedPod| pod.object.id.namespace == *namespace;
    let is_part = workload.target.resource.is("apps", "replicasets");
    let is_above = |other: &&Workload| {
        is_part && other.target.namespace == *namespace && other.target.resource.is("apps", "deployments")
    };
    let mut restored = found.pods.iter().filter(is_near);
    let mut above = found.workloads.iter().filter(is_above);
    restored.any(|pod| adopts(&workload.object, &pod.object))
        || above.any(|other| adopts(&other.object, &workload.template))
}
