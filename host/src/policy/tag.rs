//! The tag of a recovery point: which rule of retention applies to it.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::fmt;
use std::str::FromStr;

/// Which rule of retention applies to a point, best first. A point has one tag: that of the longest period of which it is
/// the first successful one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// The first of a year.
    Yearly,
    /// The first of a month.
    Monthly,
    /// The first of a week. Weeks begin on Sunday.
    Weekly,
    /// The first of a day.
    Daily,
    /// Any other.
    Default,
}

/// A point that there was before, deleted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether all of it was backed up.
    pub whole: bool,
    /// Whether a schedule made it. One that a person made has the tag that the person chose, and takes none away.
    pub scheduled: bool,
}

impl Tag {
    /// All, best first.
    pub const ALL: [Tag; 5] = [Tag::Yearly, Tag::Monthly, Tag::Weekly, Tag::Daily, Tag::Default];

    /// `Yearly`
    pub const fn name(self) -> &'static str {
        match self {
            Tag::Yearly => "Yearly",
            Tag::Monthly => "Monthly",
            Tag::Weekly => "Weekly",
            Tag::Daily => "Daily",
            Tag::Default => "Default",
        }
    }

    /// Its priority in AKS Backup; the lower number wins.
    pub const fn priority(self) -> u32 {
        match self {
            Tag::Yearly => 10,
            Tag::Monthly => 15,
            Tag::Weekly => 20,
            Tag::Daily => 25,
            Tag::Default => 99,
        }
    }

    /// The first day of the period of `day`; none for the rule that has no period.
    fn period(self, day: Date) -> Option<Date> {
        match self {
            Tag::Yearly => Some(day.first_of_year()),
            Tag::Monthly => Some(day.first_of_month()),
            Tag::Weekly => {
                let days = day.weekday().since(Weekday::Sunday);
                Some(day.saturating_sub(i64::from(days).days()))
            }
            Tag::Daily => Some(day),
            Tag::Default => None,
        }
    }

    /// The tag of a scheduled point that was made at `at`, among those for which `has_rule` says that there is a rule.
    ///
    /// A point that is whole is the first successful one of its period when no whole one was made in it. One that is
    /// partial holds the place until then: it gets the tag when there was none at all, so that a cluster of which always
    /// something cannot be read has its daily points all the same, and the whole one that may follow gets it too.
    pub fn of(
        at: Timestamp,
        whole: bool,
        past: &[Past],
        zone: &TimeZone,
        has_rule: impl Fn(Tag) -> bool,
    ) -> Tag {
        let day = |moment: Timestamp| moment.to_zoned_datetime(zone.clone()).date();
        let counts = |point: &&Past| point.scheduled && (point.whole || !whole);
        let days: Vec<Date> = past
            .iter()
            .filter(counts)
            .map(|point| day(point.created_at))
            .collect();
        let today = day(at);
        let is_first = |tag: &Tag| days.iter().all(|day| tag.period(*day) != tag.period(today));
        Tag::ALL
            .into_iter()
            .filter(|tag| *tag != Tag::Default && has_rule(*tag))
            .find(is_first)
            .unwrap_or(Tag::Default)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Tag::ALL.into_iter().find(|tag| tag.name() == text);
        known.ok_or_else(|| format!("'{text}' is none of Default, Daily, Weekly, Monthly and Yearly"))
    }
}
