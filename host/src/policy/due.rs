//! Whether a scheduled run is due.

use super::{CLOCK_TOLERANCE, Schedule};
use jiff::{SignedDuration, Timestamp};

/// What a schedule has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// Since when it holds: the instance was made, resumed, or got another policy. Times before that are not made up for.
    pub since: Timestamp,
    /// The time for which the last run was scheduled, whether it succeeded or not.
    pub last: Option<Timestamp>,
}

/// A run that is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The time that it is for: the last one that has passed.
    pub scheduled_for: Timestamp,
    /// Times before that one at which nothing ran. This run makes up for all of them.
    pub missed: u32,
}

/// What a schedule wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A run, now.
    Now(Run),
    /// Nothing until then.
    Later(Timestamp),
    /// Nothing any more.
    Never,
}

/// Missed runs are counted up to here: after a year of minutes nobody wants to know how many exactly.
const MOST_MISSED: u32 = 1_000;

impl Schedule {
    /// What is to be done for `instance` at `now`, when no run of it is going on.
    ///
    /// However many times were missed, there is one run. Times that were scheduled when the clock was wrong, and lie in
    /// the future by more than [`CLOCK_TOLERANCE`], are forgotten; after a small step backwards nothing runs twice.
    pub fn due(&self, history: History, instance: &str, now: Timestamp) -> Due {
        let done = history.done_until(now);
        let Some(time) = self.last_until(now).filter(|time| *time > done) else {
            let next = self.next_after(done.max(now));
            return next.map_or(Due::Never, |next| Due::Later(self.start_of(next, instance)));
        };
        match self.start_of(time, instance) {
            start if start > now => Due::Later(start),
            _ => Due::Now(Run {
                scheduled_for: time,
                missed: self.count(done, time),
            }),
        }
    }

    /// From when on an instance is overdue whose newest point is for the time `newest`: a run should have begun, and had
    /// `slack` to end.
    pub fn overdue_from(
        &self,
        since: Timestamp,
        newest: Option<Timestamp>,
        slack: SignedDuration,
    ) -> Option<Timestamp> {
        let next = self.next_after(newest.map_or(since, |newest| newest.max(since)))?;
        let begun = next.checked_add(self.window_at(next)).ok()?;
        begun.checked_add(slack).ok()
    }

    /// How many times there are between two, both left out.
    fn count(&self, after: Timestamp, before: Timestamp) -> u32 {
        let mut time = after;
        for count in 0..MOST_MISSED {
            match self.next_after(time) {
                Some(next) if next < before => time = next,
                _ => return count,
            }
        }
        MOST_MISSED
    }
}

impl History {
    /// Until when everything was done, or need not be.
    fn done_until(&self, now: Timestamp) -> Timestamp {
        let done = self.last.map_or(self.since, |last| last.max(self.since));
        match done.duration_since(now) > CLOCK_TOLERANCE {
            true => now,
            false => done,
        }
    }
}
