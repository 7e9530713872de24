//! Which backups to keep: the rules of `restic forget`, and the day of expiry that a backup carries.

use crate::archive::BackupName;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::cmp::Reverse;

/// How many backups to keep. All zero: those that are not expired.
///
/// As with restic, the newest backup of each of the last so many days, weeks, months or years *that have a backup* is
/// kept, and the oldest of all while a rule has not found so many. Days are those of UTC, weeks those of ISO 8601.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// The newest so many.
    pub last: u32,
    /// The newest of so many days.
    pub daily: u32,
    /// The newest of so many weeks.
    pub weekly: u32,
    /// The newest of so many months.
    pub monthly: u32,
    /// The newest of so many years.
    pub yearly: u32,
}

/// A backup, as far as its retention goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub name: BackupName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires; none: never.
    pub expires_at: Option<Timestamp>,
}

/// What shall become of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The backup.
    pub name: BackupName,
    /// Why it is kept; empty when it shall be removed.
    pub reasons: Vec<Reason>,
}

/// Why a backup is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// It is one of the newest.
    Last,
    /// It is the newest of its day.
    Daily,
    /// It is the newest of its week.
    Weekly,
    /// It is the newest of its month.
    Monthly,
    /// It is the newest of its year.
    Yearly,
    /// It is the oldest, and a rule wants more than there are.
    Oldest,
    /// Its day of expiry has not come.
    NotExpired,
    /// It has no day of expiry, and there is no rule.
    NoExpiry,
}

/// `newest of its day`: the reason for people.
impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reason::Last => "one of the newest",
            Reason::Daily => "newest of its day",
            Reason::Weekly => "newest of its week",
            Reason::Monthly => "newest of its month",
            Reason::Yearly => "newest of its year",
            Reason::Oldest => "oldest",
            Reason::NotExpired => "not expired",
            Reason::NoExpiry => "never expires",
        })
    }
}

impl Decision {
    /// Whether the backup is kept.
    pub fn keeps(&self) -> bool {
        !self.reasons.is_empty()
    }
}

impl Retention {
    /// Whether any rule is set.
    pub fn has_rules(&self) -> bool {
        *self != Retention::default()
    }

    /// What shall become of each backup at the time `now`, newest first.
    ///
    /// A backup is kept when a rule keeps it, and for as long as it is not expired. Others are removed, but for those
    /// without a day of expiry when there is no rule.
    pub fn decide(&self, mut candidates: Vec<Candidate>, now: Timestamp) -> Vec<Decision> {
        candidates.sort_by(|one, other| {
            (Reverse(one.created_at), &one.name).cmp(&(Reverse(other.created_at), &other.name))
        });
        let mut rules = self.rules();
        let oldest = candidates.len().saturating_sub(1);
        let mut decide = |(number, candidate): (usize, Candidate)| {
            let day = candidate.created_at.to_zoned_datetime(TimeZone::UTC).date();
            let mut reasons: Vec<Reason> = rules
                .iter_mut()
                .filter_map(|rule| rule.decide((rule.period)(number, day), number == oldest))
                .collect();
            reasons.dedup();
            match candidate.expires_at {
                Some(expiry) if expiry > now => reasons.push(Reason::NotExpired),
                None if !self.has_rules() => reasons.push(Reason::NoExpiry),
                _ => {}
            }
            Decision {
                name: candidate.name,
                reasons,
            }
        };
        candidates.into_iter().enumerate().map(&mut decide).collect()
    }

    fn rules(&self) -> [Rule; 5] {
        [
            Rule::new(Reason::Last, self.last, |number, _| Period::Number(number)),
            Rule::new(Reason::Daily, self.daily, |_, day| Period::Day(day)),
            Rule::new(Reason::Weekly, self.weekly, |_, day| {
                let week = day.iso_week_date();
                Period::Week(week.year(), week.week())
            }),
            Rule::new(Reason::Monthly, self.monthly, |_, day| {
                Period::Month(day.year(), day.month())
            }),
            Rule::new(Reason::Yearly, self.yearly, |_, day| Period::Year(day.year())),
        ]
    }
}

/// What a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Number(usize),
    Day(Date),
    Week(i16, i8),
    Month(i16, i8),
    Year(i16),
}

/// A rule on its way from the newest backup to the oldest.
struct Rule {
    reason: Reason,
    left: u32,
    period: fn(usize, Date) -> Period,
    last: Option<Period>,
}

impl Rule {
    fn new(reason: Reason, left: u32, period: fn(usize, Date) -> Period) -> Self {
        Rule {
            reason,
            left,
            period,
            last: None,
        }
    }

    /// Why this rule keeps the next backup, if it does.
    fn decide(&mut self, period: Period, is_oldest: bool) -> Option<Reason> {
        let begins = self.last != Some(period);
        if self.left == 0 || !(begins || is_oldest) {
            return None;
        }
        self.left -= 1;
        self.last = Some(period);
        Some(if begins { self.reason } else { Reason::Oldest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn candidate(created_at: Timestamp, expires_at: Option<Timestamp>) -> Candidate {
        let name = format!("b-{}", created_at.as_second()).parse().unwrap();
        Candidate {
            name,
            created_at,
            expires_at,
        }
    }

    /// The times of the backups that are kept, newest first.
    fn kept(retention: Retention, times: &[&str], now: &str) -> Vec<String> {
        let candidates = times
            .iter()
            .map(|time| candidate(time.parse().unwrap(), None))
            .collect::<Vec<_>>();
        let named = candidates.clone();
        let decisions = retention.decide(candidates, now.parse().unwrap());
        let time = |of: &Decision| {
            named
                .iter()
                .find(|candidate| candidate.name == of.name)
                .unwrap()
                .created_at
        };
        decisions
            .iter()
            .filter(|decision| decision.keeps())
            .map(|decision| time(decision).to_string())
            .collect()
    }

    const TIMES: [&str; 7] = [
        "2026-03-02T20:00:00Z",
        "2026-03-02T08:00:00Z",
        "2026-03-01T20:00:00Z",
        "2026-02-28T20:00:00Z",
        "2026-02-01T20:00:00Z",
        "2025-12-31T20:00:00Z",
        "2025-12-30T20:00:00Z",
    ];

    #[rstest]
    #[case::last(Retention { last: 2, ..Default::default() }, &[0, 1])]
    #[case::the_newest_of_each_day(Retention { daily: 3, ..Default::default() }, &[0, 2, 3])]
    #[case::weeks_begin_on_monday(Retention { weekly: 2, ..Default::default() }, &[0, 2])]
    #[case::days_without_backups_do_not_count(Retention { monthly: 3, ..Default::default() }, &[0, 3, 5])]
    #[case::years(Retention { yearly: 2, ..Default::default() }, &[0, 5])]
    #[case::the_oldest_while_there_are_too_few(Retention { yearly: 3, ..Default::default() }, &[0, 5, 6])]
    #[case::rules_add_up(Retention { last: 1, monthly: 2, ..Default::default() }, &[0, 3])]
    #[case::no_rule_and_no_expiry(Retention::default(), &[0, 1, 2, 3, 4, 5, 6])]
    fn as_restic_keeps_them(#[case] retention: Retention, #[case] expected: &[usize]) {
        let expected: Vec<String> = expected.iter().map(|number| TIMES[*number].to_owned()).collect();
        assert_eq!(kept(retention, &TIMES, "2026-03-03T00:00:00Z"), expected);
    }

    #[rstest]
    #[case::expired(Retention::default(), Some("2026-01-02T00:00:00Z"), &[])]
    #[case::not_expired(Retention::default(), Some("2026-01-02T00:00:01Z"), &[Reason::NotExpired])]
    #[case::no_expiry(Retention::default(), None, &[Reason::NoExpiry])]
    #[case::a_rule_outlives_expiry(Retention { last: 1, ..Default::default() }, Some("2026-01-02T00:00:00Z"), &[Reason::Last])]
    #[case::both(Retention { last: 1, ..Default::default() }, Some("2027-01-01T00:00:00Z"), &[Reason::Last, Reason::NotExpired])]
    fn expiry(#[case] retention: Retention, #[case] expires_at: Option<&str>, #[case] expected: &[Reason]) {
        let now = "2026-01-02T00:00:00Z".parse().unwrap();
        let expires_at = expires_at.map(|time| time.parse().unwrap());
        let decisions = retention.decide(vec![candidate(Timestamp::UNIX_EPOCH, expires_at)], now);
        assert_eq!(decisions[0].reasons, expected);
    }

    #[test]
    fn what_is_not_expired_is_kept_though_no_rule_wants_it() {
        let now = "2026-01-02T00:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
        let backups = (0..3)
            .map(|day| candidate(Timestamp::from_second(day * 86_400).unwrap(), Some(later)))
            .collect();
        let decisions = Retention {
            last: 1,
            ..Default::default()
        }
        .decide(backups, now);
        assert!(decisions.iter().all(Decision::keeps));
    }

    fn retentions() -> impl Strategy<Value = Retention> {
        [0..4u32, 0..4u32, 0..4u32, 0..4u32, 0..4u32].prop_map(|[last, daily, weekly, monthly, yearly]| {
            Retention {
                last,
                daily,
                weekly,
                monthly,
                yearly,
            }
        })
    }

    const NOW: i64 = 40_000_000;

    fn backups() -> impl Strategy<Value = Vec<Candidate>> {
        let backup =
            (0..80_000_000i64, proptest::option::of(0..80_000_000i64)).prop_map(|(created, expires)| {
                let time = |second| Timestamp::from_second(second).unwrap();
                candidate(time(created), expires.map(time))
            });
        proptest::collection::vec(backup, 0..40).prop_map(|mut backups| {
            backups.sort_by(|one, other| one.name.cmp(&other.name));
            backups.dedup_by(|one, other| one.name == other.name);
            backups
        })
    }

    fn kept_of(retention: Retention, backups: &[Candidate]) -> Vec<Candidate> {
        let decisions = retention.decide(backups.to_vec(), Timestamp::from_second(NOW).unwrap());
        let keeps = |backup: &Candidate| {
            decisions
                .iter()
                .any(|decision| decision.name == backup.name && decision.keeps())
        };
        backups.iter().filter(|backup| keeps(backup)).cloned().collect()
    }

    proptest! {
        #[test]
        fn the_newest_is_always_kept_when_there_is_a_rule(retention in retentions(), backups in backups()) {
            prop_assume!(retention.has_rules());
            let newest = backups.iter().max_by_key(|backup| backup.created_at);
            prop_assert!(newest.is_none_or(|newest| kept_of(retention, &backups).contains(newest)));
        }

        #[test]
        fn pruning_twice_is_pruning_once(retention in retentions(), backups in backups()) {
            let once = kept_of(retention, &backups);
            prop_assert_eq!(kept_of(retention, &once), once);
        }

        #[test]
        fn a_stronger_rule_never_removes_more(
            retention in retentions(),
            more in [0..3u32, 0..3u32, 0..3u32, 0..3u32, 0..3u32],
            backups in backups(),
        ) {
            prop_assume!(retention.has_rules());
            let [last, daily, weekly, monthly, yearly] = more;
            let stronger = Retention {
                last: retention.last + last,
                daily: retention.daily + daily,
                weekly: retention.weekly + weekly,
                monthly: retention.monthly + monthly,
                yearly: retention.yearly + yearly,
            };
            let kept = kept_of(stronger, &backups);
            prop_assert!(kept_of(retention, &backups).iter().all(|backup| kept.contains(backup)));
        }
    }
}
