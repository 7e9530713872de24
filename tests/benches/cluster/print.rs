//! How results are printed.

use std::time::Duration;

/// A line of text.
pub fn line(text: &str) {
    println!("{text}");
}

/// What was measured, and by how much it keeps its bound, which it must reach (`at_least`) or not exceed.
pub fn bound(what: &str, measured: f64, unit: &str, bound: f64, at_least: bool) {
    let (word, is_kept) = if at_least {
        ("at least", measured >= bound)
    } else {
        ("at most", measured <= bound)
    };
    let verdict = if is_kept { "kept" } else { "NOT KEPT" };
    println!("    {what:<58} {measured:>8.1} {unit:<5} {word} {bound}: {verdict}");
}

/// Objects in a second.
pub fn rate(objects: usize, time: Duration) -> String {
    format!(
        "{:.0} objects/s ({:.2} s)",
        objects as f64 / time.as_secs_f64(),
        time.as_secs_f64()
    )
}

/// Bytes in MiB.
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
