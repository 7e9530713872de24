//! What one plugin may look up.

use super::LookUpError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Look-ups that one plugin may make in an operation, not counting those that were answered before. 10,000: one for each
/// object of a middling restore.
pub const QUESTIONS: usize = 10_000;

/// Bytes of JSON of all answers to one plugin in an operation. 64 MiB: the objects of a type, in most clusters.
pub const BYTES: usize = 64 << 20;

/// What one plugin has used up of its look-ups: each has its own share, so that none takes that of another.
#[derive(Debug, Default)]
pub struct Quota {
    questions: AtomicUsize,
    bytes: AtomicUsize,
}

impl Quota {
    /// Count a question.
    pub fn ask(&self) -> Result<(), LookUpError> {
        match self.questions.fetch_add(1, Ordering::Relaxed) < QUESTIONS {
            true => Ok(()),
            false => Err(LookUpError::Limit(format!(
                "more than {QUESTIONS} look-ups of one plugin"
            ))),
        }
    }

    /// Count the bytes of an answer.
    pub fn take(&self, bytes: usize) -> Result<(), LookUpError> {
        let used = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        match used.saturating_add(bytes) <= BYTES {
            true => Ok(()),
            false => Err(too_much()),
        }
    }

    /// Bytes of answers that it may still get.
    pub fn bytes_left(&self) -> usize {
        BYTES.saturating_sub(self.bytes.load(Ordering::Relaxed))
    }
}

/// That the answers to a plugin have grown too large.
pub fn too_much() -> LookUpError {
    LookUpError::Limit(format!(
        "more than {} MiB in the answers to one plugin",
        BYTES >> 20
    ))
}
