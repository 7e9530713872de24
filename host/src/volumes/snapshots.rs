//! The snapshots of a backup while it is made.
//!
//! A snapshot is *cut* when the storage has a handle and a time for it: from then on the volume may be written to. It is
//! ready to use later, for some drivers much later. While it is not known that the backup will be there, whatever was cut
//! goes away with it; then the snapshots are made to outlive everything that they were cut of.

use super::candidate::Candidate;
use super::content::{self, Policy};
use super::kinds::SnapshotTypes;
use super::origin::Origin;
use super::record::SnapshotRecord;
use super::{pace::Pace, text};
use crate::cluster::{Cluster, ClusterError, Write};
use crate::report::units::took;
use crate::report::{Code, Problem, Progress};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many snapshots are asked for, and waited for, at a time.
const AT_A_TIME: usize = 32;

/// The snapshots of a backup.
pub struct Snapshots<'a> {
    cluster: &'a dyn Cluster,
    types: SnapshotTypes,
    origin: Origin,
    timeout: Duration,
    slots: Vec<Slot>,
}

/// A claim on its way.
struct Slot {
    candidate: Candidate,
    state: Mutex<State>,
}

/// How far it is.
#[derive(Clone, Debug)]
enum State {
    Waiting,
    /// It was asked for; the answer may have been lost.
    Begun,
    /// It was cut: the content as it was then.
    Cut(Box<Value>),
    Failed(Problem),
}

/// What became of the snapshots of a backup.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Those that were cut.
    pub records: Vec<SnapshotRecord>,
    /// What went wrong with others, and with these.
    pub problems: Vec<Problem>,
    /// The objects of the snapshot API, for Velero: `VolumeSnapshot`s.
    pub snapshots: Vec<Value>,
    /// Their contents.
    pub contents: Vec<Value>,
}

impl<'a> Snapshots<'a> {
    /// Snapshots of `candidates`, of which none is cut yet.
    pub fn new(
        cluster: &'a dyn Cluster,
        types: SnapshotTypes,
        origin: Origin,
        timeout: Duration,
        candidates: Vec<Candidate>,
    ) -> Self {
        let slot = |candidate| Slot {
            candidate,
            state: Mutex::new(State::Waiting),
        };
        Snapshots {
            cluster,
            types,
            origin,
            timeout,
            slots: candidates.into_iter().map(slot).collect(),
        }
    }

    /// How many there are to be.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are to be none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Cut the snapshots of those claims that fit, in parallel, and return when each is cut or has failed. Dropped half
    /// way, what was begun goes on in the cluster, and a later call waits for it. What is cut already is not cut again.
    pub fn cut<'s>(&'s self, fits: impl Fn(&Candidate) -> bool, progress: &'s Progress) -> BoxFuture<'s, ()> {
        let chosen = self.slots.iter().filter(|slot| fits(&slot.candidate));
        at_a_time(chosen.map(|slot| self.cut_one(slot, progress).boxed()).collect())
    }

    /// Those of the claims that fit which are not cut, and have not failed.
    pub fn uncut(&self, fits: impl Fn(&Candidate) -> bool) -> Vec<&Candidate> {
        let is_uncut = |slot: &&Slot| matches!(*slot.state(), State::Waiting | State::Begun);
        let slots = self.slots.iter().filter(|slot| fits(&slot.candidate));
        slots.filter(is_uncut).map(|slot| &slot.candidate).collect()
    }

    async fn cut_one(&self, slot: &Slot, progress: &Progress) {
        if matches!(*slot.state(), State::Cut(_) | State::Failed(_)) {
            return;
        }
        *slot.state() = State::Begun;
        let ended = match self.request(&slot.candidate).await {
            Ok(uid) => self.wait_until_cut(&slot.candidate, &uid).await,
            Err(error) => Err(not_cut(Problem::from(error))),
        };
        progress.advance(1);
        *slot.state() = match ended {
            Ok(content) => State::Cut(Box::new(content)),
            Err(problem) => State::Failed(problem.about(slot.candidate.id())),
        };
    }

    /// Ask for the snapshot, and return the identity of the request.
    async fn request(&self, candidate: &Candidate) -> Result<String, ClusterError> {
        let name = self.origin.name(&candidate.namespace, &candidate.claim);
        let of = &self.types.snapshots;
        let mut wanted = json!({
            "apiVersion": of.resource.api_version(&of.version),
            "kind": of.kind,
            "metadata": {"name": name, "namespace": candidate.namespace},
            "spec": {
                "source": {"persistentVolumeClaimName": candidate.claim},
                "volumeSnapshotClassName": candidate.class,
            },
        });
        self.origin.put(&mut wanted);
        let made = match self.cluster.create(of, &wanted, Write::default()).await {
            // Nobody else gives this name: an answer was lost, or a bracket ended before it came.
            Err(ClusterError::Exists(id)) => {
                let there = self.cluster.get(of, Some(&candidate.namespace), &name).await?;
                there.ok_or(ClusterError::NotFound(id))?
            }
            made => made?,
        };
        Ok(text(&made, "/metadata/uid").unwrap_or_default().to_owned())
    }

    /// Wait for the content to say that the snapshot is cut. The `VolumeSnapshot` hears of that later, so it is asked for
    /// errors only.
    async fn wait_until_cut(&self, candidate: &Candidate, uid: &str) -> Result<Value, Problem> {
        let mut pace = Pace::new(self.timeout);
        let mut said = None;
        loop {
            let found = content::get(self.cluster, &self.types, &content_name(uid)).await;
            match found {
                Ok(Some(content)) if content::is_cut(&content) => return Ok(content),
                Ok(Some(content)) => said = content::error(&content).or(said),
                Ok(None) => said = self.said(candidate).await.or(said),
                Err(error) if error.is_retryable() => {}
                Err(error) => return Err(not_cut(error.into())),
            }
            if !pace.wait().await {
                let said = said.map(|said| format!(": {said}")).unwrap_or_default();
                let message = format!("its snapshot was not cut within {}{said}", took(self.timeout));
                return Err(Problem::new(Code::SnapshotTimeout, message));
            }
        }
    }

    /// What the controller says is wrong with the request.
    async fn said(&self, candidate: &Candidate) -> Option<String> {
        let name = self.origin.name(&candidate.namespace, &candidate.claim);
        let of = &self.types.snapshots;
        let snapshot = self.cluster.get(of, Some(&candidate.namespace), &name).await;
        content::error(&snapshot.ok()??)
    }

    /// Make the snapshots that were cut outlive their namespace, and wait until they are ready to use.
    pub async fn settle(&self, progress: &Progress) -> Settled {
        progress.begin("Waiting for snapshots", u64::try_from(self.slots.len()).ok());
        let settling = self
            .slots
            .iter()
            .map(|slot| self.settle_one(slot, progress).boxed());
        let settling: Vec<BoxFuture<'_, Settled>> = settling.collect();
        let settled: Vec<Settled> = stream::iter(settling).buffered(AT_A_TIME).collect().await;
        let mut all = Settled::default();
        for one in settled {
            all.records.extend(one.records);
            all.problems.extend(one.problems);
            all.snapshots.extend(one.snapshots);
            all.contents.extend(one.contents);
        }
        all
    }

    async fn settle_one(&self, slot: &Slot, progress: &Progress) -> Settled {
        let state = slot.state().clone();
        let mut settled = Settled::default();
        match state {
            State::Cut(content) => {
                let name = text(&content, "/metadata/name").unwrap_or_default().to_owned();
                if let Err(problem) = self.keep(&name, slot, &mut settled).await {
                    settled.problems.push(problem.about(slot.candidate.id()));
                }
            }
            State::Failed(problem) => settled.problems.push(problem),
            State::Waiting | State::Begun => {}
        }
        progress.advance(1);
        settled
    }

    /// Keep the snapshot of a content, and record it once it is ready, or is not in time.
    async fn keep(&self, name: &str, slot: &Slot, settled: &mut Settled) -> Result<(), Problem> {
        let set = content::set_policy(
            self.cluster,
            &self.types,
            name,
            Policy::Retain,
            Some(&self.origin),
        );
        let kept = set.await?.ok_or_else(|| {
            let message = "its snapshot was deleted while the backup was made";
            Problem::new(Code::SnapshotFailed, message)
        })?;
        let ready = content::wait_until_ready(self.cluster, &self.types, name, self.timeout).await;
        let content = match &ready {
            Ok(content) => content.clone(),
            Err(_) => kept,
        };
        settled.records.extend(record(&slot.candidate, &content));
        let candidate = &slot.candidate;
        let snapshot = self.origin.name(&candidate.namespace, &candidate.claim);
        let of = &self.types.snapshots;
        let snapshot = self.cluster.get(of, Some(&candidate.namespace), &snapshot).await;
        settled.snapshots.extend(snapshot.ok().flatten());
        settled.contents.push(content);
        ready.map(drop)
    }

    /// Remove the requests from the namespaces, once the backup is there: what was cut stays.
    pub async fn release(&self) {
        let begun = self.slots.iter().filter(|slot| slot.is_begun());
        let removed = begun.map(|slot| {
            async {
                let removed = self.remove_request(&slot.candidate).await;
                say_left(slot, removed);
            }
            .boxed()
        });
        at_a_time(removed.collect()).await;
    }

    /// Remove all that was cut, because there will be no backup.
    pub async fn abandon(&self) {
        let begun = self.slots.iter().filter(|slot| slot.is_begun());
        let removed = begun.map(|slot| {
            async {
                let removed = self.remove_snapshot(slot).await;
                say_left(slot, removed);
            }
            .boxed()
        });
        at_a_time(removed.collect()).await;
    }

    /// Remove a snapshot with its request. One that was asked for and not cut goes by the policy of its class.
    async fn remove_snapshot(&self, slot: &Slot) -> Result<(), ClusterError> {
        let content = match &*slot.state() {
            State::Cut(content) => text(content, "/metadata/name").map(str::to_owned),
            _ => None,
        };
        self.remove_request(&slot.candidate).await?;
        match content {
            Some(content) => content::destroy(self.cluster, &self.types, &content).await,
            None => Ok(()),
        }
    }

    async fn remove_request(&self, candidate: &Candidate) -> Result<(), ClusterError> {
        let name = self.origin.name(&candidate.namespace, &candidate.claim);
        let of = &self.types.snapshots;
        self.cluster
            .delete(of, Some(&candidate.namespace), &name, None)
            .await
    }
}

impl Slot {
    /// A test that panicked while it held the lock must not take others with it, and no thread of ours does.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_begun(&self) -> bool {
        !matches!(*self.state(), State::Waiting)
    }
}

/// Do all of this, so much at a time as may be.
fn at_a_time(work: Vec<BoxFuture<'_, ()>>) -> BoxFuture<'_, ()> {
    stream::iter(work).buffer_unordered(AT_A_TIME).collect().boxed()
}

/// Say what could not be removed. The backup is as it is all the same.
fn say_left(slot: &Slot, removed: Result<(), ClusterError>) {
    if let Err(error) = removed {
        tracing::warn!(
            "what made the snapshot of {} could not be removed; `lazarette doctor backup --fix` tries again: {error}",
            slot.candidate.id()
        );
    }
}

/// What the snapshot controller calls the content of a snapshot with this identity.
fn content_name(uid: &str) -> String {
    format!("snapcontent-{uid}")
}

fn not_cut(problem: Problem) -> Problem {
    let message = format!("its snapshot could not be cut: {}", problem.message);
    Problem::new(problem.code, message)
}

/// What is kept of a snapshot; none where the content has no handle.
fn record(candidate: &Candidate, content: &Value) -> Option<SnapshotRecord> {
    Some(SnapshotRecord {
        namespace: candidate.namespace.clone(),
        claim: candidate.claim.clone(),
        volume: candidate.volume.clone(),
        driver: candidate.driver.clone(),
        handle: text(content, "/status/snapshotHandle")?.to_owned(),
        content: text(content, "/metadata/name")?.to_owned(),
        class: Some(candidate.class.clone()),
        mode: Some(candidate.mode.clone()),
        storage_class: Some(candidate.storage_class.clone()),
        cut_at: content::cut_at(content),
        restore_size: content.pointer("/status/restoreSize").and_then(Value::as_u64),
    })
}
