//! Pods that a run may have left as its before-hooks had made them.

use super::{Attempt, FrozenPod, Hooks, PodFacts, PodName, Pods, ThawRecord};
use crate::archive::{self, ArchiveError, BackupName, Claim, Note, NoteKind, Notes};
use crate::modify::ThirdParty;
use crate::plugin::{Operation, PluginHost};
use crate::report::{Code, Problem, ResultOf};
use crate::store::Store;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pods that a run may have left as its before-hooks had made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Frozen {
    /// The backup that the run was to make.
    pub backup: BackupName,
    /// Address of the cluster, as that run named it.
    pub cluster: String,
    /// Since when.
    pub since: Timestamp,
    /// The pods.
    pub pods: Vec<FrozenPod>,
}

impl Frozen {
    /// What whoever looks after the cluster should know.
    pub fn problem(&self) -> Problem {
        let pods: Vec<String> = self.pods.iter().map(|pod| pod.pod.to_string()).collect();
        let message = format!(
            "a run that was ended at {:.0} or later may have left these pods of {} standing still: {}",
            self.since,
            self.cluster,
            pods.join(", ")
        );
        Problem::new(Code::PodMayBeFrozen, message).about(format!("backup {}", self.backup))
    }
}

/// Notes on pods that may stand still, which do not say their pods to whoever reads them here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The backup that the run was to make.
    pub backup: BackupName,
    /// Since when the run was at work, where its claim says so.
    pub since: Option<Timestamp>,
    /// Why they are not read.
    pub cause: UnreadNote,
}

/// Why a note does not say what it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadNote {
    /// It is encrypted, and there is no key for it.
    #[error("its notes, which name the pods, are encrypted: name the private key with --identity")]
    Encrypted,
    /// It does not parse.
    #[error("a note that names pods cannot be read: {0}")]
    Damaged(String),
}

impl Unreadable {
    /// What whoever looks after the cluster should know.
    pub fn problem(&self) -> Problem {
        let since = self.since.map(|since| format!(" that began at {since:.0}"));
        let message = format!(
            "a run{} is at work, or was ended and may have left pods standing still; {}",
            since.unwrap_or_default(),
            self.cause
        );
        Problem::new(Code::PodMayBeFrozen, message).about(format!("backup {}", self.backup))
    }
}

/// What runs that are gone may have left standing still.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Left {
    /// Pods that may stand still, by backup.
    pub frozen: Vec<Frozen>,
    /// Where there may be some, and who reads this cannot know which.
    pub unreadable: Vec<Unreadable>,
}

impl Left {
    /// Each with what there is to say of it.
    pub fn problems(&self) -> impl Iterator<Item = (&BackupName, Problem)> {
        let frozen = self
            .frozen
            .iter()
            .map(|frozen| (&frozen.backup, frozen.problem()));
        let unreadable = self
            .unreadable
            .iter()
            .map(|notes| (&notes.backup, notes.problem()));
        frozen.chain(unreadable)
    }
}

/// What came of the after-hooks of pods that stood still.
#[derive(Clone, Debug, Default)]
pub struct Thawing {
    /// Each command that was to run.
    pub attempts: Vec<Attempt>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// Pods of which nothing is under way any more.
    pub thawed: Vec<PodName>,
    /// Pods that may still stand still.
    pub frozen: Vec<PodName>,
}

impl Frozen {
    /// Run the after-hooks of the pods, one pod after the other. Their plugins are among `brought`.
    pub async fn thaw(
        &self,
        host: &PluginHost,
        brought: &BTreeMap<String, ThirdParty>,
        operation: &Arc<Operation>,
        pods: &dyn Pods,
    ) -> ResultOf<Thawing> {
        let mut thawing = Thawing::default();
        for pod in &self.pods {
            let hooks = Hooks::prepare(pod.to_hooks(), None, host, brought, Arc::clone(operation))?;
            let (attendance, results) = pod.thaw(&hooks, pods).await;
            let attempts = attendance.attempts();
            // With the pod has gone what stood still in it.
            let is_gone = !attempts.is_empty() && attempts.iter().all(|attempt| attempt.end.is_of_gone_pod());
            thawing.attempts.extend(attempts);
            let list = match results.iter().all(|result| result.is_certain) {
                true => &mut thawing.thawed,
                false => &mut thawing.frozen,
            };
            list.push(pod.pod.clone());
            if !is_gone {
                thawing
                    .problems
                    .extend(results.into_iter().flat_map(|result| result.problems));
            }
        }
        Ok(thawing)
    }

    /// Forget the pods, once none of them stands still. A store that keeps everything gets one more note instead.
    pub async fn settle(&self, store: &dyn Store) -> Result<(), ArchiveError> {
        match archive::remove_notes(store, &self.backup).await {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::debug!("the notes of backup {} stay: {error}", self.backup);
                archive::append_all_thawed(store, &self.backup).await
            }
        }
    }
}

/// What runs that are gone may have left standing still. A run that is at work on this machine is left to it.
pub async fn frozen(store: &dyn Store) -> Result<Left, ArchiveError> {
    let mut left = Left::default();
    for (backup, Notes { claim, notes }) in archive::notes(store).await? {
        if claim.as_ref().is_some_and(Claim::is_at_work_here) {
            continue;
        }
        match frozen_pods(&backup, &notes) {
            Ok(found) => left.frozen.extend(found.filter(|found| !found.pods.is_empty())),
            Err(cause) => left.unreadable.push(Unreadable {
                backup,
                since: claim.map(|claim| claim.since),
                cause,
            }),
        }
    }
    Ok(left)
}

/// What the notes beside a backup say; none where they say nothing of pods that stand still.
pub fn frozen_pods(backup: &BackupName, notes: &[Note]) -> Result<Option<Frozen>, UnreadNote> {
    let of = |kind: NoteKind| notes.iter().filter(move |note| note.kind == kind);
    // Where one of them can be read and says so, all are thawed, whatever the others say.
    let thawed: Vec<Result<Option<Vec<PodName>>, UnreadNote>> = of(NoteKind::Thawed).map(parse).collect();
    if thawed.contains(&Ok(None)) {
        return Ok(None);
    }
    let mut thawed_pods: Vec<PodName> = Vec::new();
    for pods in thawed {
        thawed_pods.extend(pods?.into_iter().flatten());
    }
    let mut facts: Vec<PodFacts> = Vec::new();
    for note in of(NoteKind::Kept) {
        facts.extend(parse::<Vec<PodFacts>>(note)?);
    }
    let mut found: Option<Frozen> = None;
    for note in of(NoteKind::Frozen) {
        let record: ThawRecord = parse(note)?;
        let mut pods = record.pods;
        pods.retain(|pod| !thawed_pods.contains(&pod.pod));
        for pod in &mut pods {
            let kept = facts.iter().filter(|kept| kept.is_about(&pod.pod));
            pod.facts = kept.cloned().collect();
        }
        let frozen = found.get_or_insert_with(|| Frozen {
            backup: backup.clone(),
            cluster: record.cluster,
            since: record.since,
            pods: Vec::new(),
        });
        frozen.since = frozen.since.min(record.since);
        frozen.pods.append(&mut pods);
    }
    Ok(found)
}

fn parse<T: DeserializeOwned>(note: &Note) -> Result<T, UnreadNote> {
    let text = note.text.as_ref().ok_or(UnreadNote::Encrypted)?;
    serde_json::from_slice(text).map_err(|error| UnreadNote::Damaged(error.to_string()))
}
