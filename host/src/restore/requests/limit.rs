//! How many requests at the same time serve best: found by trying.

use std::time::Duration;

/// At the beginning. Half of what a small API server does best with, so that it is reached in a moment.
const FIRST: usize = 32;
/// Never less, so that an object that takes long does not hold up all others.
const FEWEST: usize = 2;
/// Never more: an API server handles 400 reads and 200 writes at the same time unless it was told otherwise.
const MOST: usize = 256;
/// A rate must be so much better to be worth more requests at the same time: one in twenty.
const BETTER: f64 = 1.05;
/// Measures during which a limit that was found is kept, before a greater one is tried again.
const REST: u32 = 16;

/// The limit, and what has been learnt about it. It doubles as long as that makes the whole faster, then stays and is
/// tried a quarter higher from time to time. When the cluster cannot serve a request it is halved at once.
pub(super) struct Limit {
    now: usize,
    /// Requests that are over since the measure began, and when that was.
    done: usize,
    began: Duration,
    /// Whether a request had to wait for another one: without that the limit says nothing about the rate.
    waited: bool,
    /// Whether the cluster was busy.
    busy: bool,
    mode: Mode,
}

#[derive(Clone, Copy)]
enum Mode {
    /// The limit grows; the rate and the limit before, if there was any.
    Climbing { before: Option<(f64, usize)> },
    /// The limit stays for so many measures.
    Resting { left: u32 },
}

impl Default for Limit {
    fn default() -> Self {
        Limit {
            now: FIRST,
            done: 0,
            began: Duration::ZERO,
            waited: false,
            busy: false,
            mode: Mode::Climbing { before: None },
        }
    }
}

impl Limit {
    /// The limit as it is now.
    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// A request has to wait for another one.
    pub(super) fn had_to_wait(&mut self) {
        self.waited = true;
    }

    /// A request is over, `elapsed` after a beginning that is always the same.
    pub(super) fn learn(&mut self, elapsed: Duration, busy: bool) {
        self.done += 1;
        if busy && !self.busy {
            self.busy = true;
            self.now = (self.now / 2).max(FEWEST);
            self.mode = Mode::Resting { left: REST };
        }
        if self.done < (2 * self.now).max(FIRST) {
            return;
        }
        let seconds = elapsed.saturating_sub(self.began).as_secs_f64();
        let rate = f64::from(u32::try_from(self.done).unwrap_or(u32::MAX)) / seconds.max(f64::MIN_POSITIVE);
        if self.waited && !self.busy {
            self.measured(rate);
        }
        (self.done, self.began, self.waited, self.busy) = (0, elapsed, false, false);
    }

    fn measured(&mut self, rate: f64) {
        match self.mode {
            Mode::Climbing {
                before: Some((best, limit)),
            } if rate < best * BETTER => {
                self.now = limit;
                self.mode = Mode::Resting { left: REST };
            }
            Mode::Climbing { .. } if self.now == MOST => self.mode = Mode::Resting { left: REST },
            Mode::Climbing { .. } => self.climb(rate, 2 * self.now),
            Mode::Resting { left: 0 } => self.climb(rate, self.now + (self.now / 4).max(1)),
            Mode::Resting { left } => self.mode = Mode::Resting { left: left - 1 },
        }
    }

    fn climb(&mut self, rate: f64, to: usize) {
        self.mode = Mode::Climbing {
            before: Some((rate, self.now)),
        };
        self.now = to.min(MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// The limit after `requests` to a server that handles `capacity` at the same time in a tenth of a second, and
    /// takes longer in proportion when there are more.
    fn found(capacity: usize, requests: usize) -> usize {
        let mut limit = Limit::default();
        let mut clock = Duration::ZERO;
        for _ in 0..requests {
            limit.had_to_wait();
            let rate = 10 * limit.now().min(capacity);
            clock += Duration::from_secs(1) / u32::try_from(rate).unwrap();
            limit.learn(clock, false);
        }
        limit.now()
    }

    #[rstest]
    #[case::small(32)]
    #[case::medium(100)]
    #[case::large(256)]
    fn what_serves_best_is_found_soon(#[case] capacity: usize) {
        let limit = found(capacity, 1000);
        assert!(limit >= capacity.min(MOST), "{limit}");
        assert!(limit <= 2 * capacity, "{limit}");
    }

    #[test]
    fn it_stays_within_its_bounds() {
        assert_eq!(found(100_000, 100_000), MOST);
        let mut limit = Limit::default();
        (0..1000).for_each(|_| limit.learn(Duration::ZERO, true));
        assert_eq!(limit.now(), FEWEST);
    }

    #[test]
    fn a_busy_cluster_gets_half_at_once_and_more_again_later() {
        let mut limit = Limit::default();
        limit.learn(Duration::ZERO, true);
        assert_eq!(limit.now(), FIRST / 2);
        limit.learn(Duration::ZERO, true);
        assert_eq!(
            limit.now(),
            FIRST / 2,
            "answers to requests of the same time count once"
        );
        let mut clock = Duration::ZERO;
        for _ in 0..10_000 {
            limit.had_to_wait();
            clock += Duration::from_millis(1);
            limit.learn(clock, false);
        }
        assert!(limit.now() >= FIRST / 2, "{}", limit.now());
    }

    #[test]
    fn it_does_not_change_where_it_limits_nothing() {
        let mut limit = Limit::default();
        (0..1000_u64).for_each(|number| limit.learn(Duration::from_millis(number), false));
        assert_eq!(limit.now(), FIRST);
    }
}
