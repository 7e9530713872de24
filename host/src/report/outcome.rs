//! How an operation ended.

use serde::{Deserialize, Serialize};

/// How an operation as a whole ended: computed from its results, never from a log. The worse is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// All that was asked for is done.
    #[default]
    Completed,
    /// Some objects failed, the others are done.
    PartiallyFailed,
    /// Nothing can be relied upon.
    Failed,
}

impl Outcome {
    /// The outcome of an operation that went through its objects, of which `failed` failed.
    pub fn of_failures(failed: usize) -> Self {
        if failed == 0 {
            Outcome::Completed
        } else {
            Outcome::PartiallyFailed
        }
    }

    /// The exit code of the command that ran the operation: 0, 3 or 1.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Completed => 0,
            Outcome::PartiallyFailed => 3,
            Outcome::Failed => 1,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Outcome::Completed => "Completed",
            Outcome::PartiallyFailed => "PartiallyFailed",
            Outcome::Failed => "Failed",
        })
    }
}
