//! Values of options in forms of our own.

use crate::archive::BackupName;
use crate::report::did_you_mean;
use crate::restore::{ConflictPolicies, ParsePolicyError};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::error::Error;
use std::str::FromStr;

/// One of the texts in `names`, which the help shows and a slip of the finger is compared with, read as a `T`.
pub(super) fn one_of<T>(names: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Into<Box<dyn Error + Send + Sync + 'static>>,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

/// A pair with `separator` between its parts, none of which is empty: `key=value`, `from:to`.
pub(super) fn pair(text: &str, separator: char) -> Result<(String, String), String> {
    match text.trim().split_once(separator) {
        Some((one, other)) if !one.is_empty() && !other.is_empty() && !other.contains(separator) => {
            Ok((one.to_owned(), other.to_owned()))
        }
        _ => Err(format!("expected two names with '{separator}' between them")),
    }
}

/// A label: `key=value`.
pub(super) fn label(text: &str) -> Result<(String, String), String> {
    pair(text, '=')
}

/// A namespace in the backup and the one in the cluster: `from:to`.
pub(super) fn mapping(text: &str) -> Result<(String, String), String> {
    pair(text, ':')
}

/// A moment that is still to come: a time in any zone, or a day, which begins in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let day = |text: &str| TimeZone::UTC.to_timestamp(text.parse::<Date>()?.at(0, 0, 0, 0));
    let at = text.parse().or_else(|_| day(text)).map_err(|_: jiff::Error| {
        "expected a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z".to_owned()
    })?;
    match at > Timestamp::now() {
        true => Ok(at),
        false => Err("that is in the past".to_owned()),
    }
}

/// The name of a restore: what a backup may be called too.
pub(super) fn restore_name(text: &str) -> Result<String, String> {
    match text.parse::<BackupName>() {
        Ok(name) => Ok(name.to_string()),
        Err(_) => Err("expected lower-case letters, digits, '-' and '.', such as nightly-2".to_owned()),
    }
}

/// Conflict policies, with the nearest right spelling for one that is none.
pub(super) fn conflict_policies(text: &str) -> Result<ConflictPolicies, String> {
    text.parse().map_err(|error: ParsePolicyError| match &error {
        ParsePolicyError::Policy(wrong) => format!("{error}{}", did_you_mean(wrong, ["skip", "patch"])),
        _ => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a:b", Some(("a", "b")))]
    #[case(" a:b", Some(("a", "b")))]
    #[case("a", None)]
    #[case(":b", None)]
    #[case("a:", None)]
    #[case("a:b:c", None)]
    fn mappings(#[case] text: &str, #[case] expected: Option<(&str, &str)>) {
        let expected = expected.map(|(one, other)| (one.to_owned(), other.to_owned()));
        assert_eq!(mapping(text).ok(), expected);
    }

    #[rstest]
    #[case::day("2999-01-31", Some("2999-01-31T00:00:00Z"))]
    #[case::time("2999-01-31T12:00:00+02:00", Some("2999-01-31T10:00:00Z"))]
    #[case::past("2001-01-01", None)]
    #[case::no_date("tomorrow", None)]
    fn moments(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(moment(text).ok().map(|at| at.to_string()).as_deref(), expected);
    }

    #[test]
    fn a_misspelt_policy_is_corrected() {
        let message = conflict_policies("ptach").unwrap_err();
        assert!(message.ends_with("did you mean 'patch'?"), "{message}");
    }
}
