//! What came of the hooks of a backup.

use crate::cluster::RawObject;
use crate::hooks::{HookRecord, PodName};
use crate::object::ObjectKey;
use crate::report::Problem;
use std::collections::BTreeMap;

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
