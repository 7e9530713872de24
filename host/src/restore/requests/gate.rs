//! How many requests are under way at the same time.

use super::limit::Limit;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Lets requests through, as many at the same time as its limit says.
pub(super) struct Gate {
    permits: Semaphore,
    state: Mutex<State>,
}

struct State {
    limit: Limit,
    /// Permits that are taken out of use when they come back, because the limit was lowered.
    surplus: usize,
    began: Instant,
}

/// The right to make one request. Given back also when it is dropped, but then nothing is learnt from the request.
pub(super) struct Permit<'a> {
    gate: &'a Gate,
    permit: Option<SemaphorePermit<'a>>,
}

impl Default for Gate {
    fn default() -> Self {
        let limit = Limit::default();
        Gate {
            permits: Semaphore::new(limit.now()),
            state: Mutex::new(State {
                limit,
                surplus: 0,
                began: Instant::now(),
            }),
        }
    }
}

impl Gate {
    /// Wait for one's turn.
    pub(super) async fn enter(&self) -> Permit<'_> {
        if self.permits.available_permits() == 0 {
            self.state().limit.had_to_wait();
        }
        // The semaphore is never closed, so this is an error never.
        let permit = self.permits.acquire().await.ok();
        Permit { gate: self, permit }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// The request is over; `busy` when the cluster could not serve it.
    pub(super) fn leave(mut self, busy: bool) {
        let mut state = self.gate.state();
        let before = state.limit.now();
        let elapsed = state.began.elapsed();
        state.limit.learn(elapsed, busy);
        let after = state.limit.now();
        if after > before {
            let more = after - before;
            let kept = more.min(state.surplus);
            state.surplus -= kept;
            self.gate.permits.add_permits(more - kept);
        } else {
            state.surplus += before - after;
        }
        if state.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            state.surplus -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn no_more_than_the_limit_are_let_through() {
        let gate = Gate::default();
        let first = gate.state().limit.now();
        let mut permits: Vec<_> = (0..first).map(|_| gate.enter().now_or_never().unwrap()).collect();
        assert!(gate.enter().now_or_never().is_none());
        drop(permits.pop());
        assert!(gate.enter().now_or_never().is_some());
    }

    #[test]
    fn a_lowered_limit_takes_permits_out_of_use() {
        let gate = Gate::default();
        let first = gate.state().limit.now();
        let permits: Vec<_> = (0..first).map(|_| gate.enter().now_or_never().unwrap()).collect();
        for permit in permits {
            permit.leave(true);
        }
        let state = gate.state();
        assert!(state.limit.now() < first);
        assert_eq!(
            gate.permits.available_permits(),
            state.limit.now() + state.surplus
        );
        assert_eq!(state.surplus, 0);
    }
}
