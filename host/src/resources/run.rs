//! What backups and restores have in common: how far they are, and what was not as it should be.

use crate::report::Problem;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A status holds at most so many findings of a kind; all of them are in the store. An object of Kubernetes has 1.5 MB.
pub const MOST_FINDINGS: usize = 20;

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// It waits for its turn.
    #[default]
    Pending,
    /// It is going on.
    Running,
    /// All was done.
    Completed,
    /// A part could not be done; the errors say which.
    PartiallyFailed,
    /// Nothing was done, or nobody knows what; the message says what to do.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl Phase {
    /// Whether the run is over.
    pub fn is_final(self) -> bool {
        !matches!(self, Phase::Pending | Phase::Running)
    }
}

/// How far a run is in its present task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunProgress {
    /// What is being done.
    pub task: String,
    /// How many objects are done.
    pub done: i64,
    /// How many there are, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

/// Something that was not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// A stable name for the kind of problem.
    pub code: String,
    /// What happened, and why.
    pub message: String,
    /// What to do about it.
    pub recommended_action: String,
    /// The object, file or plugin that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl From<&Problem> for Finding {
    fn from(problem: &Problem) -> Self {
        Finding {
            code: problem.code.name().to_owned(),
            message: problem.message.clone(),
            recommended_action: problem.code.action().to_owned(),
            target: problem.target.clone(),
        }
    }
}
