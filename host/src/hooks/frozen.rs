//! Pods that a run may have left as its before-hooks had made them.

use super::{Attempt, FrozenPod, Hooks, PodFacts, PodName, Pods, ThawRecord};
use crate::archive::{self, ArchiveError, BackupName, Note, NoteKind, Notes};
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
                archive::append_note(store, &self.backup, NoteKind::Thawed, b"null".to_vec()).await
            }
        }
    }
}

/// Pods that runs which are gone may have left standing still, by backup. Those of a run that is at work on this machine
/// are left to it.
pub async fn frozen(store: &dyn Store) -> Result<Vec<Frozen>, ArchiveError> {
    let mut all = Vec::new();
    for (backup, Notes { claim, notes }) in archive::notes(store).await? {
        if claim.is_some_and(|claim| claim.is_at_work_here()) {
            continue;
        }
        let found = frozen_pods(&backup, &notes)?;
        all.extend(found.filter(|found| !found.pods.is_empty()));
    }
    Ok(all)
}

/// What the notes beside a backup say; none where they say nothing of pods that stand still.
pub fn frozen_pods(backup: &BackupName, notes: &[Note]) -> Result<Option<Frozen>, ArchiveError> {
    let of = |kind: NoteKind| notes.iter().filter(move |note| note.kind == kind);
    // Where this is null, all are thawed.
    let mut thawed: Vec<PodName> = Vec::new();
    for note in of(NoteKind::Thawed) {
        match parse::<Option<Vec<PodName>>>(backup, note)? {
            Some(pods) => thawed.extend(pods),
            None => return Ok(None),
        }
    }
    let mut facts: Vec<PodFacts> = Vec::new();
    for note in of(NoteKind::Kept) {
        facts.extend(parse::<Vec<PodFacts>>(backup, note)?);
    }
    let mut found: Option<Frozen> = None;
    for note in of(NoteKind::Frozen) {
        let record: ThawRecord = parse(backup, note)?;
        let mut pods = record.pods;
        pods.retain(|pod| !thawed.contains(&pod.pod));
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

fn parse<T: DeserializeOwned>(backup: &BackupName, note: &Note) -> Result<T, ArchiveError> {
    serde_json::from_slice(&note.text).map_err(|error| {
        let message = match note.text.starts_with(b"age-encryption.org/") {
            true => "a note on pods that may stand still is encrypted: name the private key with --identity"
                .to_owned(),
            false => format!("a note on pods that may stand still does not parse: {error}"),
        };
        ArchiveError::Damaged {
            file: format!("backups/{backup}"),
            message,
        }
    })
}
