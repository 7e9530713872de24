//! Which points may be deleted.

use super::*;
use Verdict::{Absent, Delete, Keep};
use proptest::prelude::*;
use rstest::rstest;

const NOW: i64 = 1_000_000;

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn held(expires_at: i64) -> Option<Held> {
    Some(Held {
        expires_at: Some(second(expires_at)),
    })
}

/// A whole point of the operational tier.
fn point(created_at: i64, expires_at: i64) -> Point {
    Point {
        created_at: second(created_at),
        whole: true,
        operational: held(expires_at),
        vault: None,
        awaits_copy: false,
        in_use: false,
    }
}

fn operational(points: &[Point], protection: Protection) -> Vec<Verdict> {
    let fates = decide(points, protection, second(NOW));
    fates.into_iter().map(|fate| fate.operational).collect()
}

#[rstest]
#[case::expired(&[point(1, 500), point(2, 2 * NOW)], &[Delete, Keep(Why::NotExpired)])]
#[case::the_moment_of_expiry(&[point(1, NOW), point(2, 2 * NOW)], &[Delete, Keep(Why::NotExpired)])]
#[case::the_newest_stays_though_expired(&[point(1, 500), point(2, 500)], &[Delete, Keep(Why::NewestOperational)])]
#[case::whatever_their_order(&[point(2, 500), point(1, 500)], &[Keep(Why::NewestOperational), Delete])]
#[case::no_expiry(&[Point { operational: Some(Held { expires_at: None }), ..point(1, 0) }, point(2, 500)], &[Keep(Why::NoExpiry), Keep(Why::NewestOperational)])]
#[case::in_use(&[Point { in_use: true, ..point(1, 500) }, point(2, 2 * NOW)], &[Keep(Why::InUse), Keep(Why::NotExpired)])]
#[case::not_yet_in_the_vault(&[Point { awaits_copy: true, ..point(1, 500) }, point(2, 2 * NOW)], &[Keep(Why::AwaitsCopy), Keep(Why::NotExpired)])]
#[case::linked_to_the_newest_of_the_vault(
    &[Point { vault: held(2 * NOW), ..point(1, 500) }, Point { vault: held(2 * NOW), ..point(2, 500) }, point(3, 2 * NOW)],
    &[Delete, Keep(Why::LinkedToVault), Keep(Why::NotExpired)],
)]
#[case::the_newest_whole_one_when_the_newest_is_partial(
    &[point(1, 500), point(2, 500), Point { whole: false, ..point(3, 500) }],
    &[Delete, Keep(Why::LastPoint), Keep(Why::NewestOperational)],
)]
#[case::no_point_at_all(&[], &[])]
fn what_expires(#[case] points: &[Point], #[case] expected: &[Verdict]) {
    assert_eq!(operational(points, Protection::Active), expected);
    assert_eq!(operational(points, Protection::StoppedKeepByPolicy), expected);
}

#[rstest]
#[case::for_ever(Protection::StoppedKeepForever, [Keep(Why::KeptForever), Keep(Why::KeptForever)])]
#[case::all_goes(Protection::StoppedDelete, [Delete, Delete])]
fn stopped(#[case] protection: Protection, #[case] expected: [Verdict; 2]) {
    assert_eq!(
        operational(&[point(1, 500), point(2, 2 * NOW)], protection),
        expected
    );
}

#[test]
fn what_is_in_use_waits_even_when_all_goes() {
    let used = Point {
        in_use: true,
        ..point(1, 500)
    };
    assert_eq!(
        operational(&[used], Protection::StoppedDelete),
        [Keep(Why::InUse)]
    );
}

#[rstest]
#[case::expired_and_another_is_left(&[Point { operational: None, vault: held(500), ..point(1, 0) }, point(2, 2 * NOW)], &[Delete, Absent])]
#[case::the_last_one_of_all(&[Point { operational: None, vault: held(500), ..point(1, 0) }], &[Keep(Why::LastPoint)])]
#[case::not_expired(&[Point { operational: None, vault: held(2 * NOW), ..point(1, 0) }], &[Keep(Why::NotExpired)])]
fn in_the_vault(#[case] points: &[Point], #[case] expected: &[Verdict]) {
    let fates = decide(points, Protection::Active, second(NOW));
    let verdicts: Vec<Verdict> = fates.into_iter().map(|fate| fate.vault).collect();
    assert_eq!(verdicts, expected);
}

#[rstest]
#[case::the_same("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", Some("2026-03-01T00:00:00Z"))]
#[case::the_earlier_one("2026-03-01T00:05:00Z", "2026-03-01T00:00:00Z", Some("2026-03-01T00:00:00Z"))]
#[case::ours_is_years_ahead("2036-03-01T00:00:00Z", "2026-03-01T00:00:00Z", None)]
#[case::ours_is_behind("2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z", None)]
fn the_time_that_deletions_go_by(#[case] ours: &str, #[case] servers: &str, #[case] expected: Option<&str>) {
    assert_eq!(agreed_time(at(ours), at(servers)), expected.map(at));
}

fn tier() -> impl Strategy<Value = Option<Held>> {
    let expiry = proptest::option::of(0..2 * NOW).prop_map(|expiry| Held {
        expires_at: expiry.map(second),
    });
    proptest::option::of(expiry)
}

fn points() -> impl Strategy<Value = Vec<Point>> {
    let flags = (prop::bool::ANY, prop::bool::ANY, prop::bool::weighted(0.1));
    let one = (0..NOW, tier(), tier(), flags).prop_map(|(created_at, operational, vault, flags)| Point {
        created_at: second(created_at),
        whole: flags.0,
        operational,
        vault,
        awaits_copy: flags.1,
        in_use: flags.2,
    });
    proptest::collection::vec(one, 0..12)
}

/// What is left of points when everything that may go is gone.
fn left(points: &[Point], now: i64) -> Vec<Point> {
    let stays = |verdict: Verdict, held: Option<Held>| held.filter(|_| verdict != Delete);
    let fates = decide(points, Protection::Active, second(now));
    let all = points.iter().zip(fates).map(|(point, fate)| Point {
        operational: stays(fate.operational, point.operational),
        vault: stays(fate.vault, point.vault),
        ..*point
    });
    all.filter(is_held).collect()
}

fn is_held(point: &Point) -> bool {
    point.operational.is_some() || point.vault.is_some()
}

proptest! {
    #[test]
    fn the_last_point_is_never_deleted(points in points(), now in 0..3 * NOW) {
        let left = left(&points, now);
        prop_assert_eq!(left.is_empty(), !points.iter().any(is_held));
        let whole = |points: &[Point]| points.iter().any(|point| point.whole && is_held(point));
        prop_assert_eq!(whole(&left), whole(&points));
    }

    #[test]
    fn the_newest_operational_one_is_never_deleted(points in points(), now in 0..3 * NOW) {
        let newest = |points: &[Point]| points.iter().filter(|point| point.operational.is_some()).map(|point| point.created_at).max();
        prop_assert_eq!(newest(&left(&points, now)), newest(&points));
    }

    #[test]
    fn nothing_goes_before_its_time(points in points(), now in 0..3 * NOW) {
        for (point, fate) in points.iter().zip(decide(&points, Protection::Active, second(now))) {
            for (held, verdict) in [(point.operational, fate.operational), (point.vault, fate.vault)] {
                let expired = held.and_then(|held| held.expires_at).is_some_and(|expiry| expiry <= second(now));
                prop_assert!(verdict != Delete || expired);
                prop_assert!(verdict != Delete || !point.in_use);
            }
        }
    }

    #[test]
    fn deleting_twice_is_deleting_once(points in points(), now in 0..3 * NOW) {
        let once = left(&points, now);
        prop_assert_eq!(left(&once, now), once);
    }

    #[test]
    fn a_clock_that_went_on_deletes_no_less(points in points(), now in 0..2 * NOW, later in 0..NOW) {
        let (sooner, later) = (left(&points, now), left(&points, now + later));
        prop_assert!(later.len() <= sooner.len());
    }
}
