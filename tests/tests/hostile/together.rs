//! Ten hostile plugins at once beside a good one.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of memory that this process has now.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    let kib = line
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<usize>().ok());
    kib.unwrap_or_default() << 10
}

#[test]
fn the_results_of_a_good_plugin_are_untouched_by_ten_bad_ones() {
    let operation = operation_among(Vec::new());
    let bad = [
        "loop",
        "grow",
        "recurse",
        "panic",
        "broken-patch",
        "copy-bomb",
        "chatter",
        "escapes",
        "patch-and-fail",
    ];
    let looking = |config: Value| {
        configure(LOOKING, settings(config, &["cluster.get:configmaps"]), &operation).unwrap()
    };
    let bad = bad.map(|what| configure(MISBEHAVING, settings(json!({"do": what}), &[]), &operation).unwrap());
    let greedy = looking(json!({"do": "get-for-ever", "resource": "configmaps"}));
    let bad = bad.into_iter().chain([greedy]).collect::<Vec<_>>();
    let curious = looking(json!({"do": "get", "resource": "configmaps", "name": "settings"}));
    let good = configure(MISBEHAVING, settings(json!({"do": "count"}), &[]), &operation).unwrap();
    let before = resident();
    let largest = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for plugin in &bad {
            threads.spawn(|| {
                let mut batch = host().batch(&operation);
                for _ in 0..5 {
                    let mut object = pod();
                    let _ = batch.modify(plugin, &mut object);
                    assert_eq!(object, pod());
                    largest.fetch_max(resident(), Ordering::Relaxed);
                }
            });
        }
        threads.spawn(|| {
            let mut batch = host().batch(&operation);
            for expected in 1..=256 {
                let mut object = pod();
                batch.modify(&good, &mut object).unwrap();
                assert_eq!(object.json["metadata"]["labels"]["label"], expected.to_string());
            }
        });
    });
    // What others have looked up without end is not lost to it.
    let mut object = pod();
    let found = host().batch(&operation).modify(&curious, &mut object).unwrap();
    assert_eq!(found.notes[0].code, "nothing");
    // Ten instances of 32 MiB, ten objects that grow by `copy`, and as much again to spare.
    let grown = largest.into_inner().saturating_sub(before);
    assert!(grown < 800 << 20, "{} MiB", grown >> 20);
}
