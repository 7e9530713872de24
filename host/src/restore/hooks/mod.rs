//! Hooks of a restore: in pods before they are created, and in those that it created once they run.
//!
//! Which pods a hook is for is told by the namespace that they are restored into, as in Velero; resource modifiers go by
//! the original one. Hooks run only in pods that this restore created, itself or through a controller that it created:
//! never in a pod that was there before.

mod attend;
mod before;
mod makers;
mod mark;
mod planned;
mod pod;
mod registry;
mod rights;
mod settled;
mod watch;
mod workload;

#[cfg(test)]
mod tests;

use super::pipeline::lock;
use super::report::ObjectReport;
use super::requests::Requests;
use super::{Environment, RestoreError, RestoreRequest};
use crate::archive::Backup;
use crate::hooks::{Attempt, HookRecord, Hooks, PodFacts, Pods, Side};
use crate::object::{ObjectId, ResourceType};
use crate::plugin::Operation;
use crate::report::{Cancellation, Code, Problem, Progress};
pub(crate) use workload::template as pods_of;

use makers::Makers;
use registry::Registry;
use rights::Rights;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use watch::Watch;

/// What there is to say of a cluster that has no running pods.
const NO_PODS: &str = "hooks after a restore do not run in a folder: no pods run there";

/// The hooks of a restore.
pub(super) struct RestoreHooks<'a> {
    hooks: Hooks<'a>,
    /// Where pods are reached; none where none run.
    access: Option<Box<dyn Pods>>,
    /// What hooks left with the backup.
    record: HookRecord,
    /// From the namespace in the cluster to the one in the backup.
    origins: BTreeMap<String, String>,
    /// Name of the restore.
    restore: String,
    retry: bool,
    /// Whether this is a plan, which shows what hooks change.
    planned: bool,
    rights: Rights<'a>,
    registry: Mutex<Registry>,
}

/// What hooks of a restore did.
#[derive(Debug, Default)]
pub(super) struct HooksRun {
    /// Each command that was to run, by pod and then in its order.
    pub attempts: Vec<Attempt>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// What running hooks needs of the restore.
pub(super) struct Surroundings<'a> {
    pub requests: &'a Requests<'a>,
    pub pods: &'a ResourceType,
    pub types: &'a super::types::Types,
    pub progress: &'a Progress,
    pub cancellation: &'a Cancellation,
}

/// What hooks left with `backup`.
async fn record(backup: &Backup) -> Result<HookRecord, RestoreError> {
    let Some(json) = backup.hooks().await? else {
        return Ok(HookRecord::default());
    };
    let damaged = |error: serde_json::Error| {
        let message = format!("what hooks left with the backup cannot be read: {error}");
        RestoreError::Hooks(Problem::new(Code::DamagedBackup, message))
    };
    serde_json::from_slice(&json).map_err(damaged)
}

impl<'a> RestoreHooks<'a> {
    /// The hooks that `request` names, ready to run; none where it names none. A hook whose plugin cannot be used is an
    /// error.
    pub(super) async fn prepare(
        request: &RestoreRequest,
        with: &Environment<'a>,
        operation: &Arc<Operation>,
        planned: bool,
    ) -> Result<Option<Self>, RestoreError> {
        let side = request.hook_annotations.then_some(Side::Restore);
        let operation = Arc::clone(operation);
        let hooks = request.hooks.clone();
        let hooks = Hooks::prepare(hooks, side, with.plugins, &request.plugins, operation);
        let hooks = hooks.map_err(RestoreError::Hooks)?;
        if hooks.is_empty() {
            return Ok(None);
        }
        let access = with
            .cluster
            .pods()
            .map(|pods| -> Box<dyn Pods> { Box::new(pods) });
        let origins = request.namespace_mappings.iter();
        Ok(Some(RestoreHooks {
            hooks,
            access,
            record: record(with.backup).await?,
            origins: origins.map(|(old, new)| (new.clone(), old.clone())).collect(),
            restore: request.name.clone(),
            retry: request.retry_hooks,
            planned,
            rights: Rights::new(with.cluster),
            registry: Mutex::default(),
        }))
    }

    /// What plugins kept with the backup about the pod that is `target` in the cluster.
    fn facts(&self, target: &ObjectId) -> Vec<PodFacts> {
        let namespace = target.namespace.as_deref().unwrap_or_default();
        let original = self.origins.get(namespace).map_or(namespace, String::as_str);
        let kept = self.record.facts.iter();
        kept.filter(|kept| kept.namespace == original && kept.pod == target.name)
            .cloned()
            .collect()
    }

    /// Take down what has become of an object.
    pub(super) fn enter(&self, report: &ObjectReport) {
        lock(&self.registry).enter(report);
    }

    /// The restore stops: its hooks do not run.
    pub(super) fn stopped(&self) -> Option<String> {
        let message = "hooks after the restore did not run: once it is run again under its name and goes through, they do";
        lock(&self.registry).has_work().then(|| message.to_owned())
    }

    /// Run the hooks of all pods that were created.
    pub(super) async fn after(&self, around: Surroundings<'_>) -> HooksRun {
        let found = std::mem::take(&mut *lock(&self.registry));
        let mut run = HooksRun {
            problems: found.problems.clone(),
            warnings: found.existing().into_iter().collect(),
            ..HooksRun::default()
        };
        let Some(access) = &self.access else {
            if found.has_work() {
                run.warnings.push(NO_PODS.to_owned());
            }
            return run;
        };
        let (work, created) = found.into_work();
        let makers = Makers::new(around.requests, around.types, &created);
        let watch = Watch::new(self, access.as_ref(), &around, &makers);
        let done = watch.run(work).await;
        run.attempts.extend(done.attempts);
        run.problems.extend(done.problems);
        run.warnings.extend(done.warnings);
        run
    }
}
