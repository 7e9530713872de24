//! A restore from its beginning to its end: level by level, and batch by batch within a level.

use super::batches::batches;
use super::carry_out::carry_out;
use super::ground::{Ground, namespace_id};
use super::item::{Item, Slot};
use super::levels::Level;
use super::pipeline::{ABORTED, Entry, Pipeline, lock};
use super::report::{ActionName, Note, ObjectReport, RestoreReport, Totals};
use super::types::Types;
use super::{Environment, live};
use crate::cluster::Write;
use crate::modify::CompiledRules;
use crate::object::{GroupResource, ResourceType};
use crate::plugin::Batch;
use crate::report::{Code, Problem};
use futures::StreamExt;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often an object is looked at again that has changed between being read and being written.
const ATTEMPTS: usize = 3;

/// Requests of one batch that are under way at the same time.
const REQUESTS: usize = 16;

/// A restore that is going on.
pub(super) struct Run<'a> {
    with: &'a Environment<'a>,
    pipeline: Arc<Pipeline>,
    ground: Arc<Ground>,
    objects: Vec<ObjectReport>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl<'a> Run<'a> {
    /// A restore that has read what it needs and has changed nothing.
    pub(super) fn new(
        with: &'a Environment<'a>,
        pipeline: Pipeline,
        ground: Ground,
        warnings: Vec<String>,
    ) -> Self {
        let (pipeline, ground) = (Arc::new(pipeline), Arc::new(ground));
        Run {
            with,
            pipeline,
            ground,
            objects: Vec::new(),
            problems: Vec::new(),
            warnings,
        }
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
                return;
            }
        }
    }

    /// Restore the objects of a level, and prepare the ground for those that follow.
    async fn level(&mut self, level: Level) -> Result<(), Problem> {
        let first = self.objects.len();
        let mut reports = Vec::new();
        let result = self.batches(level, &mut reports).await;
        self.objects.append(&mut reports);
        result?;
        match level {
            Level::CustomResourceDefinitions => self.after_definitions(first).await,
            Level::Namespaces => {
                self.after_namespaces(first).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn batches(&self, level: Level, reports: &mut Vec<ObjectReport>) -> Result<(), Problem> {
        let pipeline = Arc::clone(&self.pipeline);
        let wanted = move |id: &_| pipeline.selection.may_want(id);
        let objects = self
            .with
            .backup
            .objects(move |id| Level::of(&id.resource) == level && wanted(id));
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let batch = |batch| async move {
            match batch {
                Ok(entries) => self.batch(entries).await,
                Err(error) => Err(Problem::from(error)),
            }
        };
        let stopped = AtomicBool::new(false);
        let goes_on = |_: &_| {
            stopped.fetch_or(self.with.cancellation.is_cancelled(), Ordering::Relaxed);
            std::future::ready(!stopped.load(Ordering::Relaxed))
        };
        // In the order of the archive, whichever is done first.
        let mut done = batches(objects).take_while(goes_on).map(batch).buffered(workers);
        let mut result = Ok(());
        // What was begun is brought to its end, so that all that was changed is in the report.
        while let Some(batch) = done.next().await {
            match batch {
                Ok(mut batch) => {
                    self.with
                        .progress
                        .advance(u64::try_from(batch.len()).unwrap_or_default());
                    reports.append(&mut batch);
                }
                Err(problem) => {
                    stopped.store(true, Ordering::Relaxed);
                    result = result.and(Err(problem));
                }
            }
        }
        result?;
        match stopped.load(Ordering::Relaxed) {
            true => self.with.cancellation.check(),
            false => Ok(()),
        }
    }

    /// Restore the objects of a batch, with plugin instances of its own.
    async fn batch(&self, entries: Vec<Entry>) -> Result<Vec<ObjectReport>, Problem> {
        let plugins = self.with.plugins.batch(&self.pipeline.operation);
        let (pipeline, ground) = (Arc::clone(&self.pipeline), Arc::clone(&self.ground));
        let begin = move |mut plugins: Batch| {
            let begin = |entry| pipeline.begin(entry, &ground, &mut plugins);
            (entries.into_iter().filter_map(begin).collect::<Vec<_>>(), plugins)
        };
        let (mut slots, mut plugins) = on_worker(move || begin(plugins)).await?;
        for attempt in 0..ATTEMPTS {
            if !slots.iter().any(|slot| matches!(slot, Slot::Open(_))) {
                break;
            }
            slots = self
                .each_open(slots, |item| {
                    live::read(self.with.cluster, &self.ground, item, attempt)
                })
                .await;
            let pipeline = Arc::clone(&self.pipeline);
            (slots, plugins) = on_worker(move || decide_all(&pipeline, slots, plugins)).await?;
            slots = self
                .each_open(slots, |item| carry_out(self.with.cluster, item))
                .await;
        }
        Ok(slots.into_iter().map(end).collect())
    }

    /// Do something with every open object of a batch, some at the same time; their order stays.
    async fn each_open<F>(&self, slots: Vec<Slot>, act: impl Fn(Box<Item>) -> F) -> Vec<Slot>
    where
        F: Future<Output = Slot>,
    {
        let act = &act;
        let act = |slot| async move {
            match slot {
                Slot::Open(item) => act(item).await,
                closed @ Slot::Closed(_) => closed,
            }
        };
        futures::stream::iter(slots)
            .map(act)
            .buffered(REQUESTS)
            .collect()
            .await
    }

    /// What was defined is served from now on.
    async fn after_definitions(&mut self, first: usize) -> Result<(), Problem> {
        let reports = self.objects.get(first..).unwrap_or_default();
        let mut ground = Ground::clone(&self.ground);
        let changed = reports.iter().any(ObjectReport::is_done);
        if changed && !self.pipeline.planned {
            ground.types = Types::new(self.with.cluster.resource_types().await.map_err(Problem::from)?);
        }
        for report in reports {
            let defined = self.pipeline.selection.definitions.get(&report.id.name);
            match (report.is_lost(), defined) {
                (true, _) => ground.fail_definition(&report.id.name),
                (false, Some(of)) if self.pipeline.planned => ground.plan_type(of.clone()),
                (false, _) => {}
            }
        }
        self.ground = Arc::new(ground);
        Ok(())
    }

    /// Namespaces that objects need, and that are neither in the cluster nor whole in the backup, are created bare.
    async fn after_namespaces(&mut self, first: usize) {
        let mut ground = Ground::clone(&self.ground);
        let needed = self.pipeline.target_namespaces();
        for name in needed
            .into_iter()
            .filter(|name| !self.ground.existing.contains(name))
        {
            let restored = self.objects.get(first..).unwrap_or_default();
            let report = match restored
                .iter()
                .find(|report| report.target.name == name && !report.is_skipped())
            {
                Some(report) if !report.is_damaged() => report.clone(),
                _ => {
                    let report = self.add_namespace(&name).await;
                    self.objects.push(report.clone());
                    report
                }
            };
            if report.is_lost() {
                ground.failed_namespaces.insert(name);
            }
        }
        self.ground = Arc::new(ground);
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
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        if self.pipeline.planned {
            return report;
        }
        let of = namespaces();
        match self.with.cluster.create(&of, &namespace, Write::default()).await {
            Ok(_) => report,
            Err(error) => report.refused(error),
        }
    }

    /// A rule that fits no object is likely not what its author meant.
    fn unmatched_rules(&self) -> Vec<String> {
        let matched: BTreeSet<usize> = self
            .objects
            .iter()
            .flat_map(|report| &report.rules)
            .map(|rule| rule.rule)
            .collect();
        let rules = self.pipeline.rules.as_ref().map_or(0, CompiledRules::len);
        let unmatched = (1..=rules).filter(|rule| !matched.contains(rule));
        unmatched
            .map(|rule| format!("rule {rule} of the resource modifiers fits no object of this restore"))
            .collect()
    }

    /// The report on everything.
    pub(super) fn finish(mut self, name: String) -> RestoreReport {
        let not_served = std::mem::take(&mut *lock(&self.pipeline.not_served));
        self.problems.extend(not_served.into_iter().map(|(of, count)| {
            let objects = if count == 1 {
                "1 object is".to_owned()
            } else {
                format!("{count} objects are")
            };
            let message = format!("the cluster does not serve this type: {objects} left out");
            Problem::new(Code::UnknownResourceType, message).about(of)
        }));
        self.warnings.extend(self.unmatched_rules());
        let totals = Totals::of(&self.objects);
        let operation = &self.pipeline.operation;
        RestoreReport {
            planned: self.pipeline.planned,
            backup: operation.backup.clone(),
            restore: name,
            cluster: self.with.cluster.address(),
            time: operation.now,
            outcome: totals.outcome(self.problems.len()),
            totals,
            objects: self.objects,
            problems: self.problems,
            warnings: self.warnings,
        }
    }
}

/// The type of namespaces, which every cluster serves.
pub(super) fn namespaces() -> ResourceType {
    ResourceType {
        resource: GroupResource::new("", "namespaces"),
        version: "v1".to_owned(),
        kind: "Namespace".to_owned(),
        namespaced: false,
    }
}

/// Calls of plugins compute, so they must not hold up requests.
async fn on_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|panicked| Problem::new(Code::Internal, panicked.to_string()))
}

fn decide_all(pipeline: &Pipeline, slots: Vec<Slot>, mut plugins: Batch) -> (Vec<Slot>, Batch) {
    let decide = |slot| match slot {
        Slot::Open(item) => pipeline.decide(item, &mut plugins),
        closed @ Slot::Closed(_) => closed,
    };
    (slots.into_iter().map(decide).collect(), plugins)
}

/// What has become of an object. One that is still open has changed under us again and again.
fn end(slot: Slot) -> ObjectReport {
    match slot {
        Slot::Closed(report) => *report,
        Slot::Open(item) => {
            let message = "it changed in the cluster each time it was looked at";
            item.report.refused(Problem::new(Code::Conflict, message))
        }
    }
}
