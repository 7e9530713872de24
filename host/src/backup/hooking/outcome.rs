//! What came of the hooks of a backup.

use super::find::look_at;
use crate::cluster::RawObject;
use crate::hooks::{HookRecord, Hooks, PodName};
use crate::object::{ObjectKey, ResourceType};
use crate::report::{Code, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// What came of the hooks of a backup.
#[derive(Debug, Default)]
pub(in crate::backup) struct Hooked {
    /// The pods that hooks were for, in the order in which they are written.
    pub pods: BTreeMap<ObjectKey, Taken>,
    /// What hooks did, and what their plugins keep.
    pub record: HookRecord,
    /// What the user should know.
    pub warnings: Vec<Problem>,
    /// What went wrong.
    pub errors: Vec<Problem>,
    /// Pods that may still be as their before-hooks had made them.
    pub frozen: Vec<PodName>,
    /// The pods that may have hooks and were there when hooks looked for theirs; none where they could not look.
    pub seen: Option<BTreeSet<ObjectKey>>,
}

/// What is written of a pod that hooks were for.
#[derive(Debug)]
pub(in crate::backup) enum Taken {
    /// The pod as it was while it stood still.
    Object(RawObject),
    /// Nothing, because a hook failed that must not.
    Nothing,
}

impl Hooked {
    /// Take down that a pod came into being after hooks had looked for theirs, if it did and has some.
    pub fn note_latecomer(&mut self, of: &ResourceType, pod: &RawObject, hooks: &Hooks<'_>) {
        let key = ObjectKey::new(pod.id.namespace.as_deref(), &pod.id.name);
        let is_late = self.seen.as_ref().is_some_and(|seen| !seen.contains(&key));
        if !is_late || !hooks.may_be_for(pod) {
            return;
        }
        let mut looked = Hooked::default();
        if look_at(of, pod.clone(), hooks, &mut looked).is_some() {
            let message = "the pod appeared after hooks had looked for their pods, so none ran in it: it, and its \
                           volumes, are in the backup as they happened to be";
            self.warnings
                .push(Problem::new(Code::HookMissed, message).about(&pod.id));
        }
        self.warnings.extend(looked.warnings);
        self.errors.extend(looked.errors);
    }

    /// Add what came of other pods.
    pub fn add(&mut self, other: Hooked) {
        self.pods.extend(other.pods);
        self.record.attempts.extend(other.record.attempts);
        self.record.facts.extend(other.record.facts);
        self.warnings.extend(other.warnings);
        self.errors.extend(other.errors);
        self.frozen.extend(other.frozen);
    }

    /// The next pod that comes before `key`, or any if there is none; it is taken out.
    pub fn next_before(&mut self, key: Option<&ObjectKey>) -> Option<Taken> {
        let first = self.pods.first_entry()?;
        match key.is_none_or(|key| first.key() < key) {
            true => Some(first.remove()),
            false => None,
        }
    }
}
