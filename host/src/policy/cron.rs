//! Schedules written as `cron` reads them: five fields, or `@daily` and the like.

use super::PolicyError;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::{CivilDate, CivilDateTime, CivilTime, Cron, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use std::cmp::Ordering;
use std::fmt;

/// When the minute, hour, day, month and day of the week fit. Where both days are restricted, one that fits suffices.
///
/// Where clocks are put forward, the one time of a day that is left out runs when they have been; where they are put back,
/// it runs once. Of several times a day, one that is left out does not run, and one that comes twice runs twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CronExpression {
    cron: Cron,
    text: String,
}

impl CronExpression {
    pub(super) fn parse(text: &str) -> Result<CronExpression, PolicyError> {
        let refused = |message: String| PolicyError::new("schedule.cron", message);
        if text.contains("TZ=") {
            let message = format!("'{text}' names a time zone: write it in the field timeZone");
            return Err(refused(message));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(text).map_err(|error| {
            refused(format!(
                "'{text}' is not a cron expression of five fields (minute, hour, day, month, day of the week): {error}"
            ))
        })?;
        let expression = CronExpression {
            cron,
            text: text.to_owned(),
        };
        match expression.next_after(Timestamp::UNIX_EPOCH, &TimeZone::UTC) {
            Some(_) => Ok(expression),
            None => Err(refused(format!("'{text}' names a day that never comes"))),
        }
    }

    /// The first time after `moment`.
    pub(super) fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let moment = Moment(moment.to_zoned_datetime(zone.clone()));
        let next = self.cron.find_next_occurrence(&moment, false).ok()?;
        Some(next.0.timestamp())
    }

    /// The last time that is not after `moment`.
    pub(super) fn last_until(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let moment = Moment(moment.to_zoned_datetime(zone.clone()));
        let last = self.cron.find_previous_occurrence(&moment, true).ok()?;
        Some(last.0.timestamp())
    }
}

/// As it was written.
impl fmt::Display for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A moment in a time zone, as the search for the next time needs it.
#[derive(Clone)]
struct Moment(ZonedDateTime);

impl CronDateTime for Moment {
    fn to_civil(&self) -> CivilDateTime {
        let part = |number: i8| u32::try_from(number).unwrap_or_default();
        let at = self.0.datetime();
        // jiff has checked them.
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(i32::from(at.year()), part(at.month()), part(at.day())),
            CivilTime::from_parts_unchecked(part(at.hour()), part(at.minute()), part(at.second())),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        let day = self.0.weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(u32::try_from(day).unwrap_or_default())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let ambiguous = self.0.time_zone().to_ambiguous_zoned_datetime(local(civil)?);
        let invalid = |_| CronError::InvalidTime;
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
            AmbiguousOffset::Unambiguous { .. } => {
                Resolution::Single(Moment(ambiguous.compatible().map_err(invalid)?))
            }
            AmbiguousOffset::Fold { .. } => Resolution::Ambiguous(
                Moment(ambiguous.clone().earlier().map_err(invalid)?),
                Moment(ambiguous.later().map_err(invalid)?),
            ),
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let end = self.0.checked_add(SignedDuration::from_secs(seconds));
        end.ok().map(Moment)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

fn local(civil: CivilDateTime) -> Result<DateTime, CronError> {
    let part = |number: u32| i8::try_from(number).map_err(|_| CronError::InvalidDate);
    let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
    DateTime::new(
        year,
        part(civil.month())?,
        part(civil.day())?,
        part(civil.hour())?,
        part(civil.minute())?,
        part(civil.second())?,
        0,
    )
    .map_err(|_| CronError::InvalidDate)
}
