//! Lengths of time as policies write them: ISO 8601, `P7D`, `P12M`, `PT4H`.

use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A length of time more than nothing. Days, weeks, months and years are those of the calendar: `P1Y` from 29 February
/// ends on 28 February, and `P1D` has 23 hours where the clock is put forward.
#[derive(Clone, Copy, Debug)]
pub struct Length(Span);

impl Length {
    /// As jiff counts it.
    pub fn span(&self) -> Span {
        self.0
    }

    /// The moment so long after `start`, on the calendar of `zone`. What lies beyond the year 9999 is the end of it.
    pub fn after(&self, start: Timestamp, zone: &TimeZone) -> Timestamp {
        let end = start.to_zoned_datetime(zone.clone()).checked_add(self.0);
        end.map_or(Timestamp::MAX, |end| end.timestamp())
    }

    /// Which of two is longer, counted from the beginning of 2026: a year has 365 days, and the first month 31.
    pub fn compare(&self, other: &Length) -> Ordering {
        let day = jiff::civil::date(2026, 1, 1);
        self.0
            .compare((other.0, SpanRelativeTo::from(day)))
            .unwrap_or(Ordering::Equal)
    }
}

/// As written: a year is not twelve months, and a week not seven days.
impl PartialEq for Length {
    fn eq(&self, other: &Self) -> bool {
        self.0.fieldwise() == other.0.fieldwise()
    }
}

impl Eq for Length {}

/// `P7D`
impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Reads `P7D`. What it is not is said in a sentence.
impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused =
            || format!("'{text}' is not a length of time: expected ISO 8601, such as P7D, P12M or PT4H");
        // The parser also reads other forms, such as `7d` and `-P7D`.
        let span: Span = match text.strip_prefix('P') {
            Some(rest) if !rest.contains(['+', '-']) => text.parse().map_err(|_| refused())?,
            _ => return Err(refused()),
        };
        if span.is_positive() {
            Ok(Length(span))
        } else {
            Err(format!("'{text}' is no time at all"))
        }
    }
}
