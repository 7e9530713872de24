//! What hooks leave with a backup.

use super::{Attempt, PodName};
use crate::archive::{self, ArchiveError, BackupFile, HookStatus, Manifest};
use crate::store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What hooks leave with a backup: what they did, and what plugins keep for the restore. A JSON file beside the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookRecord {
    /// Each command that was to run, by pod and then in its order.
    pub attempts: Vec<Attempt>,
    /// What plugins keep, by pod and plugin.
    pub facts: Vec<PodFacts>,
}

/// What a plugin keeps with a backup about a pod, for itself at a restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodFacts {
    /// Namespace of the pod, as it was backed up.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// The plugin.
    pub plugin: String,
    /// What it keeps.
    pub facts: BTreeMap<String, String>,
}

impl PodFacts {
    /// Whether they are about this pod.
    pub fn is_about(&self, pod: &PodName) -> bool {
        self.namespace == pod.namespace && self.pod == pod.name
    }
}

impl HookRecord {
    /// What hooks left with the backup of a manifest; nothing where it had none.
    pub async fn read(store: &dyn Store, manifest: &Manifest) -> Result<HookRecord, ArchiveError> {
        let Some(text) = archive::read_hooks(store, manifest).await? else {
            return Ok(HookRecord::default());
        };
        serde_json::from_slice(&text).map_err(|error| ArchiveError::Damaged {
            file: BackupFile::Hooks.key(&manifest.name),
            message: error.to_string(),
        })
    }

    /// How many commands there were, and how many of them did not end well. A command that was run again because its
    /// connection broke counts once.
    pub fn status(&self) -> HookStatus {
        let mut status = HookStatus::default();
        for attempt in Attempt::counting(&self.attempts) {
            status.attempted += 1;
            status.failed += u64::from(!attempt.succeeded());
        }
        status
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.attempts.is_empty() && self.facts.is_empty()
    }

    /// What `plugin` keeps about a pod; empty where it keeps nothing.
    pub fn facts_of(&self, namespace: &str, pod: &str, plugin: &str) -> BTreeMap<String, String> {
        let mut facts = self.facts.iter();
        let found =
            facts.find(|facts| facts.namespace == namespace && facts.pod == pod && facts.plugin == plugin);
        found.map(|found| found.facts.clone()).unwrap_or_default()
    }
}
