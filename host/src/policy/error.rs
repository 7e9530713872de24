//! What can be wrong with a policy.

use crate::report::{Code, Problem};

/// A field of a policy that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct PolicyError {
    /// Where it stands: `schedule.cron`, `retention[1].vault.copy`.
    pub field: String,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl PolicyError {
    /// `message` about the field `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        PolicyError {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        Problem::new(Code::InvalidPolicy, error.message).about(error.field)
    }
}
