//! When backups are to be made.

use super::cron::CronExpression;
use super::interval::Interval;
use super::{Length, PolicyError};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// When backups are to be made: at a fixed distance or as `cron` has it, in a time zone, and how long they may be put off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    times: Times,
    zone: TimeZone,
    start_window: Option<Length>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Times {
    Interval(Interval),
    Cron(Box<CronExpression>),
}

impl Schedule {
    /// `R/2026-01-04T09:00:00+00:00/PT4H`: a first moment and a distance. Days, weeks, months and years are counted by the
    /// clocks of `zone`, hours and minutes are exact.
    pub fn every(interval: &str, zone: &str) -> Result<Schedule, PolicyError> {
        Ok(Schedule::of(
            Times::Interval(Interval::parse(interval)?),
            time_zone(zone)?,
        ))
    }

    /// `30 2 * * *`, by the clocks of `zone`.
    pub fn cron(expression: &str, zone: &str) -> Result<Schedule, PolicyError> {
        Ok(Schedule::of(
            Times::Cron(Box::new(CronExpression::parse(expression)?)),
            time_zone(zone)?,
        ))
    }

    fn of(times: Times, zone: TimeZone) -> Schedule {
        Schedule {
            times,
            zone,
            start_window: None,
        }
    }

    /// The same, with runs spread over `window` after each time: each instance starts at its own moment in it, so that
    /// not all begin at once. AKS Backup spreads over two hours.
    #[must_use]
    pub fn spread_over(self, window: Length) -> Schedule {
        Schedule {
            start_window: Some(window),
            ..self
        }
    }

    /// The time zone whose days, weeks, months and years count.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first time after `moment`; none when there is none until the year 9999.
    pub fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        match &self.times {
            Times::Interval(interval) => interval.next_after(moment, &self.zone),
            Times::Cron(cron) => cron.next_after(moment, &self.zone),
        }
    }

    /// The last time that is not after `moment`.
    pub fn last_until(&self, moment: Timestamp) -> Option<Timestamp> {
        match &self.times {
            Times::Interval(interval) => interval.last_until(moment, &self.zone),
            Times::Cron(cron) => cron.last_until(moment, &self.zone),
        }
    }

    /// The moment at which the run of `instance` that is scheduled for `time` begins: always the same one, in the start
    /// window, and before the next time.
    pub fn start_of(&self, time: Timestamp, instance: &str) -> Timestamp {
        let window = self.window_at(time).as_secs();
        let offset = match u64::try_from(window) {
            Ok(window @ 1..) => i64::try_from(hash(instance) % window).unwrap_or_default(),
            _ => 0,
        };
        time.saturating_add(SignedDuration::from_secs(offset))
            .unwrap_or(time)
    }

    /// How long a run that is scheduled for `time` may be put off.
    pub(super) fn window_at(&self, time: Timestamp) -> SignedDuration {
        let Some(window) = &self.start_window else {
            return SignedDuration::ZERO;
        };
        let end = window.after(time, &self.zone);
        let end = self.next_after(time).map_or(end, |next| next.min(end));
        end.duration_since(time)
    }
}

/// The schedule as it was written, without its time zone.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.times {
            Times::Interval(interval) => write!(f, "{interval}"),
            Times::Cron(cron) => write!(f, "{cron}"),
        }
    }
}

/// The time zone of an IANA name.
fn time_zone(name: &str) -> Result<TimeZone, PolicyError> {
    TimeZone::get(name).map_err(|_| {
        PolicyError::new(
            "schedule.timeZone",
            format!("'{name}' is no time zone: expected an IANA name such as Europe/Berlin or UTC"),
        )
    })
}

/// FNV-1a: the same number on every machine and in every version.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
