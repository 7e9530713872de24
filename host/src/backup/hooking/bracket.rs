//! One bracket: pods that stand still together.

use super::find::FoundPod;
use super::{Hooking, at_a_time, notes};
use crate::archive::HeldClaim;
use crate::cluster::{Cluster, RawObject};
use crate::hooks::{Attendance, Phase, PodName};
use crate::object::{Needs, ResourceType};
use crate::report::units::took;
use crate::report::{Cancellation, Code, Problem, Progress};
use crate::volumes::{Candidate, Snapshots};
use futures::FutureExt;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// A pod in its bracket.
pub(super) struct Standing {
    raw: RawObject,
    pub(super) attendance: Attendance,
    /// How many of its hooks have had their say before.
    before: usize,
    /// Whether anything was begun that an after-hook may have to end.
    begun: bool,
    /// Whether it failed, and is not written.
    pub(super) failed: bool,
    /// Whether it was looked at while it stood still.
    captured: bool,
    /// Whether nothing is known to be under way in it.
    pub(super) is_certain: bool,
    pub(super) errors: Vec<Problem>,
}

impl Standing {
    pub(super) fn new(found: FoundPod, hooking: &Hooking<'_>) -> Self {
        let access = hooking.pods.reach(&found.pod);
        Standing {
            raw: found.raw,
            attendance: Attendance::new(hooking.hooks, found.pod, found.hooks, access, Vec::new()),
            before: 0,
            begun: false,
            failed: false,
            captured: false,
            is_certain: true,
            errors: Vec::new(),
        }
    }

    /// Which pod it is.
    pub(super) fn name(&self) -> PodName {
        PodName::of(self.attendance.pod())
    }

    /// The pod as it is to be written.
    pub(super) fn into_raw(self) -> RawObject {
        self.raw
    }

    /// The claims that it uses, by namespace and name.
    fn claims(&self) -> BTreeSet<(String, String)> {
        let namespace = self.raw.id.namespace.clone().unwrap_or_default();
        let claims = Needs::claims_of_pod(&self.raw.id.name, &self.raw.json).into_iter();
        claims.map(|claim| (namespace.clone(), claim)).collect()
    }

    fn error(&mut self, code: Code, message: impl Into<String>) {
        self.errors.push(Problem::new(code, message).about(&self.raw.id));
    }

    /// Run its before-hooks, until one fails that must not.
    async fn run_before(&mut self) {
        for hook in self.attendance.hooks() {
            self.begun |= hook.hook.acts(Phase::BeforeBackup);
            let result = self.attendance.run(&hook, Phase::BeforeBackup, None).await;
            self.errors.extend(result.problems);
            self.before += 1;
            if result.fails_pod {
                self.failed = true;
                break;
            }
        }
    }

    fn has_run_before(&self) -> bool {
        self.failed || self.before == self.attendance.hooks().len()
    }

    /// Read it again, as it is while it stands still. One that cannot be read is written as it was listed.
    async fn capture(&mut self, of: &ResourceType, cluster: &dyn Cluster) {
        let id = self.raw.id.clone();
        match cluster.get(of, id.namespace.as_deref(), &id.name).await {
            Ok(Some(live)) => self.take(live),
            Ok(None) => self.error(Code::HookNotRun, "the pod was deleted while its hooks ran"),
            Err(error) => {
                let problem = Problem::from(error);
                let message = format!(
                    "the pod is written as it was before its hooks: {}",
                    problem.message
                );
                self.error(problem.code, message);
            }
        }
    }

    fn take(&mut self, live: Value) {
        let uid = |pod: &Value| pod.pointer("/metadata/uid").cloned();
        if uid(&live) != uid(&self.attendance.pod().json) {
            let message = "another pod of the same name took its place while its hooks ran";
            return self.error(Code::HookNotRun, message);
        }
        self.raw.json = live.to_string().into();
        self.captured = true;
    }

    /// What the time that was not enough means for it.
    fn cut_short(&mut self, limit: Duration) {
        if self.has_run_before() {
            if !self.failed && !self.captured {
                let message = format!("the pod was not read again within {}", took(limit));
                self.error(Code::FreezeLimit, message);
            }
            return;
        }
        let missed = self.attendance.hooks().split_off(self.before);
        self.failed = missed
            .iter()
            .any(|hook| hook.hook.can_fail_pod(Phase::BeforeBackup));
        let names: Vec<String> = missed.iter().map(|hook| hook.hook.label()).collect();
        let message = format!(
            "its before-hooks were ended after {}: {}",
            took(limit),
            names.join(", ")
        );
        self.error(Code::FreezeLimit, message);
    }

    /// Run all its after-hooks. `interrupted`: why the bracket has ended early.
    async fn run_after(&mut self, interrupted: Option<&str>) {
        if !self.begun && !self.has_run_before() {
            return;
        }
        let cause = match (interrupted, self.failed || !self.has_run_before(), self.captured) {
            (Some(interrupted), _, _) => Some(interrupted),
            (None, true, _) => Some("before-failed"),
            (None, false, false) => Some("backup-failed"),
            (None, false, true) => None,
        };
        for hook in self.attendance.hooks() {
            let result = self.attendance.run(&hook, Phase::AfterBackup, cause).await;
            self.errors.extend(result.problems);
            self.is_certain &= result.is_certain;
        }
    }
}

/// What brackets share.
pub(super) struct Surroundings<'a> {
    pub(super) hooking: Hooking<'a>,
    pub(super) pods: &'a ResourceType,
    pub(super) cluster: &'a dyn Cluster,
    pub(super) claim: &'a HeldClaim<'a>,
    pub(super) cancellation: &'a Cancellation,
    pub(super) snapshots: Option<&'a Snapshots<'a>>,
    pub(super) progress: &'a Progress,
}

impl Surroundings<'_> {
    /// The snapshots of the volumes that these pods use are cut; this returns when all are, or have failed.
    async fn cut(&self, claims: &BTreeSet<(String, String)>) {
        if let Some(snapshots) = self.snapshots {
            let is_used = |candidate: &Candidate| is_in(candidate, claims);
            snapshots.cut(is_used, self.progress).await;
        }
    }

    /// Say of which volumes of these pods no snapshot was cut while they stood still.
    fn say_uncut(&self, pods: &mut [Standing]) {
        let Some(snapshots) = self.snapshots else {
            return;
        };
        for pod in pods {
            let claims = pod.claims();
            for candidate in snapshots.uncut(|candidate| is_in(candidate, &claims)) {
                let message = format!(
                    "the snapshot of its claim {} was not cut within {}: it is of a later moment",
                    candidate.claim,
                    took(self.hooking.max_freeze)
                );
                pod.error(Code::FreezeLimit, message);
            }
        }
    }
}

/// Whether a candidate is one of these claims, by namespace and name.
fn is_in(candidate: &Candidate, claims: &BTreeSet<(String, String)>) -> bool {
    claims.contains(&(candidate.namespace.clone(), candidate.claim.clone()))
}

/// Have pods stand still together, and let them go again, whatever happens in between.
pub(super) async fn run(pods: &mut [Standing], with: &Surroundings<'_>) {
    if with.cancellation.is_cancelled() {
        return;
    }
    let limit = with.hooking.max_freeze;
    let ended = tokio::select! {
        biased;
        () = with.cancellation.cancelled() => Some("cancelled"),
        frozen = tokio::time::timeout(limit, freeze(pods, with)) => {
            if frozen.is_err() {
                pods.iter_mut().for_each(|pod| pod.cut_short(limit));
                with.say_uncut(pods);
            }
            None
        }
    };
    let facts = pods.iter().flat_map(|pod| pod.attendance.facts()).collect();
    let after = pods.iter_mut().map(|pod| pod.run_after(ended).boxed());
    // The store may be slow: nobody stands still for that.
    futures::join!(at_a_time(after.collect()), notes::keep(with.claim, facts));
}

/// Run all before-hooks, and take what is to be taken while the pods stand still.
async fn freeze(pods: &mut [Standing], with: &Surroundings<'_>) {
    let before = pods.iter_mut().map(|pod| pod.run_before().boxed());
    at_a_time(before.collect()).await;
    let standing = pods.iter_mut().filter(|pod| !pod.failed);
    take_still(standing.collect(), with).await;
}

/// What is taken while pods stand still: the pods themselves, and snapshots of their volumes. Nothing is written to a
/// store.
async fn take_still(pods: Vec<&mut Standing>, with: &Surroundings<'_>) {
    let claims = pods.iter().flat_map(|pod| pod.claims()).collect();
    let captures = pods
        .into_iter()
        .map(|pod| pod.capture(with.pods, with.cluster).boxed());
    futures::join!(at_a_time(captures.collect()), with.cut(&claims));
}
