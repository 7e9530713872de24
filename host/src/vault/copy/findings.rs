//! What of a volume could not be read.

use std::fmt::Display;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many are kept in words; the others are counted.
const KEPT: usize = 100;

/// What went wrong with single files: the first ones in words, and how many it were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Each with its path and its cause.
    pub messages: Vec<String>,
    /// How many there are, with those that are not in `messages`.
    pub count: u64,
}

/// Findings of several threads.
#[derive(Debug, Default)]
pub(in crate::vault) struct SharedFindings(Mutex<Findings>);

impl SharedFindings {
    /// Something went wrong with the file or folder `path`.
    pub fn add(&self, path: &Path, cause: impl Display) {
        let mut findings = self.lock();
        findings.count = findings.count.saturating_add(1);
        if findings.messages.len() < KEPT {
            findings.messages.push(format!("{}: {cause}", path.display()));
        }
    }

    /// What there is by now.
    pub fn so_far(&self) -> Findings {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Findings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
