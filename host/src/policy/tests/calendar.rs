//! 400 days of a policy, against a calendar that was made by hand.

use super::*;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What each day's first point is to be tagged, a month a line: Yearly, Monthly, Weekly, Daily; in small letters where the
/// run of 2 o'clock failed and that of 14 o'clock got it; `-` for a day without a point. The second point of a day is
/// Default. Sundays of December 2027: 5, 12, 19, 26. On 26 March clocks are put forward over 2 o'clock.
const CALENDAR: &str = "
                    1         2         3
           1234567890123456789012345678901
  2027-12  YDDDwDDDDDDWDDDDDDWDDDDDDWDDDDD
  2028-01  -YDDDDDDWDDDDDDWDDDDDDWDDDDDDWD
  2028-02  mDDDDWDDDDDDWDDDDDDWDDDDDDWDD
  2028-03  MDDDWDDDDDDWDDDDDDWDDDDDDwDDDDD
  2028-04  --MDDDDDWDDDDDDWDDDDDDWDDDDDDW
  2028-05  MDDDDDWDDDDDDWDDDDDDWDDDDDDWDDD
  2028-06  MDDWDDDDD-------WWDDDDDDWDDDDD
  2028-07  MWDDDDDDWDDDDDDWDDDDDDWDDDDDDWD
  2028-08  MDDD---WDDDDWDDDDDDWDDDDDDWDDDD
  2028-09  MDWDDDDDDWDDDDDDWDDDDDDWDDDDDD
  2028-10  MDDDDDDWDDDDDDWDDDDDDWDDDDDDWDD
  2028-11  MDDDWDDDDDDWDDDDDDWDDDDDDWDDDD
  2028-12  MDWDDDDDDWDDDDDDWDDDDDDWDDDDDDW
  2029-01  YDD
";

/// Days of which all runs fail, or only that of 2 o'clock.
const FAILING_DAYS: [&str; 10] = [
    "2028-01-01",
    "2028-04-01",
    "2028-04-02",
    "2028-06-10",
    "2028-06-11",
    "2028-06-12",
    "2028-06-13",
    "2028-06-14",
    "2028-06-15",
    "2028-06-16",
];
const FAILING_MORNINGS: [&str; 2] = ["2027-12-05", "2028-02-01"];

/// Nobody is there to run anything in this time.
const ABSENT: (&str, &str) = (
    "2028-08-05T00:00:00[Europe/Berlin]",
    "2028-08-08T10:00:00[Europe/Berlin]",
);

/// How many points of each tag are left at the beginning of a day. On 17 June the newest is expired, and stays.
const LEFT: &str = "
  day         Yearly  Monthly  Weekly  Daily  Default
  2028-03-01       2        1      11     25        7
  2028-06-17       2        5      10     19        1
  2029-01-04       3       11      12     25        7
";

/// All that happened.
#[derive(Default)]
struct Journal {
    /// For each day the tag of its first point, in the letters of the calendar.
    days: BTreeMap<Date, char>,
    /// For each run how many times were missed before it, if any.
    missed: Vec<(Timestamp, u32)>,
    /// What is left at the beginning of days.
    left: BTreeMap<Date, BTreeMap<Tag, usize>>,
}

struct Simulation {
    policy: Policy,
    zone: TimeZone,
    history: History,
    past: Vec<Past>,
    points: Vec<(Tag, Point)>,
    journal: Journal,
}

impl Simulation {
    fn new(start: Timestamp) -> Self {
        let schedule = Schedule::cron("0 2,14 * * *", "Europe/Berlin").unwrap();
        let rules = [
            (Tag::Default, keeps("P7D")),
            (Tag::Daily, keeps("P30D")),
            (Tag::Weekly, keeps("P12W")),
            (Tag::Monthly, keeps("P12M")),
            (Tag::Yearly, keeps("P3Y")),
        ];
        Simulation {
            zone: schedule.zone().clone(),
            policy: Policy::new(Some(schedule), rules).unwrap(),
            history: History {
                since: start,
                last: None,
            },
            past: Vec::new(),
            points: Vec::new(),
            journal: Journal::default(),
        }
    }

    /// What happens at a full hour: expired points go, and a run that is due begins and ends.
    fn hour(&mut self, now: Timestamp) {
        self.delete(now);
        let local = now.to_zoned_datetime(self.zone.clone());
        if local.hour() == 0 {
            let mut left = BTreeMap::new();
            for (tag, _) in &self.points {
                *left.entry(*tag).or_insert(0) += 1;
            }
            self.journal.left.insert(local.date(), left);
        }
        if let Due::Now(run) = self.policy.schedule().unwrap().due(self.history, "shop", now) {
            self.run(run, now);
        }
    }

    fn delete(&mut self, now: Timestamp) {
        let points: Vec<Point> = self.points.iter().map(|(_, point)| *point).collect();
        let mut fates = decide(&points, Protection::Active, now).into_iter();
        self.points
            .retain(|_| fates.next().unwrap().operational != Verdict::Delete);
    }

    fn run(&mut self, run: Run, now: Timestamp) {
        self.history.last = Some(run.scheduled_for);
        if run.missed > 0 {
            self.journal.missed.push((now, run.missed));
        }
        let scheduled = run.scheduled_for.to_zoned_datetime(self.zone.clone());
        let (day, is_morning) = (scheduled.date(), scheduled.hour() < 12);
        let fails = |days: &[&str]| days.contains(&day.to_string().as_str());
        if fails(&FAILING_DAYS) || (is_morning && fails(&FAILING_MORNINGS)) {
            return;
        }
        let tag = self.policy.tag(now, true, &self.past);
        let stamp = self.policy.stamp(tag, now);
        self.past.push(Past {
            created_at: now,
            whole: true,
            scheduled: true,
        });
        self.points.push((
            tag,
            Point {
                created_at: now,
                whole: true,
                operational: Some(Held {
                    expires_at: Some(stamp.expires_at),
                }),
                vault: None,
                awaits_copy: false,
                in_use: false,
            },
        ));
        let letter = tag.name().chars().next().unwrap();
        let letter = if is_morning {
            letter
        } else {
            letter.to_ascii_lowercase()
        };
        match self.journal.days.get(&day) {
            None => drop(self.journal.days.insert(day, letter)),
            Some(_) => assert_eq!(tag, Tag::Default, "the second point of {day}"),
        }
    }
}

fn zoned(text: &str) -> Timestamp {
    text.parse::<jiff::ZonedDateTime>().unwrap().timestamp()
}

fn simulate() -> Journal {
    let (start, end) = (
        zoned("2027-12-01T00:00:00[Europe/Berlin]"),
        zoned("2029-01-04T00:00:00[Europe/Berlin]"),
    );
    let absent = zoned(ABSENT.0)..zoned(ABSENT.1);
    let mut simulation = Simulation::new(start);
    let mut now = start;
    while now <= end {
        if !absent.contains(&now) {
            simulation.hour(now);
        }
        now += SignedDuration::from_hours(1);
    }
    simulation.journal
}

/// The months that were simulated, as the calendar shows them.
fn drawn(days: &BTreeMap<Date, char>) -> String {
    let ruler = CALENDAR.lines().skip(1).take(2);
    let months = CALENDAR.lines().skip(3).map(|line| {
        let month = line.split_whitespace().next().unwrap();
        let first: Date = format!("{month}-01").parse().unwrap();
        let in_month = first
            .series(jiff::Span::new().days(1))
            .take_while(|day| day.month() == first.month());
        let until: Date = "2029-01-03".parse().unwrap();
        let letters = in_month
            .filter(|day| *day <= until)
            .map(|day| days.get(&day).copied().unwrap_or('-'));
        format!("  {month}  {}", letters.collect::<String>())
    });
    ruler
        .map(str::to_owned)
        .chain(months)
        .map(|line| format!("\n{line}"))
        .collect::<String>()
        + "\n"
}

#[test]
fn every_point_has_the_tag_of_the_calendar() {
    assert_eq!(drawn(&simulate().days), CALENDAR);
}

#[test]
fn points_are_left_as_the_table_says() {
    let journal = simulate();
    for line in LEFT.lines().skip(2) {
        let mut columns = line.split_whitespace();
        let day: Date = columns.next().unwrap().parse().unwrap();
        let expected: Vec<usize> = columns.map(|count| count.parse().unwrap()).collect();
        let left = Tag::ALL.map(|tag| journal.left[&day].get(&tag).copied().unwrap_or(0));
        assert_eq!(left.to_vec(), expected, "{day}");
    }
}

#[test]
fn three_days_of_absence_are_made_up_for_by_one_run() {
    // Seven times have passed, from 2 o'clock on the 5th to 2 o'clock on the 8th.
    assert_eq!(simulate().missed, [(zoned(ABSENT.1), 6)]);
}
