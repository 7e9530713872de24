//! A restore from its beginning to its end, level by level.

use super::Environment;
use super::definitions::wait_until_served;
use super::ground::{Ground, namespace_id};
use super::hooks::{RestoreHooks, Surroundings};
use super::ledger::Ledger;
use super::levels::Level;
use super::namespaces::namespaces;
use super::owners::set_owners;
use super::pipeline::{ABORTED, CHANGED_BEFORE, DONE_BEFORE, Pipeline, lock};
use super::report::{ActionName, Note, ObjectReport, RestoreReport, VolumeReport};
use super::requests::Requests;
use super::types::Unserved;
use super::volumes::Begun;
use crate::cluster::{ClusterError, Write};
use crate::hooks::{Attempt, PlannedStep};
use crate::modify::CompiledRules;
use crate::object::GroupResource;
use crate::report::{Code, Problem};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A restore that is going on.
pub(super) struct Run<'a> {
    pub(super) with: &'a Environment<'a>,
    pub(super) requests: Requests<'a>,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) ground: Arc<Ground>,
    pub(super) hooks: Option<RestoreHooks<'a>>,
    /// The name of the restore.
    pub(super) name: String,
    /// How long each volume is waited for.
    pub(super) volume_timeout: Duration,
    /// Claims that were restored with data.
    pub(super) begun: Vec<Begun>,
    pub(super) volumes: Vec<VolumeReport>,
    planned_hooks: Vec<PlannedStep>,
    hook_attempts: Vec<Attempt>,
    ledger: Ledger,
    pub(super) problems: Vec<Problem>,
    warnings: Vec<String>,
    pub(super) stopped: bool,
}

impl<'a> Run<'a> {
    /// A restore that has read what it needs and has changed nothing.
    pub(super) fn new(
        with: &'a Environment<'a>,
        requests: Requests<'a>,
        pipeline: Pipeline,
        ground: Ground,
        hooks: Option<RestoreHooks<'a>>,
        (name, volume_timeout, warnings): (String, Duration, Vec<String>),
    ) -> Self {
        Run {
            with,
            requests,
            pipeline: Arc::new(pipeline),
            ground: Arc::new(ground),
            hooks,
            name,
            volume_timeout,
            begun: Vec::new(),
            volumes: Vec::new(),
            planned_hooks: Vec::new(),
            hook_attempts: Vec::new(),
            ledger: Ledger::default(),
            problems: Vec::new(),
            warnings,
            stopped: false,
        }
    }

    /// Take note of problems that were found before anything was changed.
    pub(super) fn note(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
    }

    /// Go through all levels. What stops the restore is among the problems.
    pub(super) async fn all_levels(&mut self) {
        let title = if self.pipeline.planned {
            "Planning"
        } else {
            "Restoring"
        };
        self.with
            .progress
            .begin(title, Some(self.pipeline.selection.count));
        for level in Level::ALL {
            if let Err(problem) = self.level(level).await {
                self.problems.push(problem);
                self.stopped = true;
                self.warnings
                    .extend(self.hooks.as_ref().and_then(RestoreHooks::stopped));
                return;
            }
        }
        self.set_owners().await;
        self.run_hooks().await;
        self.await_volumes().await;
    }

    /// Have hooks do what they do once everything is there.
    async fn run_hooks(&mut self) {
        let Some(hooks) = &self.hooks else {
            return;
        };
        let run = match (
            self.pipeline.planned,
            self.ground.types.get(&GroupResource::new("", "pods")),
        ) {
            (true, _) | (false, None) => {
                let (steps, run) = hooks.planned();
                self.planned_hooks = steps;
                run
            }
            (false, Some(pods)) => {
                let around = Surroundings {
                    requests: &self.requests,
                    pods,
                    types: &self.ground.types,
                    progress: self.with.progress,
                    cancellation: self.with.cancellation,
                };
                hooks.after(around).await
            }
        };
        self.hook_attempts = run.attempts;
        self.problems.extend(run.problems);
        self.warnings.extend(run.warnings);
        if let Err(problem) = self.with.cancellation.check() {
            self.problems.push(problem);
            self.stopped = true;
        }
    }

    /// Restore the objects of a level, and prepare the ground for those that follow.
    async fn level(&mut self, level: Level) -> Result<(), Problem> {
        let mut ledger = std::mem::take(&mut self.ledger);
        let mut begun = std::mem::take(&mut self.begun);
        let pipeline = Arc::clone(&self.pipeline);
        // What others stand on is looked at again when the level is done.
        let is_ground = matches!(level, Level::CustomResourceDefinitions | Level::Namespaces);
        let mut reports = Vec::new();
        let is_there = self
            .pipeline
            .selection
            .groups
            .iter()
            .any(|group| Level::of(&group.resource) == level);
        let result = match is_there {
            false => self.with.cancellation.check(),
            true => {
                let hooks = self.hooks.as_ref();
                let enter = |report: ObjectReport| {
                    hooks.inspect(|hooks| hooks.enter(&report));
                    reports.extend(is_ground.then(|| report.clone()));
                    let with_data = pipeline.context.data.of(&report.id);
                    begun.extend(with_data.and_then(|_| Begun::of(&report)));
                    ledger.enter(report);
                };
                self.objects_of(level, enter).await
            }
        };
        self.ledger = ledger;
        self.begun = begun;
        result?;
        match level {
            Level::CustomResourceDefinitions => self.after_definitions(&reports).await,
            Level::Namespaces => {
                self.after_namespaces(&reports).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What was defined is served from now on.
    async fn after_definitions(&mut self, reports: &[ObjectReport]) -> Result<(), Problem> {
        let definitions = &self.pipeline.selection.definitions;
        let of = |report: &ObjectReport| definitions.get(&report.id.name).cloned();
        let mut ground = Ground::clone(&self.ground);
        for report in reports.iter().filter(|report| report.is_lost()) {
            ground.fail_definition(&report.id.name);
        }
        if self.pipeline.planned {
            let planned = reports.iter().filter(|report| !report.is_lost());
            planned.filter_map(of).for_each(|of| ground.plan_type(of));
        } else {
            let done: Vec<_> = reports
                .iter()
                .filter(|report| report.is_done())
                .filter_map(of)
                .collect();
            if !done.is_empty() {
                let cancellation = &self.with.cancellation;
                let (types, problems) = wait_until_served(&self.requests, &done, cancellation).await?;
                let before = std::mem::replace(&mut ground.types, types);
                let is_new = |of: &&crate::object::ResourceType| before.get(&of.resource).is_none();
                ground
                    .new_types
                    .extend(done.iter().filter(is_new).map(|of| of.resource.clone()));
                for (resource, problem) in problems {
                    ground.failed_definitions.insert(resource);
                    self.problems.push(problem);
                }
            }
        }
        self.ground = Arc::new(ground);
        Ok(())
    }

    /// Namespaces that objects need, and that are neither in the cluster nor whole in the backup, are created bare.
    async fn after_namespaces(&mut self, reports: &[ObjectReport]) {
        let mut ground = Ground::clone(&self.ground);
        let needed = self.pipeline.target_namespaces();
        for name in needed
            .into_iter()
            .filter(|name| !self.ground.existing.contains(name))
            .filter(|name| !self.ground.failed_namespaces.contains(name))
        {
            let report = match reports
                .iter()
                .find(|report| report.target.name == name && !report.is_skipped())
            {
                Some(report) if !report.is_damaged() => report.clone(),
                _ if is_done_before(reports, &name) => {
                    ground.existing.insert(name);
                    continue;
                }
                _ => {
                    let report = self.add_namespace(&name).await;
                    self.ledger.enter(report.clone());
                    report
                }
            };
            if report.is_lost() {
                ground.failed_namespaces.insert(name);
            }
        }
        self.ground = Arc::new(ground);
    }

    /// Set references to owners, which have other identities than in the original cluster.
    async fn set_owners(&mut self) {
        let owned = std::mem::take(&mut *lock(&self.pipeline.owned));
        let Some(marks) = self
            .pipeline
            .marks
            .as_ref()
            .filter(|_| !owned.is_empty() && !self.pipeline.planned)
        else {
            return;
        };
        let set = set_owners(&self.requests, &self.ground.types, marks, owned).await;
        self.problems.extend(set.problems);
        self.warnings.extend(set.warnings);
    }

    async fn add_namespace(&self, name: &str) -> ObjectReport {
        let mut report = ObjectReport::of(namespace_id(name));
        if self.pipeline.aborted.load(Ordering::Relaxed) {
            return report.ended(ActionName::LeaveOut, ABORTED);
        }
        let message = "objects need this namespace, and the backup does not hold it, or not whole";
        report.notes.push(Note {
            plugin: None,
            code: "namespace-added".into(),
            message: message.into(),
            pointer: None,
        });
        let mut namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        if self.pipeline.planned {
            return report;
        }
        let of = namespaces();
        let look_ups = &self.pipeline.operation.look_ups;
        look_ups.before_write(&namespace_id(name), None);
        if let Some(marks) = &self.pipeline.marks {
            marks.put(&mut namespace);
        }
        match self
            .requests
            .create(&of, &namespace, Write::default())
            .await
            .result
        {
            // It was created by a request whose answer was lost, or by somebody else: it is there.
            Ok(_) | Err(ClusterError::Exists(_)) => report,
            Err(error) => report.refused(error),
        }
    }

    /// A rule that fits no object is likely not what its author meant.
    fn unmatched_rules(&self) -> Vec<String> {
        let rules = self.pipeline.rules.as_ref().map_or(0, CompiledRules::len);
        let unmatched = (1..=rules).filter(|rule| !self.ledger.matched_rules.contains(rule));
        unmatched
            .map(|rule| format!("rule {rule} of the resource modifiers fits no object of this restore"))
            .collect()
    }

    /// The report on everything.
    pub(super) fn finish(mut self) -> RestoreReport {
        let not_served = std::mem::take(&mut *lock(&self.pipeline.not_served));
        self.problems.extend(
            not_served
                .into_iter()
                .map(|(of, count)| not_served_problem(of, count)),
        );
        self.warnings.extend(self.unmatched_rules());
        let Ledger { objects, totals, .. } = self.ledger;
        let operation = &self.pipeline.operation;
        RestoreReport {
            planned: self.pipeline.planned,
            backup: operation.backup.clone(),
            restore: self.name,
            cluster: self.with.cluster.address(),
            time: operation.now,
            outcome: totals.outcome(self.problems.len()),
            stopped: self.stopped,
            totals,
            objects,
            problems: self.problems,
            warnings: self.warnings,
            plugins: self.pipeline.plugin_reports(),
            look_ups: match &self.pipeline.plan_key {
                Some(key) => operation.look_ups.record(key.secret()),
                None => Vec::new(),
            },
            volumes: self.volumes,
            planned_hooks: self.planned_hooks,
            hook_attempts: self.hook_attempts,
        }
    }
}

/// Whether an earlier run of this restore has made the namespace `name`.
fn is_done_before(reports: &[ObjectReport], name: &str) -> bool {
    let is_it = |report: &&ObjectReport| report.target.name == name;
    let is_done = |report: &ObjectReport| {
        let reason = report.reason.as_deref();
        reason.is_some_and(|reason| [DONE_BEFORE, CHANGED_BEFORE].contains(&reason))
    };
    reports.iter().find(is_it).is_some_and(is_done)
}

/// One problem for all objects of a type, or a version of it, that the cluster does not serve.
fn not_served_problem(of: Unserved, count: usize) -> Problem {
    let objects = if count == 1 {
        "1 object is".to_owned()
    } else {
        format!("{count} objects are")
    };
    match of {
        Unserved::Type(of) => {
            let message = format!("the cluster does not serve this type: {objects} left out");
            Problem::new(Code::UnknownResourceType, message).about(of)
        }
        Unserved::Version {
            resource,
            version,
            served,
        } => {
            let served = served.join(", ");
            let message = format!(
                "the backup holds it in version {version}, and the cluster serves only {served}, into which it cannot \
                 be converted with certainty: {objects} left out"
            );
            Problem::new(Code::ApiVersionNotServed, message).about(resource)
        }
    }
}
