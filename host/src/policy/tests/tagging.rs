//! Which tag a point gets.

use super::*;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rstest::rstest;

fn policy(tags: &[Tag]) -> Policy {
    let schedule = Schedule::cron("0 * * * *", "Europe/Berlin").unwrap();
    let rules = tags.iter().map(|tag| (*tag, keeps("P7D")));
    Policy::new(Some(schedule), rules).unwrap()
}

fn past(created_at: &str, whole: bool, scheduled: bool) -> Past {
    Past {
        created_at: at(created_at),
        whole,
        scheduled,
    }
}

fn whole(created_at: &str) -> Past {
    past(created_at, true, true)
}

#[rstest]
// 2026-03-01 is a Sunday.
#[case::the_first_of_all("2026-03-17T10:00:00Z", &[], Tag::Yearly)]
#[case::the_first_of_a_month("2026-04-01T10:00:00Z", &["2026-03-31T10:00:00Z"], Tag::Monthly)]
#[case::the_first_of_a_week_that_begins_on_sunday("2026-03-15T10:00:00Z", &["2026-03-14T10:00:00Z"], Tag::Weekly)]
#[case::monday_is_not_the_first_of_a_week("2026-03-16T10:00:00Z", &["2026-03-15T10:00:00Z"], Tag::Daily)]
#[case::monday_is_when_there_is_none_of_sunday("2026-03-16T10:00:00Z", &["2026-03-14T10:00:00Z"], Tag::Weekly)]
#[case::the_first_of_a_day("2026-03-17T10:00:00Z", &["2026-03-16T10:00:00Z"], Tag::Daily)]
#[case::the_second_of_a_day("2026-03-17T11:00:00Z", &["2026-03-17T10:00:00Z"], Tag::Default)]
#[case::days_of_the_zone("2026-03-16T23:30:00Z", &["2026-03-16T22:30:00Z"], Tag::Daily)]
#[case::years_of_the_zone("2026-12-31T23:30:00Z", &["2026-12-31T22:30:00Z"], Tag::Yearly)]
#[case::the_hour_that_comes_twice_is_one_day("2026-10-25T01:30:00Z", &["2026-10-25T00:30:00Z"], Tag::Default)]
fn the_longest_period_wins(#[case] made: &str, #[case] before: &[&str], #[case] expected: Tag) {
    let before: Vec<Past> = before.iter().map(|made| whole(made)).collect();
    assert_eq!(policy(&Tag::ALL).tag(at(made), true, &before), expected);
}

#[rstest]
#[case::a_tag_without_a_rule_is_not_given(&[Tag::Default, Tag::Daily], true, &[], Tag::Daily)]
#[case::only_the_default_rule(&[Tag::Default], true, &[], Tag::Default)]
#[case::a_person_s_takes_no_tag_away(&[Tag::Default, Tag::Daily], true, &[past("2026-03-17T08:00:00Z", true, false)], Tag::Daily)]
#[case::a_partial_one_holds_the_place(&[Tag::Default, Tag::Daily], false, &[], Tag::Daily)]
#[case::but_only_one_does(&[Tag::Default, Tag::Daily], false, &[past("2026-03-17T08:00:00Z", false, true)], Tag::Default)]
#[case::the_first_whole_one_gets_it_too(&[Tag::Default, Tag::Daily], true, &[past("2026-03-17T08:00:00Z", false, true)], Tag::Daily)]
#[case::a_partial_one_after_a_whole_one(&[Tag::Default, Tag::Daily], false, &[whole("2026-03-17T08:00:00Z")], Tag::Default)]
fn which_points_count(
    #[case] tags: &[Tag],
    #[case] is_whole: bool,
    #[case] before: &[Past],
    #[case] expected: Tag,
) {
    assert_eq!(
        policy(tags).tag(at("2026-03-17T10:00:00Z"), is_whole, before),
        expected
    );
}

#[test]
fn priorities_are_those_of_aks() {
    let priorities = Tag::ALL.map(|tag| (tag.name(), tag.priority()));
    let expected = [
        ("Yearly", 10),
        ("Monthly", 15),
        ("Weekly", 20),
        ("Daily", 25),
        ("Default", 99),
    ];
    assert_eq!(priorities, expected);
}

proptest! {
    /// However many points there are, and in whatever order clocks put them, no period has two whole ones of its tag.
    #[test]
    fn no_period_has_two(seconds in prop::collection::vec((0..40_000_000i64, prop::bool::ANY), 1..80)) {
        let policy = policy(&Tag::ALL);
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let (mut before, mut tagged) = (Vec::new(), Vec::new());
        for (second, is_whole) in seconds {
            let made = Timestamp::from_second(1_767_225_600 + second).unwrap();
            tagged.push((made, is_whole, policy.tag(made, is_whole, &before)));
            before.push(Past { created_at: made, whole: is_whole, scheduled: true });
        }
        for (name, format) in [(Tag::Yearly, "%Y"), (Tag::Monthly, "%Y-%m"), (Tag::Weekly, "%Y-%U"), (Tag::Daily, "%F")] {
            let mut periods: Vec<String> = tagged
                .iter()
                .filter(|(_, is_whole, tag)| *is_whole && *tag == name)
                .map(|(made, ..)| made.to_zoned_datetime(zone.clone()).strftime(format).to_string())
                .collect();
            let count = periods.len();
            periods.sort();
            periods.dedup();
            prop_assert_eq!(periods.len(), count, "{}", name);
        }
    }
}
