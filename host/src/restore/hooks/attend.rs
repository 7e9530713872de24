//! The hooks of one pod, one after the other.

use super::mark::{Mark, Progress};
use super::pod::{MarkRequest, Marker, RestoredPod};
use super::registry::HookedPod;
use super::{HooksRun, RestoreHooks, Surroundings};
use crate::hooks::{Attendance, HookResult, Phase, Pods, PreparedHook};
use crate::object::Object;
use crate::report::{Code, Problem};
use futures::future::{Either, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

/// How long a hook that runs may go on when the user interrupts.
const GRACE: Duration = Duration::from_secs(10);

/// One pod whose hooks run.
pub(super) struct Attending<'a> {
    pub hooks: &'a RestoreHooks<'a>,
    pub around: &'a Surroundings<'a>,
    pub access: &'a dyn Pods,
    pub pod: HookedPod,
    /// When it was created, as far as waiting for it goes.
    pub since: Instant,
}

impl Attending<'_> {
    /// Run its hooks.
    pub(super) async fn run(self) -> HooksRun {
        let id = &self.pod.object.id;
        let live = self
            .around
            .requests
            .get(self.around.pods, id.namespace.as_deref(), &id.name);
        let pod = match live
            .await
            .map(|live| Object::new(self.around.pods, live.unwrap_or_default()))
        {
            Ok(Some(pod)) => pod,
            Ok(None) => return self.not_run("the pod is not there any more"),
            Err(error) => return self.not_run(&error.to_string()),
        };
        let (to_mark, asked) = mpsc::channel(1);
        let access = RestoredPod {
            inner: self.access.reach(&pod),
            marks: to_mark,
            since: self.since,
        };
        let marker = Marker {
            requests: self.around.requests,
            pods: self.around.pods,
            pod: &pod,
            restore: &self.hooks.restore,
            mark: Mutex::new(Mark::read(&pod.json, &self.hooks.restore)),
        };
        let (hooks, facts) = (self.pod.hooks.clone(), self.hooks.facts(id));
        let attendance = Attendance::new(&self.hooks.hooks, pod.clone(), hooks, Arc::new(access), facts);
        let mut round = Round {
            attending: &self,
            marker: &marker,
            attendance,
            asked,
            run: HooksRun::default(),
        };
        round.all().await;
        round.run.attempts = round.attendance.attempts();
        round.run
    }

    /// No hook of the pod ran, because of `why`.
    fn not_run(&self, why: &str) -> HooksRun {
        let labels: Vec<String> = self.pod.hooks.iter().map(|hook| hook.hook.label()).collect();
        let message = format!("{} did not run: {why}", labels.join(", "));
        HooksRun {
            problems: vec![Problem::new(Code::HookNotRun, message).about(&self.pod.object.id)],
            ..HooksRun::default()
        }
    }
}

/// The hooks of a pod on their turn.
struct Round<'r, 'a> {
    attending: &'r Attending<'a>,
    marker: &'r Marker<'r>,
    attendance: Attendance,
    asked: mpsc::Receiver<MarkRequest>,
    run: HooksRun,
}

impl Round<'_, '_> {
    async fn all(&mut self) {
        let hooks = self.attendance.hooks();
        let acting = hooks.iter().filter(|hook| hook.hook.acts(Phase::AfterRestore));
        let mut left: Vec<&Arc<PreparedHook>> = acting.rev().collect();
        let mut has_ended = false;
        while let Some(hook) = left.pop() {
            if self.attending.around.cancellation.is_cancelled() {
                left.push(hook);
                self.leave("the restore was interrupted", &left);
                break;
            }
            let label = hook.hook.label();
            if !self.is_due(&label).await {
                continue;
            }
            let result = self.one(hook, &label).await;
            let fails_pod = result.fails_pod;
            if result.is_certain {
                has_ended |= self.marker.end(&label).await;
            }
            self.run.problems.extend(result.problems);
            if fails_pod && !left.is_empty() {
                self.leave(&format!("{label} failed"), &left);
                break;
            }
        }
        if has_ended {
            self.marker.finish().await;
        }
    }

    /// Whether a hook is to run: not where an earlier run of this restore may have run it.
    async fn is_due(&mut self, label: &str) -> bool {
        let progress = self.marker.mark.lock().await.progress(label);
        match progress {
            Progress::Not => true,
            Progress::Started if self.attending.hooks.retry => true,
            Progress::Started => {
                let message = format!(
                    "{label} may have run before this restore was interrupted, and is not run again; --retry-hooks does that"
                );
                let problem = Problem::new(Code::HookNotRun, message).about(&self.attending.pod.object.id);
                self.run.problems.push(problem);
                false
            }
            Progress::Done => {
                let pod = &self.attending.pod.object.id;
                self.run.warnings.push(format!(
                    "{label} of {pod} has run before this restore was interrupted"
                ));
                false
            }
        }
    }

    /// Run one hook, which is marked as started as soon as it runs a command.
    async fn one(&mut self, hook: &PreparedHook, label: &str) -> HookResult {
        let (asked, marker) = (&mut self.asked, self.marker);
        let marking = pin!(async {
            while let Some(answer) = asked.recv().await {
                let _ = answer.send(marker.start(label).await);
            }
        });
        let cancellation = self.attending.around.cancellation;
        let interrupted = pin!(async {
            cancellation.cancelled().await;
            tokio::time::sleep(GRACE).await;
        });
        let running = pin!(self.attendance.run(hook, Phase::AfterRestore, None));
        let marked = pin!(async {
            match select(running, marking).await {
                Either::Left((result, _)) => result,
                Either::Right(((), running)) => running.await,
            }
        });
        match select(marked, interrupted).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => {
                let message = format!(
                    "{label} was let go because the restore was interrupted: it may still be running"
                );
                let problem = Problem::new(Code::HookNotRun, message).about(&self.attending.pod.object.id);
                HookResult {
                    problems: vec![problem],
                    ..HookResult::default()
                }
            }
        }
    }

    /// Hooks that do not run any more, because of `why`; the next one is last.
    fn leave(&mut self, why: &str, left: &[&Arc<PreparedHook>]) {
        let labels: Vec<String> = left.iter().rev().map(|hook| hook.hook.label()).collect();
        let message = format!("{} did not run: {why}", labels.join(", "));
        let problem = Problem::new(Code::HookNotRun, message).about(&self.attending.pod.object.id);
        self.run.problems.push(problem);
    }
}
