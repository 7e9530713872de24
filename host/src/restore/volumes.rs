//! Volumes that are made from snapshots: what the claims need for it, and waiting for them.

use super::pipeline::DONE_BEFORE;
use super::report::{ObjectReport, VolumeReport, VolumeState};
use super::run::Run;
use crate::cluster::ListOptions;
use crate::object::{Needs, ObjectId};
use crate::report::units::took;
use crate::report::{Code, Problem};
use crate::volumes::{Pace, Provision, SnapshotRecord, SnapshotTypes, claims, pods, storage_classes};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// How many volumes are waited for at a time.
const AT_A_TIME: usize = 32;

/// How long a claim that waits for its first consumer is given until some controller has made the pod.
const CONSUMER: Duration = Duration::from_secs(15);

/// A claim that was restored with data.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    /// Who it is in the backup.
    pub id: ObjectId,
    /// Who it is in the cluster.
    pub target: ObjectId,
}

impl Begun {
    /// The claim of a report, if it is there now, by this run or an earlier one.
    pub(super) fn of(report: &ObjectReport) -> Option<Self> {
        let is_there = report.is_done() || report.reason.as_deref() == Some(DONE_BEFORE);
        is_there.then(|| Begun {
            id: report.id.clone(),
            target: report.target.clone(),
        })
    }
}

/// What was seen of a claim.
enum Seen {
    Bound,
    Gone,
    /// Nobody uses it, and its class waits for somebody who does.
    Unused,
    Pending,
}

impl Run<'_> {
    /// Make what a claim needs to become a volume with data, before it is created.
    pub(super) async fn provide(&self, report: &ObjectReport) -> Result<(), Problem> {
        let data = &self.pipeline.context.data;
        let Some((record, types)) = data.of(&report.id).zip(data.types.as_ref()) else {
            return Ok(());
        };
        let provision = self.provision(record, &report.target);
        let made = provision.make(self.with.cluster, types, &data.classes).await;
        made.map_err(|error| {
            let problem = Problem::from(error);
            let message = format!(
                "what its volume is made with could not be created: {}",
                problem.message
            );
            Problem::new(problem.code, message)
        })
    }

    fn provision<'r>(&self, record: &'r SnapshotRecord, target: &ObjectId) -> Provision<'r> {
        let namespace = target.namespace.as_deref().unwrap_or_default();
        Provision::new(record, &self.pipeline.context.data.id, namespace, &self.name)
    }

    /// Wait for the volumes of all claims that were restored with data, and remove what they were made with.
    pub(super) async fn await_volumes(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        if begun.is_empty() {
            return;
        }
        if !self.pipeline.planned {
            let count = u64::try_from(begun.len()).ok();
            self.with.progress.begin("Restoring volumes", count);
        }
        let waiting: Vec<BoxFuture<'_, Option<VolumeReport>>> = begun
            .iter()
            .map(|claim| self.await_volume(claim).boxed())
            .collect();
        let reports: Vec<_> = stream::iter(waiting).buffered(AT_A_TIME).collect().await;
        self.volumes = reports.into_iter().flatten().collect();
        if let Err(problem) = self.with.cancellation.check() {
            self.problems.push(problem);
            self.stopped = true;
            return;
        }
        let failed = self.volumes.iter().filter_map(|volume| volume.problem.clone());
        self.problems.extend(failed);
    }

    async fn await_volume(&self, claim: &Begun) -> Option<VolumeReport> {
        let data = &self.pipeline.context.data;
        let (record, types) = data.of(&claim.id).zip(data.types.as_ref())?;
        let mut report = VolumeReport::new(claim.id.clone(), claim.target.clone(), record);
        if self.pipeline.planned {
            return Some(report);
        }
        let ended = tokio::select! {
            biased;
            () = self.with.cancellation.cancelled() => Ok(VolumeState::Waiting),
            ended = self.wait_until_bound(claim, record, types) => ended,
        };
        (report.state, report.problem) = match ended {
            Ok(state) => (state, None),
            Err(problem) => (VolumeState::Failed, Some(problem.about(&claim.target))),
        };
        self.with.progress.advance(1);
        Some(report)
    }

    async fn wait_until_bound(
        &self,
        claim: &Begun,
        record: &SnapshotRecord,
        types: &SnapshotTypes,
    ) -> Result<VolumeState, Problem> {
        let provision = self.provision(record, &claim.target);
        let (begun, mut pace) = (Instant::now(), Pace::new(self.volume_timeout));
        loop {
            match self.look_at(&claim.target).await? {
                Seen::Bound => {
                    if let Err(error) = provision.remove(self.with.cluster, types).await {
                        tracing::warn!(
                            "what the volume of {} was made with is left: {error}",
                            claim.target
                        );
                    }
                    return Ok(VolumeState::Restored);
                }
                Seen::Gone => {
                    let message = "the claim was deleted before its volume was there";
                    return Err(Problem::new(Code::VolumeNotProvisioned, message));
                }
                // What the volume is made with has to stay until a pod uses the claim.
                Seen::Unused if begun.elapsed() > CONSUMER => return Ok(VolumeState::Waiting),
                Seen::Unused | Seen::Pending => {}
            }
            if !pace.wait().await {
                return Err(self.not_in_time(&provision, types).await);
            }
        }
    }

    async fn look_at(&self, target: &ObjectId) -> Result<Seen, Problem> {
        let (of, namespace) = (claims(), target.namespace.as_deref());
        let Some(claim) = self.requests.get(&of, namespace, &target.name).await? else {
            return Ok(Seen::Gone);
        };
        let text = |pointer: &str| claim.pointer(pointer).and_then(Value::as_str);
        if text("/status/phase") == Some("Bound") {
            return Ok(Seen::Bound);
        }
        let is_placed = text("/metadata/annotations/volume.kubernetes.io~1selected-node").is_some();
        let Some(class) = text("/spec/storageClassName").filter(|_| !is_placed) else {
            return Ok(Seen::Pending);
        };
        let class = self.requests.get(&storage_classes(), None, class).await?;
        let mode = class
            .as_ref()
            .and_then(|class| class.get("volumeBindingMode")?.as_str());
        match mode == Some("WaitForFirstConsumer") && !self.is_used(target).await? {
            true => Ok(Seen::Unused),
            false => Ok(Seen::Pending),
        }
    }

    /// Whether a pod uses a claim.
    async fn is_used(&self, target: &ObjectId) -> Result<bool, Problem> {
        let options = ListOptions {
            namespace: target.namespace.clone(),
            ..ListOptions::default()
        };
        let of = pods();
        let mut pages = self.with.cluster.list(&of, &options);
        while let Some(page) = pages.try_next().await? {
            let uses = |name: &str, json: &str| Needs::claims_of_pod(name, json).contains(&target.name);
            if page.items.iter().any(|pod| uses(&pod.id.name, &pod.json)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// That a volume was not there in time, with what the snapshot says about it.
    async fn not_in_time(&self, provision: &Provision<'_>, types: &SnapshotTypes) -> Problem {
        let snapshot = self
            .requests
            .get(&types.snapshots, Some(&provision.namespace), &provision.snapshot)
            .await;
        let said = snapshot.ok().flatten();
        let said = said
            .as_ref()
            .and_then(|snapshot| snapshot.pointer("/status/error/message")?.as_str())
            .map(|said| format!("; its snapshot says: {said}"))
            .unwrap_or_default();
        let message = format!(
            "its volume was not there within {}{said}",
            took(self.volume_timeout)
        );
        Problem::new(Code::VolumeNotProvisioned, message)
    }
}
