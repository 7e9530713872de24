//! Backup and restore of a real cluster beside a bare client: `cargo bench -p lazarette-tests --bench cluster`.
//!
//! Server, client and program share the machine. Each figure stands beside what a client does that reads or writes the
//! same objects and nothing else, measured in the same run; the bounds are those that the project has set itself.
//! Words after `--` choose parts: `speed`, `slope`, `large`. The cluster has no controllers, so that nothing is written
//! but what is measured.

#[path = "cluster/bare.rs"]
mod bare;
#[path = "cluster/data.rs"]
mod data;
#[path = "cluster/print.rs"]
mod print;
#[path = "cluster/program.rs"]
#[allow(dead_code, reason = "the benchmark of hooks needs more of it")]
mod program;

use bare::Bare;
use data::Data;
use lazarette_tests::cluster::{Cluster, Options};
use print::{bound, line, mebibytes, rate};
use program::{Program, Run};
use std::time::Duration;

/// How many objects the promises are made for.
const OBJECTS: usize = 20_000;

/// What the memory of fewer and of more is measured with.
const FEWER: usize = 10_000;
const MORE: usize = 40_000;

/// Numbers of requests in flight that the bare client creates with.
const CONCURRENCIES: [usize; 4] = [16, 32, 64, 128];

/// Peak memory of the program, in bytes.
const MEMORY: u64 = 150 << 20;

/// Bytes of memory for one object more.
const SLOPE: f64 = 250.0;

fn main() {
    // Cargo adds `--bench`.
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let is_chosen = |part: &str| chosen.is_empty() || chosen.iter().any(|word| word == part);
    let program = Program::build();
    if is_chosen("speed") {
        speed(&program);
    }
    if is_chosen("slope") {
        slope(&program);
    }
    if is_chosen("large") {
        large(&program);
    }
}

fn start() -> Cluster {
    Cluster::with(&Options {
        without_controllers: true,
        ..Options::default()
    })
}

/// Backup, restore and a restore of what exists, at 20,000 objects.
fn speed(program: &Program) {
    let data = Data::objects(OBJECTS);
    line(&format!(
        "{OBJECTS} objects, {} MiB, in {} namespaces",
        mebibytes(data.bytes()),
        data::NAMESPACES
    ));
    let source = start();
    let loaded = Bare::of(&source).create(&data, 64);
    line(&format!("loaded at {}", rate(OBJECTS, loaded)));

    let backup = program.run(&source, &["backup", "create", "bench"]);
    backup_line(&source, &data, &backup);
    memory_line("backup", &backup);
    drop(source);

    let best = best_bare_rate(&data);
    let target = start();
    let restore = program.run(&target, &["restore", "create", "bench"]);
    let share = best.as_secs_f64() / restore.time.as_secs_f64();
    line(&format!(
        "restore into an empty cluster: {}",
        rate(OBJECTS, restore.time)
    ));
    bound(
        "restore: share of the best rate of a bare client",
        share * 100.0,
        "%",
        85.0,
        true,
    );
    memory_line("restore", &restore);

    let again = program.run(&target, &["restore", "create", "bench"]);
    let lists = lists(&target, &data, &again);
    line(&format!(
        "restore of what is there and equal: {}; bare LISTs {}",
        rate(OBJECTS, again.time),
        rate(OBJECTS, lists)
    ));
    let share = lists.as_secs_f64() / again.time.as_secs_f64();
    bound(
        "restore of what is there: share of the rate of bare LISTs",
        share * 100.0,
        "%",
        50.0,
        true,
    );
    memory_line("restore of what is there", &again);
}

fn memory_line(what: &str, run: &Run) {
    let what = format!("{what}: peak memory");
    bound(&what, mebibytes(run.peak), "MiB", mebibytes(MEMORY), false);
}

fn backup_line(source: &Cluster, data: &Data, backup: &Run) {
    let lists = lists(source, data, backup);
    let objects = data.objects.len();
    line(&format!(
        "backup over {} connections: {}; bare LISTs {}",
        backup.connections,
        rate(objects, backup.time),
        rate(objects, lists)
    ));
    let share = lists.as_secs_f64() / backup.time.as_secs_f64();
    bound(
        "backup: share of the rate of bare LISTs",
        share * 100.0,
        "%",
        70.0,
        true,
    );
}

/// The time of bare LISTs over as many connections as the program had: the middle one of three.
fn lists(cluster: &Cluster, data: &Data, run: &Run) -> Duration {
    let bare = Bare::of(cluster);
    let mut times = [(); 3].map(|()| bare.lists(run.connections.max(1), data.bytes()));
    times.sort();
    times[1]
}

/// The shortest time in which a bare client creates the objects, each time in a new cluster.
fn best_bare_rate(data: &Data) -> Duration {
    let mut best = Duration::MAX;
    for concurrency in CONCURRENCIES {
        let cluster = start();
        let time = Bare::of(&cluster).create(data, concurrency);
        line(&format!(
            "bare client, {concurrency:>3} requests in flight: {}",
            rate(data.objects.len(), time)
        ));
        best = best.min(time);
    }
    best
}

/// How much memory an object more takes.
fn slope(program: &Program) {
    let peaks = [FEWER, MORE].map(|count| {
        let data = Data::objects(count);
        let name = format!("of-{count}");
        let source = start();
        Bare::of(&source).create(&data, 64);
        let backup = program.run(&source, &["backup", "create", &name]);
        drop(source);
        let restore = program.run(&start(), &["restore", "create", &name]);
        line(&format!(
            "{count} objects: peak memory {:.1} MiB for the backup, {:.1} MiB for the restore",
            mebibytes(backup.peak),
            mebibytes(restore.peak)
        ));
        (backup.peak, restore.peak)
    });
    let slope = |fewer: u64, more: u64| (more as f64 - fewer as f64) / (MORE - FEWER) as f64;
    bound(
        "backup: memory for an object more",
        slope(peaks[0].0, peaks[1].0),
        "bytes",
        SLOPE,
        false,
    );
    bound(
        "restore: memory for an object more",
        slope(peaks[0].1, peaks[1].1),
        "bytes",
        SLOPE,
        false,
    );
}

/// 500 ConfigMaps of 1 MiB.
fn large(program: &Program) {
    let data = Data::large();
    line(&format!("{} ConfigMaps of 1 MiB", data.objects.len()));
    let source = start();
    Bare::of(&source).create(&data, 8);
    let backup = program.run(&source, &["backup", "create", "large"]);
    backup_line(&source, &data, &backup);
    drop(source);
    let restore = program.run(&start(), &["restore", "create", "large"]);
    line(&format!("restore: {}", rate(data.objects.len(), restore.time)));
    bound(
        "large objects, backup: peak memory",
        mebibytes(backup.peak),
        "MiB",
        mebibytes(MEMORY),
        false,
    );
    bound(
        "large objects, restore: peak memory",
        mebibytes(restore.peak),
        "MiB",
        mebibytes(MEMORY),
        false,
    );
}
