//! Sizes, durations and ages as people read and write them.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, Unit};
use std::time::Duration;

/// `512 B`, `1.2 MiB`: a number of bytes in powers of 1024, with one decimal below ten.
pub fn size(bytes: u64) -> String {
    const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    match UNITS.into_iter().find(|(shift, _)| bytes >> shift > 0) {
        None => format!("{bytes} B"),
        Some((shift, unit)) => {
            let tenths = (u128::from(bytes) * 10) >> shift;
            match tenths {
                100.. => format!("{} {unit}", tenths / 10),
                _ => format!("{}.{} {unit}", tenths / 10, tenths % 10),
            }
        }
    }
}

/// `0.3 s`, `12 s`, `3 min 20 s`: how long something took.
pub fn took(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{}.{} s", duration.as_secs(), duration.subsec_millis() / 100),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// `45s`, `12m`, `5h`, `3d`, `2y`: how long ago `then` was at `now`, as `kubectl` prints ages. Zero for what lies in
/// the future.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        172_800..63_072_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// `2026-03-01 04:05 UTC`: a moment, to the minute.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2026-03-01`: the day of a moment, in UTC.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Read a length of time such as `30d`, `12h`, `1h30m`, `2w` or Velero's `720h0m0s`. A day has 24 hours.
///
/// # Errors
/// A sentence that says what is accepted, for text that is none, for months and years (which have no fixed length), and
/// for what is not more than nothing.
pub fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let refused = || format!("'{text}' is not a length of time: expected a form such as 30d, 12h or 1h30m");
    let span: Span = text.parse().map_err(|_| refused())?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(format!("'{text}' has no fixed length: use days, such as 365d"));
    }
    let length = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| refused())?;
    if length > SignedDuration::ZERO {
        Ok(length)
    } else {
        Err(format!("'{text}' is no time at all"))
    }
}

/// The form in which [`parse_duration`] reads it back: `30d`, `12h`, `1h30m`.
pub fn duration(length: SignedDuration) -> String {
    let span = Span::try_from(length)
        .and_then(|span| span.round(jiff::SpanRound::new().largest(Unit::Day).days_are_24_hours()));
    match span {
        Ok(span) => format!("{span:#}").replace(' ', ""),
        Err(_) => format!("{}s", length.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0 B")]
    #[case(1023, "1023 B")]
    #[case(1024, "1.0 KiB")]
    #[case(1_300_000, "1.2 MiB")]
    #[case(20 << 20, "20 MiB")]
    #[case(u64::MAX, "16777215 TiB")]
    fn sizes(#[case] bytes: u64, #[case] text: &str) {
        assert_eq!(size(bytes), text);
    }

    #[rstest]
    #[case(340, "0.3 s")]
    #[case(12_900, "12 s")]
    #[case(200_000, "3 min 20 s")]
    fn durations(#[case] milliseconds: u64, #[case] text: &str) {
        assert_eq!(took(Duration::from_millis(milliseconds)), text);
    }

    #[rstest]
    #[case(45, "45s")]
    #[case(720, "12m")]
    #[case(7_200, "2h")]
    #[case(3 * 86_400, "3d")]
    #[case(800 * 86_400, "2y")]
    #[case(-5, "0s")]
    fn ages(#[case] seconds: i64, #[case] text: &str) {
        let then = Timestamp::UNIX_EPOCH;
        assert_eq!(age(then, then + SignedDuration::from_secs(seconds)), text);
    }

    #[rstest]
    #[case("30d", Some(720))]
    #[case("12h", Some(12))]
    #[case("1d12h", Some(36))]
    #[case("2w", Some(336))]
    #[case("720h0m0s", Some(720))]
    #[case("1mo", None)]
    #[case("1y", None)]
    #[case("0s", None)]
    #[case("-3h", None)]
    #[case("soon", None)]
    #[case("", None)]
    fn lengths_of_time(#[case] text: &str, #[case] hours: Option<i64>) {
        assert_eq!(parse_duration(text).ok(), hours.map(SignedDuration::from_hours));
    }

    #[rstest]
    #[case("30d")]
    #[case("12h")]
    #[case("1h30m")]
    fn a_length_is_written_as_it_is_read(#[case] text: &str) {
        assert_eq!(parse_duration(text).map(duration).as_deref(), Ok(text));
    }
}
