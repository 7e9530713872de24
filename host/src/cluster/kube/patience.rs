//! How long an API server is waited for, and how often it is asked again.

use crate::cluster::ClusterError;
use backon::{ExponentialBuilder, Retryable};
use std::time::{Duration, Instant};

/// How long an API server is waited for, and how often it is asked again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until something comes, after a request or in the middle of an answer. An API server gives up a request after a
    /// minute by itself, and says so.
    pub silence: Duration,
    /// Before the second attempt; doubled before each further one.
    pub first_pause: Duration,
    /// At most between two attempts, also when the server wants more.
    pub longest_pause: Duration,
    /// Attempts after the first one. With the pauses above the last one comes after about 40 seconds: an API server
    /// that was killed is back by then.
    pub retries: usize,
    /// What is not answered is not asked for again after this time. A server that takes requests and says nothing is
    /// given up after the second one then, which is after some minutes.
    pub longest_silence: Duration,
    /// Until a deleted object is gone.
    pub deletion: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(75),
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
            retries: 9,
            longest_silence: Duration::from_secs(120),
            deletion: Duration::from_secs(120),
        }
    }
}

impl Patience {
    /// Do `what`, which changes nothing, and do it again while `may_retry` and the error says that this may help.
    pub(super) async fn read<T, Doing: Future<Output = Result<T, ClusterError>>>(
        &self,
        what: impl FnMut() -> Doing,
        mut may_retry: impl FnMut(&ClusterError) -> bool,
    ) -> Result<T, ClusterError> {
        let begun = Instant::now();
        let may_retry = |error: &ClusterError| {
            let is_silent = matches!(error, ClusterError::Unreachable { .. });
            may_retry(error) && !(is_silent && begun.elapsed() >= self.longest_silence)
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.first_pause)
            .with_max_delay(self.longest_pause)
            .with_max_times(self.retries)
            .with_jitter();
        what.retry(pauses)
            .when(may_retry)
            .adjust(|error: &ClusterError, pause| {
                let wanted = error.retry_after().unwrap_or_default().min(self.longest_pause);
                pause.map(|pause| pause.max(wanted))
            })
            .notify(|error: &ClusterError, pause| tracing::info!("{error}; trying again in {pause:?}"))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::cell::Cell;

    fn silent() -> ClusterError {
        ClusterError::Unreachable {
            cluster: "c".to_owned(),
            message: "timed out".to_owned(),
        }
    }

    fn busy() -> ClusterError {
        ClusterError::Busy {
            message: "slow down".to_owned(),
            retry_after: None,
        }
    }

    #[rstest]
    #[case::busy(busy, Duration::ZERO, 4)]
    #[case::silent_for_a_moment(silent, Duration::MAX, 4)]
    #[case::silent_for_long(silent, Duration::ZERO, 1)]
    #[tokio::test]
    async fn who_answers_is_asked_again_and_who_is_silent_not_for_ever(
        #[case] error: fn() -> ClusterError,
        #[case] longest_silence: Duration,
        #[case] expected: usize,
    ) {
        let patience = Patience {
            first_pause: Duration::from_millis(1),
            retries: 3,
            longest_silence,
            ..Patience::default()
        };
        let asked = Cell::new(0);
        let ask = || {
            asked.set(asked.get() + 1);
            std::future::ready(Err::<(), _>(error()))
        };
        let result = patience.read(ask, ClusterError::is_retryable).await;
        assert_eq!((result.is_err(), asked.get()), (true, expected));
    }
}
