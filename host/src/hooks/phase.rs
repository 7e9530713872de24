//! The moments around a pod.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A moment around a pod at which hooks run; `before-backup` and so on in reports, as the contract of plugins has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the pod and its volumes are backed up.
    BeforeBackup,
    /// After that, whatever happened.
    AfterBackup,
    /// Before the pod is created.
    BeforeRestore,
    /// After the pod was created.
    AfterRestore,
}

impl Phase {
    /// Its name in the contract of plugins.
    pub fn name(self) -> &'static str {
        match self {
            Phase::BeforeBackup => "before-backup",
            Phase::AfterBackup => "after-backup",
            Phase::BeforeRestore => "before-restore",
            Phase::AfterRestore => "after-restore",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
