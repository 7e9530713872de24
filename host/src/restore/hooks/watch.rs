//! Pods as they come and start: each gets its hooks as soon as they may begin.
//!
//! All pods of a namespace are looked at with one list, so that a thousand pods that start are no burden. Who waits takes
//! no place from those that run.

use super::attend::Attending;
use super::makers::Makers;
use super::registry::{HookedPod, Work};
use super::settled::{is_settled, longest_wait};
use super::workload::{Workload, has_made_all};
use super::{HooksRun, RestoreHooks, Surroundings};
use crate::cluster::{ClusterError, ListOptions, RawObject};
use crate::hooks::{Phase, Pods};
use crate::object::{Object, ObjectId};
use crate::report::{Code, Problem};
use futures::{StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// Pods whose hooks run at the same time.
const AT_ONCE: usize = 32;

/// Between two looks at the pods: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// The pods of a restore, from their creation until their hooks have run.
pub(super) struct Watch<'w> {
    hooks: &'w RestoreHooks<'w>,
    access: &'w dyn Pods,
    around: &'w Surroundings<'w>,
    makers: &'w Makers<'w>,
    since: Instant,
}

/// What is waited for.
struct Awaited {
    pods: BTreeMap<ObjectId, HookedPod>,
    workloads: Vec<Workload>,
    /// Pods that need no second look: their hooks run or have run, or they have none, or another maker.
    seen: BTreeSet<ObjectId>,
    problems: Vec<Problem>,
}

impl<'w> Watch<'w> {
    pub(super) fn new(
        hooks: &'w RestoreHooks<'w>,
        access: &'w dyn Pods,
        around: &'w Surroundings<'w>,
        makers: &'w Makers<'w>,
    ) -> Self {
        Watch {
            hooks,
            access,
            around,
            makers,
            since: Instant::now(),
        }
    }

    /// Wait for the pods of `work`, and run their hooks.
    pub(super) async fn run(&self, work: Work) -> HooksRun {
        let count = u64::try_from(work.pods.len()).ok();
        self.around.progress.begin("Running hooks", count);
        let (to, from) = mpsc::unbounded_channel();
        let looking = self.look(work, to);
        let from = futures::stream::unfold(from, |mut from| async {
            let pod = from.recv().await?;
            Some((pod, from))
        });
        let attending = from
            .map(|pod| self.attend(pod))
            .buffer_unordered(AT_ONCE)
            .boxed()
            .collect::<Vec<HooksRun>>();
        let (problems, mut runs) = tokio::join!(looking, attending);
        runs.sort_by_cached_key(first_pod);
        let mut all = HooksRun {
            problems,
            ..HooksRun::default()
        };
        for run in runs {
            all.attempts.extend(run.attempts);
            all.problems.extend(run.problems);
            all.warnings.extend(run.warnings);
        }
        all
    }

    async fn attend(&self, pod: HookedPod) -> HooksRun {
        let attending = Attending {
            hooks: self.hooks,
            around: self.around,
            access: self.access,
            pod,
            since: self.since,
        };
        let run = attending.run().await;
        self.around.progress.advance(1);
        run
    }

    /// Look at the pods again and again, and hand over each whose hooks may begin.
    async fn look(&self, work: Work, to: mpsc::UnboundedSender<HookedPod>) -> Vec<Problem> {
        let pods = work.pods.into_iter();
        let mut awaited = Awaited {
            pods: pods.map(|pod| (pod.object.id.clone(), pod)).collect(),
            workloads: work.workloads,
            seen: BTreeSet::new(),
            problems: Vec::new(),
        };
        let (mut pause, longest) = PAUSES;
        while !awaited.is_empty() {
            self.look_once(&mut awaited, &to).await;
            tokio::select! {
                () = sleep(pause) => {}
                () = self.around.cancellation.cancelled() => break,
            }
            pause = (pause * 2).min(longest);
        }
        // Whoever attends to them says that the restore was interrupted.
        std::mem::take(&mut awaited.pods)
            .into_values()
            .for_each(|pod| drop(to.send(pod)));
        awaited.problems
    }

    async fn look_once(&self, awaited: &mut Awaited, to: &mpsc::UnboundedSender<HookedPod>) {
        // Before the pods: what a controller had made by now is in their list.
        let made = self.made(&awaited.workloads).await;
        for namespace in awaited.namespaces() {
            let found = self.look_into(&namespace, awaited).await;
            let ready = match found {
                Ok(ready) => ready,
                Err(error) => awaited.give_up(&namespace, error),
            };
            ready.into_iter().for_each(|pod| drop(to.send(pod)));
        }
        let elapsed = self.since.elapsed();
        for pod in awaited.expired(elapsed) {
            drop(to.send(pod));
        }
        awaited.let_go(&made, elapsed);
    }

    /// The pods of a namespace whose hooks may begin now.
    async fn look_into(
        &self,
        namespace: &str,
        awaited: &mut Awaited,
    ) -> Result<Vec<HookedPod>, ClusterError> {
        let options = ListOptions {
            namespace: Some(namespace.to_owned()),
            label_selector: None,
        };
        let mut pages = self.around.requests.cluster().list(self.around.pods, &options);
        let (mut ready, mut there) = (Vec::new(), BTreeSet::new());
        while let Some(page) = pages.try_next().await? {
            for raw in page.items {
                there.insert(raw.id.clone());
                if !awaited.seen.contains(&raw.id) {
                    ready.extend(self.look_at(raw, awaited).await?);
                }
            }
        }
        ready.extend(awaited.gone(namespace, &there));
        Ok(ready)
    }

    /// The pod, if its hooks may begin now. One that is not known yet is awaited from now on, if a controller of this
    /// restore made it.
    async fn look_at(
        &self,
        raw: RawObject,
        awaited: &mut Awaited,
    ) -> Result<Option<HookedPod>, ClusterError> {
        let Some(live) = serde_json::from_str(&raw.json)
            .ok()
            .and_then(|json| Object::new(self.around.pods, json))
        else {
            return Ok(None);
        };
        if !awaited.pods.contains_key(&raw.id) {
            let Some(pod) = self.newcomer(&live, awaited).await? else {
                awaited.seen.insert(raw.id);
                return Ok(None);
            };
            awaited.pods.insert(raw.id.clone(), pod);
        }
        let settled = |pod: &HookedPod| is_settled(&live.json, &pod.hooks);
        if !awaited.pods.get(&raw.id).is_some_and(settled) {
            return Ok(None);
        }
        let pod = awaited.pods.remove(&raw.id);
        awaited.seen.insert(raw.id);
        Ok(pod)
    }

    /// A pod that is not known yet, if it has hooks and a controller of this restore made it.
    async fn newcomer(
        &self,
        live: &Object,
        awaited: &mut Awaited,
    ) -> Result<Option<HookedPod>, ClusterError> {
        let hooks = match self.hooks.hooks.of_pod(live) {
            Ok(hooks) => hooks,
            Err(error) => {
                awaited.problems.push(error.into());
                return Ok(None);
            }
        };
        let acts = hooks.iter().any(|hook| hook.hook.acts(Phase::AfterRestore));
        if !acts || !self.makers.made(live).await? {
            return Ok(None);
        }
        Ok(Some(HookedPod::new(live, hooks)))
    }

    /// The controllers that have made all their pods, or are gone.
    async fn made(&self, workloads: &[Workload]) -> BTreeSet<ObjectId> {
        let mut made = BTreeSet::new();
        for workload in workloads {
            let id = &workload.target;
            let live = self
                .around
                .requests
                .get(&workload.of, id.namespace.as_deref(), &id.name);
            if live
                .await
                .is_ok_and(|live| live.is_none_or(|live| has_made_all(&live)))
            {
                made.insert(id.clone());
            }
        }
        made
    }
}

impl Awaited {
    fn is_empty(&self) -> bool {
        self.pods.is_empty() && self.workloads.is_empty()
    }

    /// The namespaces that have to be looked into.
    fn namespaces(&self) -> BTreeSet<String> {
        let pods = self.pods.keys();
        let workloads = self.workloads.iter().map(|workload| &workload.target);
        pods.chain(workloads)
            .filter_map(|id| id.namespace.clone())
            .collect()
    }

    /// The pods of a namespace that are not `there` any more.
    fn gone(&mut self, namespace: &str, there: &BTreeSet<ObjectId>) -> Vec<HookedPod> {
        self.take(|pod| {
            pod.object.id.namespace.as_deref() == Some(namespace) && !there.contains(&pod.object.id)
        })
    }

    /// The pods of a namespace that cannot be looked into: each is waited for by itself.
    fn give_up(&mut self, namespace: &str, error: ClusterError) -> Vec<HookedPod> {
        let is_in = |id: &ObjectId| id.namespace.as_deref() == Some(namespace);
        self.workloads.retain(|workload| !is_in(&workload.target));
        let problem = Problem::from(error).about(format!("pods of namespace {namespace}"));
        self.problems.push(problem);
        self.take(|pod| is_in(&pod.object.id))
    }

    /// Pods for which time is up, or that have not come: their hooks tell why they cannot run.
    fn expired(&mut self, elapsed: Duration) -> Vec<HookedPod> {
        self.take(|pod| elapsed >= longest_wait(&pod.hooks))
    }

    /// Pods that are not awaited any more.
    fn take(&mut self, is_wanted: impl Fn(&HookedPod) -> bool) -> Vec<HookedPod> {
        let pods = std::mem::take(&mut self.pods).into_values();
        let (taken, left): (Vec<_>, Vec<_>) = pods.partition(is_wanted);
        self.pods = left.into_iter().map(|pod| (pod.object.id.clone(), pod)).collect();
        self.seen.extend(taken.iter().map(|pod| pod.object.id.clone()));
        taken
    }

    /// Wait no longer for controllers that have `made` their pods, or take too long.
    fn let_go(&mut self, made: &BTreeSet<ObjectId>, elapsed: Duration) {
        let problems = &mut self.problems;
        self.workloads.retain(|workload| {
            if made.contains(&workload.target) {
                return false;
            }
            let waits = elapsed < longest_wait(&workload.hooks);
            if !waits {
                let message =
                    "it has not made all its pods in time: hooks do not run in those that are missing";
                problems.push(Problem::new(Code::HookNotRun, message).about(&workload.target));
            }
            waits
        });
    }
}

/// The pod that is reported on.
fn first_pod(run: &HooksRun) -> Option<String> {
    let of_attempt = run
        .attempts
        .first()
        .map(|attempt| format!("{}/{}", attempt.namespace, attempt.pod));
    of_attempt.or_else(|| run.problems.first()?.target.clone())
}
