//! Schedules that repeat at a fixed distance: `R/2026-01-04T09:00:00+00:00/PT4H`, as AKS Backup writes them.

use super::{Length, PolicyError};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ZonedDateTime};
use std::fmt;

/// A first moment, and the distance at which it repeats for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    start: Start,
    step: Step,
    length: Length,
}

/// The first moment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    /// With an offset, as it was written.
    Moment(Timestamp, String),
    /// Without: by the clocks of the schedule's time zone.
    Local(DateTime),
}

/// The distance, of one kind only: so that the n-th repetition is found without the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Hours, minutes and seconds: exact, whatever clocks show.
    Exact(SignedDuration),
    /// Days and weeks: at the same time of the day in the time zone.
    Days(i64),
    /// Months and years: on the same day of the month, or the last one of a shorter month.
    Months(i64),
}

/// A distance may not be less.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

impl Interval {
    /// Read `R/START/LENGTH`; a number after `R` is ignored, as AKS does.
    pub(super) fn parse(text: &str) -> Result<Interval, PolicyError> {
        let refused = |message: String| PolicyError::new("schedule.interval", message);
        let form = || {
            refused(format!(
                "'{text}' is not of the form R/2026-01-04T09:00:00+00:00/PT4H"
            ))
        };
        let mut parts = text.split('/');
        let (Some(repeat), Some(start), Some(length), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(form());
        };
        let count = repeat.strip_prefix('R').ok_or_else(form)?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(form());
        }
        let length: Length = length.parse().map_err(refused)?;
        Ok(Interval {
            start: Start::parse(start).ok_or_else(|| {
                refused(format!(
                    "'{start}' is not a moment such as 2026-01-04T09:00:00+00:00 or 2026-01-04T09:00:00"
                ))
            })?,
            step: Step::new(&length).map_err(refused)?,
            length,
        })
    }

    /// The first repetition after `moment`.
    pub(super) fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = self.start.zoned(zone)?;
        match self.number_at(&start, moment) {
            None => Some(start.timestamp()),
            Some(number) => self.step.repeat(&start, number.checked_add(1)?),
        }
    }

    /// The last repetition that is not after `moment`.
    pub(super) fn last_until(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = self.start.zoned(zone)?;
        self.step.repeat(&start, self.number_at(&start, moment)?)
    }

    /// How many repetitions there were until `moment`, but for the first; none before that.
    fn number_at(&self, start: &ZonedDateTime, moment: Timestamp) -> Option<i64> {
        if moment < start.timestamp() {
            return None;
        }
        let mut number = self.step.estimate(start, moment).max(0);
        // The estimate misses by one at most, where clocks were changed or months are short.
        while number > 0 && self.step.repeat(start, number).is_none_or(|at| at > moment) {
            number -= 1;
        }
        while self.step.repeat(start, number + 1).is_some_and(|at| at <= moment) {
            number += 1;
        }
        Some(number)
    }
}

impl Start {
    /// `YYYY-MM-DDThh:mm:ss[.fff]`, with `Z`, `±hh:mm` or neither. Compact forms are none, as with AKS.
    fn parse(text: &str) -> Option<Start> {
        let shape = |position: usize, expected: u8| text.as_bytes().get(position) == Some(&expected);
        let extended = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if !extended.iter().all(|(position, byte)| shape(*position, *byte)) || text.contains('[') {
            return None;
        }
        match text.parse::<Timestamp>() {
            Ok(moment) => Some(Start::Moment(moment, text.to_owned())),
            Err(_) => text.parse().ok().map(Start::Local),
        }
    }

    fn zoned(&self, zone: &TimeZone) -> Option<ZonedDateTime> {
        match self {
            Start::Moment(moment, _) => Some(moment.to_zoned_datetime(zone.clone())),
            Start::Local(local) => local.to_zoned_datetime(zone.clone()).ok(),
        }
    }
}

impl Step {
    fn new(length: &Length) -> Result<Step, String> {
        let span = length.span();
        let days = i64::from(span.get_days()) + 7 * i64::from(span.get_weeks());
        let months = i64::from(span.get_months()) + 12 * i64::from(span.get_years());
        let time = Span::new()
            .try_hours(span.get_hours())
            .and_then(|time| time.try_minutes(span.get_minutes()))
            .and_then(|time| time.try_seconds(span.get_seconds()))
            .and_then(SignedDuration::try_from)
            .map_err(|error| error.to_string())?;
        let has_fractions =
            span.get_milliseconds() != 0 || span.get_microseconds() != 0 || span.get_nanoseconds() != 0;
        match (months, days, time) {
            (months, 0, SignedDuration::ZERO) if months > 0 && !has_fractions => Ok(Step::Months(months)),
            (0, days, SignedDuration::ZERO) if days > 0 && !has_fractions => Ok(Step::Days(days)),
            (0, 0, time) if time >= SHORTEST && !has_fractions => Ok(Step::Exact(time)),
            (0, 0, _) => Err(format!("'{length}' is too short: the shortest distance is PT1M")),
            _ => Err(format!(
                "'{length}' mixes units: write hours and minutes, or days and weeks, or months and years"
            )),
        }
    }

    /// The repetition `number` of `start`; none beyond the year 9999.
    fn repeat(self, start: &ZonedDateTime, number: i64) -> Option<Timestamp> {
        match self {
            Step::Exact(step) => {
                let seconds = step.as_secs().checked_mul(number)?;
                start
                    .timestamp()
                    .checked_add(SignedDuration::from_secs(seconds))
                    .ok()
            }
            Step::Days(days) => {
                let span = Span::new().try_days(days.checked_mul(number)?).ok()?;
                Some(start.checked_add(span).ok()?.timestamp())
            }
            Step::Months(months) => {
                let span = Span::new().try_months(months.checked_mul(number)?).ok()?;
                Some(start.checked_add(span).ok()?.timestamp())
            }
        }
    }

    /// About how many times `start` has repeated until `moment`.
    fn estimate(self, start: &ZonedDateTime, moment: Timestamp) -> i64 {
        let elapsed = moment.duration_since(start.timestamp()).as_secs();
        match self {
            Step::Exact(step) => elapsed / step.as_secs().max(1),
            Step::Days(days) => elapsed / days.saturating_mul(86_400).max(1),
            Step::Months(months) => {
                let end = moment.to_zoned_datetime(start.time_zone().clone());
                let years = i64::from(end.year()) - i64::from(start.year());
                (years * 12 + i64::from(end.month()) - i64::from(start.month())) / months.max(1)
            }
        }
    }
}

/// `R/2026-01-04T09:00:00+00:00/PT4H`
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Start::Moment(_, text) => write!(f, "R/{text}/{}", self.length),
            Start::Local(local) => write!(f, "R/{local}/{}", self.length),
        }
    }
}
