//! What a call has left of its time, while it waits and while it computes.

use std::time::{Duration, Instant};

/// The time of one call. It runs while the plugin computes, and stands while the host answers.
#[derive(Debug)]
pub struct Clock {
    left: Duration,
    running_since: Option<Instant>,
}

impl Clock {
    /// A call that may compute for `time`, from now on.
    pub fn start(time: Duration) -> Self {
        Clock {
            left: time,
            running_since: Some(Instant::now()),
        }
    }

    /// Stand still, while the host works.
    pub fn pause(&mut self) {
        if let Some(since) = self.running_since.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
    }

    /// Run again; what is left.
    pub fn resume(&mut self) -> Duration {
        self.running_since = Some(Instant::now());
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_is_waited_does_not_count() {
        let mut clock = Clock::start(Duration::from_secs(1000));
        clock.pause();
        let left = clock.resume();
        assert!(left <= Duration::from_secs(1000));
        clock.pause();
        clock.pause();
        assert!(clock.resume() <= left);
    }

    #[test]
    fn there_is_never_less_than_nothing() {
        let mut clock = Clock::start(Duration::ZERO);
        clock.pause();
        assert_eq!(clock.resume(), Duration::ZERO);
    }
}
