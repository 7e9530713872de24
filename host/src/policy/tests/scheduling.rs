//! When runs are due.

use super::*;
use proptest::prelude::*;
use rstest::rstest;

/// The first times after `after`, as UTC.
fn times(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let next = |time: &Timestamp| schedule.next_after(*time);
    let first = schedule.next_after(at(after));
    std::iter::successors(first, next)
        .take(count)
        .map(|time| time.to_string())
        .collect()
}

#[rstest]
#[case::of_aks("R/2026-01-04T09:00:00+00:00/PT4H", "UTC", "2026-03-01T00:00:00Z", &["2026-03-01T01:00:00Z", "2026-03-01T05:00:00Z"])]
#[case::not_before_it_begins("R/2026-01-04T09:00:00+00:00/PT4H", "UTC", "2020-01-01T00:00:00Z", &["2026-01-04T09:00:00Z", "2026-01-04T13:00:00Z"])]
#[case::a_moment_in_an_offset("R/2026-01-04T09:00:00+02:00/P1D", "UTC", "2026-01-04T07:00:00Z", &["2026-01-05T07:00:00Z"])]
#[case::a_count_is_ignored("R5/2026-01-04T09:00:00Z/P1D", "UTC", "2027-01-01T00:00:00Z", &["2027-01-01T09:00:00Z"])]
#[case::hours_are_exact_where_clocks_go_forward("R/2026-03-28T02:30:00+01:00/PT12H", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-28T13:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T13:30:00Z"])]
#[case::days_keep_the_hour_where_clocks_go_forward("R/2026-03-28T09:00:00/P1D", "Europe/Berlin", "2026-03-28T00:00:00Z", &["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"])]
#[case::a_time_of_the_day_that_is_left_out("R/2026-03-28T02:30:00/P1D", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"])]
#[case::a_time_of_the_day_that_comes_twice("R/2026-10-24T02:30:00/P1D", "Europe/Berlin", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])]
#[case::weeks("R/2026-01-04T09:00:00Z/P1W", "UTC", "2026-01-05T00:00:00Z", &["2026-01-11T09:00:00Z", "2026-01-18T09:00:00Z"])]
#[case::the_last_day_of_months("R/2028-01-31T09:00:00Z/P1M", "UTC", "2028-01-31T09:00:00Z", &["2028-02-29T09:00:00Z", "2028-03-31T09:00:00Z", "2028-04-30T09:00:00Z"])]
#[case::a_leap_day_in_years_without("R/2028-02-29T09:00:00Z/P1Y", "UTC", "2028-03-01T00:00:00Z", &["2029-02-28T09:00:00Z", "2030-02-28T09:00:00Z", "2031-02-28T09:00:00Z", "2032-02-29T09:00:00Z"])]
fn repeats(#[case] interval: &str, #[case] zone: &str, #[case] after: &str, #[case] expected: &[&str]) {
    let schedule = Schedule::every(interval, zone).unwrap();
    assert_eq!(times(&schedule, after, expected.len()), expected);
}

#[rstest]
#[case::daily("30 2 * * *", "UTC", "2026-02-28T02:30:00Z", &["2026-03-01T02:30:00Z", "2026-03-02T02:30:00Z"])]
#[case::by_name("@daily", "UTC", "2026-02-28T02:30:00Z", &["2026-03-01T00:00:00Z"])]
#[case::days_of_the_week("0 4 * * MON-FRI", "UTC", "2026-11-20T05:00:00Z", &["2026-11-23T04:00:00Z"])]
#[case::leap_days("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"])]
#[case::by_the_clocks_of_its_zone("0 9 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T07:00:00Z"])]
#[case::a_time_that_is_left_out_runs_after_it("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])]
#[case::a_time_that_comes_twice_runs_once("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])]
#[case::every_hour_goes_on_where_clocks_go_back("0 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", &["2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"])]
fn cron(#[case] expression: &str, #[case] zone: &str, #[case] after: &str, #[case] expected: &[&str]) {
    let schedule = Schedule::cron(expression, zone).unwrap();
    assert_eq!(times(&schedule, after, expected.len()), expected);
}

#[rstest]
#[case::no_form("every 4 hours", "is not of the form R/")]
#[case::no_repeat("2026-01-04T09:00:00Z/PT4H", "is not of the form R/")]
#[case::compact("R/20260104T090000Z/PT4H", "'20260104T090000Z' is not a moment")]
#[case::a_day_that_is_none("R/2026-02-30T09:00:00Z/PT4H", "is not a moment")]
#[case::no_length("R/2026-01-04T09:00:00Z/4h", "expected ISO 8601")]
#[case::nothing("R/2026-01-04T09:00:00Z/PT0S", "is no time at all")]
#[case::backwards("R/2026-01-04T09:00:00Z/PT-4H", "is not a length of time")]
#[case::too_often("R/2026-01-04T09:00:00Z/PT59S", "the shortest distance is PT1M")]
#[case::mixed("R/2026-01-04T09:00:00Z/P1DT12H", "mixes units")]
#[case::huge("R/2026-01-04T09:00:00Z/P99999999999999999999D", "is not a length of time")]
fn intervals_that_are_none(#[case] interval: &str, #[case] message: &str) {
    let error = Schedule::every(interval, "UTC").unwrap_err();
    assert_eq!(error.field, "schedule.interval");
    assert!(error.message.contains(message), "{error}");
}

#[rstest]
#[case::empty("", "five fields")]
#[case::seconds("0 30 2 * * *", "five fields")]
#[case::no_minute("61 2 * * *", "five fields")]
#[case::a_day_that_never_comes("0 0 30 2 *", "never comes")]
#[case::a_zone_in_it("CRON_TZ=UTC 0 0 * * *", "timeZone")]
fn expressions_that_are_none(#[case] expression: &str, #[case] message: &str) {
    let error = Schedule::cron(expression, "UTC").unwrap_err();
    assert_eq!(error.field, "schedule.cron");
    assert!(error.message.contains(message), "{error}");
}

#[test]
fn a_time_zone_that_is_none_is_named() {
    let error = Schedule::cron("@daily", "Mars/Olympus").unwrap_err();
    assert_eq!(
        error.to_string(),
        "schedule.timeZone: 'Mars/Olympus' is no time zone: expected an IANA name such as Europe/Berlin or UTC"
    );
}

/// Every day at 04:00.
fn daily() -> Schedule {
    Schedule::cron("0 4 * * *", "UTC").unwrap()
}

fn history(since: &str, last: Option<&str>) -> History {
    History {
        since: at(since),
        last: last.map(at),
    }
}

fn run(scheduled_for: &str, missed: u32) -> Due {
    Due::Now(Run {
        scheduled_for: at(scheduled_for),
        missed,
    })
}

#[rstest]
#[case::its_time_has_not_come(
    "2026-03-01T00:00:00Z",
    None,
    "2026-03-01T03:59:59Z",
    Due::Later(at("2026-03-01T04:00:00Z"))
)]
#[case::its_time_has_come(
    "2026-03-01T00:00:00Z",
    None,
    "2026-03-01T04:00:00Z",
    run("2026-03-01T04:00:00Z", 0)
)]
#[case::it_has_run(
    "2026-03-01T00:00:00Z",
    Some("2026-03-01T04:00:00Z"),
    "2026-03-01T04:00:01Z",
    Due::Later(at("2026-03-02T04:00:00Z"))
)]
#[case::ten_missed_runs_are_one(
    "2026-03-01T00:00:00Z",
    Some("2026-03-01T04:00:00Z"),
    "2026-03-12T12:00:00Z",
    run("2026-03-12T04:00:00Z", 10)
)]
#[case::what_was_missed_before_it_was_resumed(
    "2026-03-10T00:00:00Z",
    Some("2026-03-01T04:00:00Z"),
    "2026-03-12T12:00:00Z",
    run("2026-03-12T04:00:00Z", 2)
)]
#[case::made_after_todays_time(
    "2026-03-01T05:00:00Z",
    None,
    "2026-03-01T12:00:00Z",
    Due::Later(at("2026-03-02T04:00:00Z"))
)]
#[case::a_clock_that_steps_back_a_little(
    "2026-03-01T00:00:00Z",
    Some("2026-03-01T04:00:00Z"),
    "2026-03-01T03:58:00Z",
    Due::Later(at("2026-03-02T04:00:00Z"))
)]
#[case::a_clock_that_was_years_ahead(
    "2026-03-01T00:00:00Z",
    Some("2031-03-01T04:00:00Z"),
    "2026-03-01T03:58:00Z",
    Due::Later(at("2026-03-01T04:00:00Z"))
)]
#[case::a_clock_that_was_years_behind(
    "2026-03-01T00:00:00Z",
    Some("2020-03-01T04:00:00Z"),
    "2026-03-01T04:00:00Z",
    run("2026-03-01T04:00:00Z", 0)
)]
#[case::made_by_a_clock_that_was_ahead(
    "2031-03-01T00:00:00Z",
    None,
    "2026-03-01T03:58:00Z",
    Due::Later(at("2026-03-01T04:00:00Z"))
)]
fn due(#[case] since: &str, #[case] last: Option<&str>, #[case] now: &str, #[case] expected: Due) {
    assert_eq!(daily().due(history(since, last), "shop", at(now)), expected);
}

#[test]
fn a_year_of_missed_minutes_is_counted_up_to_a_thousand() {
    let minutes = Schedule::cron("* * * * *", "UTC").unwrap();
    let since = history("2025-03-01T00:00:00Z", None);
    let now = at("2026-03-01T00:00:30Z");
    assert_eq!(
        minutes.due(since, "shop", now),
        run("2026-03-01T00:00:00Z", 1_000)
    );
}

#[test]
fn a_schedule_that_has_not_begun_waits() {
    let schedule = Schedule::every("R/2030-01-01T00:00:00Z/P1D", "UTC").unwrap();
    let since = history("2026-03-01T00:00:00Z", None);
    let expected = Due::Later(at("2030-01-01T00:00:00Z"));
    assert_eq!(schedule.due(since, "shop", at("2026-03-02T00:00:00Z")), expected);
}

#[test]
fn instances_start_at_their_own_moments_in_the_window() {
    let schedule = daily().spread_over(length("PT2H"));
    let time = at("2026-03-01T04:00:00Z");
    let starts: Vec<Timestamp> = ["shop", "blog", "wiki", "mail"]
        .map(|name| schedule.start_of(time, name))
        .to_vec();
    let window = time..time + SignedDuration::from_hours(2);
    assert!(starts.iter().all(|start| window.contains(start)), "{starts:?}");
    assert!(starts.iter().any(|start| *start != starts[0]), "{starts:?}");
    let shop = history("2026-03-01T00:00:00Z", None);
    assert_eq!(schedule.due(shop, "shop", time), Due::Later(starts[0]));
    assert_eq!(
        schedule.due(shop, "shop", starts[0]),
        run("2026-03-01T04:00:00Z", 0)
    );
}

#[test]
fn a_window_ends_with_the_next_time() {
    let schedule = Schedule::cron("*/5 * * * *", "UTC")
        .unwrap()
        .spread_over(length("PT2H"));
    let time = at("2026-03-01T04:00:00Z");
    for name in 0..200 {
        let offset = schedule.start_of(time, &name.to_string()).duration_since(time);
        assert!(offset < SignedDuration::from_mins(5), "{offset}");
    }
}

#[rstest]
#[case::never_run(None, "2026-03-01T05:00:00Z")]
#[case::run_yesterday(Some("2026-03-03T04:00:00Z"), "2026-03-04T05:00:00Z")]
fn overdue(#[case] newest: Option<&str>, #[case] expected: &str) {
    let from = daily().overdue_from(
        at("2026-03-01T00:00:00Z"),
        newest.map(at),
        SignedDuration::from_hours(1),
    );
    assert_eq!(from, Some(at(expected)));
}

/// Schedules of every kind.
fn schedules() -> impl Strategy<Value = Schedule> {
    let zones = prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    ]);
    let starts = prop::sample::select(vec![
        "2024-02-29T02:30:00",
        "2020-01-31T23:59:59Z",
        "2025-10-26T02:30:00+01:00",
    ]);
    let steps = prop::sample::select(vec![
        "PT1M", "PT4H", "PT24H", "P1D", "P3D", "P1W", "P1M", "P5M", "P1Y",
    ]);
    let crons = prop::sample::select(vec![
        "*/7 * * * *",
        "30 2 * * *",
        "0 0 * * SUN",
        "15 1 31 * *",
        "0 3 29 2 *",
        "0 2-4 1 */3 *",
    ]);
    prop_oneof![
        (starts, steps, zones.clone())
            .prop_map(|(start, step, zone)| { Schedule::every(&format!("R/{start}/{step}"), zone).unwrap() }),
        (crons, zones).prop_map(|(cron, zone)| Schedule::cron(cron, zone).unwrap()),
    ]
}

/// Seconds of the years 2019 to 2037.
fn moments() -> impl Strategy<Value = Timestamp> {
    (1_546_300_800..2_145_916_800i64).prop_map(|second| Timestamp::from_second(second).unwrap())
}

proptest! {
    #[test]
    fn the_next_time_is_later_and_nothing_lies_between(schedule in schedules(), moment in moments()) {
        let next = schedule.next_after(moment).unwrap();
        prop_assert!(next > moment);
        prop_assert_eq!(schedule.last_until(next), Some(next));
        let last = schedule.last_until(moment);
        prop_assert!(last.is_none_or(|last| last <= moment));
        prop_assert!(last.is_none_or(|last| schedule.next_after(last) == Some(next)));
    }

    #[test]
    fn what_has_run_is_not_due_again(schedule in schedules(), since in moments(), now in moments(), name in "[a-z]{1,8}") {
        if let Due::Now(run) = schedule.due(History { since, last: None }, &name, now) {
            prop_assert!(run.scheduled_for > since && run.scheduled_for <= now);
            let after = schedule.due(History { since, last: Some(run.scheduled_for) }, &name, now);
            prop_assert!(matches!(after, Due::Later(later) if later > now), "{:?}", after);
        }
    }

    #[test]
    fn waiting_until_it_says_so_makes_it_due(schedule in schedules(), since in moments(), now in moments(), name in "[a-z]{1,8}") {
        let history = History { since: since.min(now), last: None };
        if let Due::Later(later) = schedule.due(history, &name, now) {
            prop_assert!(later > now);
            prop_assert!(matches!(schedule.due(history, &name, later), Due::Now(_)));
        }
    }
}
