//! What is stamped on a point, and which policies are refused.

use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn policy(rule: Rule) -> Policy {
    let schedule = Schedule::cron("0 2 * * *", "Europe/Berlin").unwrap();
    Policy::new(Some(schedule), [(Tag::Default, rule)]).unwrap()
}

#[rstest]
#[case::days_of_the_calendar("P7D", "2026-03-25T01:00:00Z", "2026-04-01T00:00:00Z")]
#[case::a_leap_year("P1Y", "2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z")]
#[case::a_year_over_a_leap_day("P1Y", "2027-03-01T12:00:00Z", "2028-03-01T12:00:00Z")]
#[case::a_month_that_is_shorter("P1M", "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z")]
#[case::twelve_months("P12M", "2026-01-31T12:00:00Z", "2027-01-31T12:00:00Z")]
#[case::weeks("P12W", "2026-01-01T12:00:00Z", "2026-03-26T12:00:00Z")]
#[case::hours("PT4H", "2026-03-29T00:30:00Z", "2026-03-29T04:30:00Z")]
#[case::beyond_all_years("P9000Y", "2026-01-01T00:00:00Z", "9999-12-30T22:00:00.999999999Z")]
fn expiry_by_the_calendar_of_the_policy(#[case] keep: &str, #[case] made: &str, #[case] expected: &str) {
    let stamp = policy(keeps(keep)).stamp(Tag::Default, at(made));
    assert_eq!(stamp.expires_at, at(expected));
}

#[rstest]
#[case::at_once(CopyToVault::AtOnce, "2026-02-01T00:00:00Z")]
#[case::after_a_delay(CopyToVault::After(length("P3D")), "2026-02-04T00:00:00Z")]
#[case::on_expiry(CopyToVault::OnExpiry, "2026-02-08T00:00:00Z")]
fn copies_to_the_vault(#[case] copy: CopyToVault, #[case] expected: &str) {
    let stamp = policy(to_vault("P7D", copy, "P84D")).stamp(Tag::Default, at("2026-02-01T00:00:00Z"));
    let vault = stamp.vault.unwrap();
    assert_eq!(vault.copy_at, at(expected));
    // By the clocks of Berlin, which are put forward in between.
    assert_eq!(vault.expires_at, at("2026-04-25T23:00:00Z"));
}

#[test]
fn a_tag_without_a_rule_has_that_of_default() {
    let policy = policy(keeps("P7D"));
    let made = at("2026-02-01T00:00:00Z");
    assert_eq!(
        policy.stamp(Tag::Yearly, made).expires_at,
        at("2026-02-08T00:00:00Z")
    );
}

#[test]
fn another_policy_changes_nothing_for_the_points_there_are() {
    let made = at("2026-02-01T00:00:00Z");
    let stamp = policy(keeps("P30D")).stamp(Tag::Default, made);
    let point = Point {
        created_at: made,
        whole: true,
        operational: Some(Held {
            expires_at: Some(stamp.expires_at),
        }),
        vault: None,
        awaits_copy: false,
        in_use: false,
    };
    // The policy now keeps points for a day; nothing asks it about this one.
    let newer = Point {
        created_at: at("2026-02-05T00:00:00Z"),
        ..point
    };
    let fates = decide(&[point, newer], Protection::Active, at("2026-02-10T00:00:00Z"));
    assert_eq!(fates[0].operational, Verdict::Keep(Why::NotExpired));
}

#[rstest]
#[case::no_default(&[(Tag::Daily, keeps("P7D"))], "retention", "no rule for Default")]
#[case::two_of_one_tag(&[(Tag::Default, keeps("P7D")), (Tag::Daily, keeps("P7D")), (Tag::Daily, keeps("P8D"))], "retention[2].tag", "two rules for Daily")]
#[case::copied_when_it_is_gone(&[(Tag::Default, to_vault("P7D", CopyToVault::After(length("P8D")), "P84D"))], "retention[0].vault.copyAfter", "kept in the operational tier for P7D only")]
#[case::copied_when_expired(&[(Tag::Default, to_vault("P7D", CopyToVault::OnExpiry, "P1W"))], "retention[0].vault.keep", "when they are expired")]
#[case::a_month_is_shorter_than_32_days(&[(Tag::Default, to_vault("P32D", CopyToVault::OnExpiry, "P1M"))], "retention[0].vault.keep", "when they are expired")]
fn refused(#[case] rules: &[(Tag, Rule)], #[case] field: &str, #[case] message: &str) {
    let error = Policy::new(None, rules.iter().cloned()).unwrap_err();
    assert_eq!(error.field, field);
    assert!(error.message.contains(message), "{error}");
}

#[rstest]
#[case("P7D")]
#[case("P12M")]
#[case("P1Y6M")]
#[case("PT4H30M")]
#[case("P2W")]
fn a_length_is_written_as_it_is_read(#[case] text: &str) {
    assert_eq!(length(text).to_string(), text);
}

#[rstest]
#[case("7d")]
#[case("-P7D")]
#[case("P-7D")]
#[case("P0D")]
#[case("P")]
#[case("")]
fn lengths_that_are_none(#[case] text: &str) {
    assert!(text.parse::<Length>().is_err());
}

proptest! {
    #[test]
    fn text_that_is_no_length_never_panics(text in "\\PC*") {
        let _ = text.parse::<Length>();
        let _ = Schedule::every(&text, "UTC");
        let _ = Schedule::cron(&text, "UTC");
    }

    #[test]
    fn later_points_do_not_expire_earlier(days in 1..500i64, made in 0..4_000_000_000i64, later in 0..100_000_000i64) {
        let policy = policy(keeps(&format!("P{days}D")));
        let stamp = |second| policy.stamp(Tag::Default, Timestamp::from_second(second).unwrap()).expires_at;
        prop_assert!(stamp(made) <= stamp(made + later));
    }
}
