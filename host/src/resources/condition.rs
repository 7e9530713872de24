//! Conditions in the form of Kubernetes.

use super::column::moment;
use jiff::Timestamp;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One aspect of the state of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which aspect: Ready, Available.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is so.
    pub status: ConditionStatus,
    /// Why, in one word for programs.
    pub reason: String,
    /// Why, in a sentence for people, with what to do about it.
    pub message: String,
    /// When the status changed last.
    #[schemars(schema_with = "moment")]
    pub last_transition_time: Timestamp,
    /// The generation of the resource that this is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// It is.
    True,
    /// It is not.
    False,
    /// Nobody knows.
    Unknown,
}

/// The conditions of a resource, one of each type.
pub type Conditions = Vec<Condition>;

impl Condition {
    /// A condition as of `now`.
    pub fn new(
        kind: impl Into<String>,
        status: ConditionStatus,
        reason: impl Into<String>,
        message: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        Condition {
            kind: kind.into(),
            status,
            reason: reason.into(),
            message: message.into(),
            last_transition_time: now,
            observed_generation: None,
        }
    }

    /// Put this condition among `conditions`. The time of the last change stays when the status is the same.
    pub fn put(mut self, conditions: &mut Conditions, generation: Option<i64>) {
        self.observed_generation = generation;
        match conditions
            .iter_mut()
            .find(|condition| condition.kind == self.kind)
        {
            Some(before) => {
                if before.status == self.status {
                    self.last_transition_time = before.last_transition_time;
                }
                *before = self;
            }
            None => conditions.push(self),
        }
    }
}
