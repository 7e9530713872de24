//! The user's wish to stop an operation.

use super::{Code, Problem};
use tokio::sync::watch;

/// Tells an operation to stop where it can do so cleanly. Clones share one state.
///
/// An operation checks it between objects with [`Cancellation::check`] and returns the problem after it has removed
/// what it began, or waits for it beside something long with [`Cancellation::cancelled`].
#[derive(Clone, Debug)]
pub struct Cancellation {
    wanted: watch::Sender<bool>,
}

impl Default for Cancellation {
    fn default() -> Self {
        Cancellation {
            wanted: watch::Sender::new(false),
        }
    }
}

impl Cancellation {
    /// Ask the operation to stop.
    pub fn cancel(&self) {
        self.wanted.send_replace(true);
    }

    /// Whether the operation shall stop.
    pub fn is_cancelled(&self) -> bool {
        *self.wanted.borrow()
    }

    /// An error of code [`Code::Cancelled`] when the operation shall stop.
    pub fn check(&self) -> Result<(), Problem> {
        match self.is_cancelled() {
            true => Err(Problem::new(Code::Cancelled, "interrupted before it was done")),
            false => Ok(()),
        }
    }

    /// Wait until the operation shall stop; for ever when that is never.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so waiting ends with the value or not at all.
        let _ = self.wanted.subscribe().wait_for(|wanted| *wanted).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_holds_a_clone_hears_of_it() {
        let here = Cancellation::default();
        let there = here.clone();
        assert!(there.check().is_ok());
        here.cancel();
        there.cancelled().await;
        assert_eq!(
            there.check().map_err(|problem| problem.code),
            Err(Code::Cancelled)
        );
    }
}
