//! Hooks at work around one pod, from its first moment to its last.

use super::recorded::{Attempts, RecordedPod};
use super::{Action, Attempt, Hooks, Phase, PodFacts, PreparedHook};
use crate::object::Object;
use crate::plugin::{Batch, Facts, InitContainers, Moment, PluginError, Pod};
use crate::report::{Code, Problem};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Hooks at work around one pod: their instances, with the commands that they have left running, what they keep, and
/// what they did.
pub struct Attendance {
    pod: Object,
    access: Arc<dyn Pod>,
    hooks: Vec<Arc<PreparedHook>>,
    batch: Batch,
    facts: BTreeMap<String, Arc<Facts>>,
    attempts: Arc<Attempts>,
    init_containers: Arc<InitContainers>,
}

/// What became of a hook at one moment.
#[derive(Clone, Debug, Default)]
pub struct HookResult {
    /// What went wrong, each with its code.
    pub problems: Vec<Problem>,
    /// Whether the pod has failed by it: `onError: Fail`.
    pub fails_pod: bool,
    /// Whether it is known what was done in the pod: nothing is under way there any more.
    pub is_certain: bool,
}

impl Attendance {
    /// The `hooks` of `pod`, which is reached through `access`. `facts` is what plugins kept about it before.
    pub fn new(
        of: &Hooks<'_>,
        pod: Object,
        hooks: Vec<Arc<PreparedHook>>,
        access: Arc<dyn Pod>,
        facts: Vec<PodFacts>,
    ) -> Self {
        let facts = facts
            .into_iter()
            .map(|kept| (kept.plugin, Arc::new(Facts::new(kept.facts))));
        Attendance {
            pod,
            access,
            hooks,
            batch: of.batch(),
            facts: facts.collect(),
            attempts: Arc::default(),
            init_containers: Arc::default(),
        }
    }

    /// The pod.
    pub fn pod(&self) -> &Object {
        &self.pod
    }

    /// Its hooks, in their order.
    pub fn hooks(&self) -> Vec<Arc<PreparedHook>> {
        self.hooks.clone()
    }

    /// Have one hook do what it does at a moment. `cause` says why it is called in another way than usual.
    pub async fn run(&mut self, hook: &PreparedHook, phase: Phase, cause: Option<&str>) -> HookResult {
        if !hook.hook.acts(phase) {
            return HookResult {
                is_certain: true,
                ..HookResult::default()
            };
        }
        let before = self.attempts.count();
        let access = Arc::clone(&self.access);
        let pod = RecordedPod::new(access, &self.pod, &hook.hook, phase, &self.attempts);
        let facts = self.facts.entry(hook.plugin().to_owned()).or_default();
        let moment = Moment {
            phase: phase.name().to_owned(),
            cause: cause.map(str::to_owned),
            facts: Arc::clone(facts),
            init_containers: Arc::clone(&self.init_containers),
            pod: Arc::new(pod),
            deadline: hook.deadline(phase),
        };
        let ended = self.batch.attend(&hook.plugin, &self.pod, &moment).await;
        let attempts = self.attempts.all().split_off(before);
        self.result(hook, phase, ended, &attempts)
    }

    fn result(
        &self,
        hook: &PreparedHook,
        phase: Phase,
        ended: Result<(), PluginError>,
        attempts: &[Attempt],
    ) -> HookResult {
        let fails_pod = ended.is_err() && hook.hook.can_fail_pod(phase);
        let counting = || Attempt::counting(attempts);
        let (is_certain, mut problems) = match &hook.hook.action {
            Action::Commands(_) => (
                counting().all(|attempt| attempt.end.is_certain()),
                counting().filter_map(Attempt::problem).collect(),
            ),
            // What the exit codes of its commands mean is for the plugin to say.
            Action::Plugin(_) => (ended.is_ok(), Vec::new()),
        };
        if let (Err(error), true) = (ended, problems.is_empty()) {
            let message = format!("{} of {}: {error}", hook.hook.label(), phase);
            problems.push(Problem::new(Code::HookFailed, message).about(&self.pod.id));
        }
        HookResult {
            problems,
            fails_pod,
            is_certain,
        }
    }

    /// What was run until now.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.attempts.all()
    }

    /// What hooks gave the pod before it is created, until now.
    pub fn init_containers(&self) -> Vec<Value> {
        self.init_containers.all()
    }

    /// What plugins keep about the pod, until now.
    pub fn facts(&self) -> Vec<PodFacts> {
        let namespace = self.pod.id.namespace.clone().unwrap_or_default();
        let kept = self.facts.iter().map(|(plugin, facts)| PodFacts {
            namespace: namespace.clone(),
            pod: self.pod.id.name.clone(),
            plugin: plugin.clone(),
            facts: facts.all(),
        });
        kept.filter(|kept| !kept.facts.is_empty()).collect()
    }
}
