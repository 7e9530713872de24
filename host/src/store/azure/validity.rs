//! From when until when a shared access signature holds: the service says of one that does not no more than that it is
//! refused.

use super::failure::Failure;
use crate::report::Code;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// From when until when a shared access signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Validity {
    /// What the `query` of a signature says in `st` and `se`.
    pub(super) fn of(query: &str) -> Validity {
        let time = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name))?;
            let value = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
            moment(&value)
        };
        Validity {
            start: time("st="),
            end: time("se="),
        }
    }

    /// When the signature ends.
    pub(super) fn end(self) -> Option<Timestamp> {
        self.end
    }

    /// Why a signature is refused at `now`, by the store's clock, if that is the reason.
    pub(super) fn failure(self, now: Timestamp) -> Option<Failure> {
        let message = match self {
            Validity { end: Some(end), .. } if end <= now => {
                format!("the shared access signature expired at {end:.0}")
            }
            Validity {
                start: Some(start), ..
            } if start > now => {
                format!("the shared access signature does not hold before {start:.0}")
            }
            _ => return None,
        };
        Some(Failure::Other {
            code: Code::StoreCredentialExpired,
            message,
            passing: false,
        })
    }
}

/// A time as signatures have it: `2026-01-01T00:00:00Z`, without the seconds, or the day alone.
fn moment(text: &str) -> Option<Timestamp> {
    let minutes = || {
        text.strip_suffix('Z')
            .and_then(|text| format!("{text}:00Z").parse().ok())
    };
    let day = || {
        let day: Date = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
    };
    text.parse().ok().or_else(minutes).or_else(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::within("st=2026-01-01T00%3A00%3A00Z&se=2026-12-31", None)]
    #[case::no_times("sp=r", None)]
    #[case::no_time("se=soon", None)]
    #[case::expired("se=2026-05-01T00:00Z", Some("expired at 2026-05-01T00:00:00Z"))]
    #[case::at_its_end("se=2026-06-01T00%3A00%3A00Z", Some("expired at 2026-06-01T00:00:00Z"))]
    #[case::not_yet(
        "st=2026-06-02&se=2027-01-01",
        Some("does not hold before 2026-06-02T00:00:00Z")
    )]
    fn a_signature_holds_for_its_time(#[case] query: &str, #[case] expected: Option<&str>) {
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let failure = Validity::of(query)
            .failure(now)
            .map(|failure| format!("{failure:?}"));
        assert_eq!(failure.is_some(), expected.is_some());
        assert!(failure.unwrap_or_default().contains(expected.unwrap_or_default()));
    }
}
