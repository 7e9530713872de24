//! What benchmarks share: measured times and how they are printed.

use lazarette::object::Schemas;
use lazarette::plugin::{LookUps, Operation};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long `run` takes.
pub fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// The middle one of `times`, which are not empty.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Print the names of the columns of the rows that follow.
pub fn header(title: &str, measured: &str, reference: &str) {
    println!(
        "{title:<64} {measured:>10} {reference:>10} {:>8}   bound",
        "ratio"
    );
}

/// Print what was measured, what it is compared with, and how many times as long it takes.
pub fn row(what: &str, measured: Duration, reference: Duration, bound: &str) {
    let ratio = measured.as_secs_f64() / reference.as_secs_f64();
    println!(
        "{what:<64} {:>10} {:>10} {ratio:>7.1}x   {bound}",
        show(measured),
        show(reference)
    );
}

/// A time, in a unit that suits it.
pub fn show(time: Duration) -> String {
    match time.as_nanos() {
        0..1_000 => format!("{} ns", time.as_nanos()),
        1_000..1_000_000 => format!("{:.2} µs", time.as_secs_f64() * 1e6),
        _ => format!("{:.1} ms", time.as_secs_f64() * 1e3),
    }
}

/// An operation that plugins are called in.
pub fn operation() -> Arc<Operation> {
    Arc::new(Operation {
        kind: "restore".to_owned(),
        now: jiff::Timestamp::UNIX_EPOCH,
        backup: "nightly".to_owned(),
        namespace_mappings: BTreeMap::new(),
        seed: [0; 32],
        schemas: Arc::new(Schemas::default()),
        look_ups: LookUps::none(),
    })
}
