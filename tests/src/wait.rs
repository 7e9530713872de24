//! Waiting for what other processes do.

use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a machine that does much else.
const LIMIT: Duration = Duration::from_secs(180);

/// How often is looked.
const STEP: Duration = Duration::from_millis(40);

/// Look until `look` has found something.
///
/// # Panics
/// With `what` when nothing was found for three minutes.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begun.elapsed() < LIMIT,
            "waited {} s in vain: {what}",
            LIMIT.as_secs()
        );
        thread::sleep(STEP);
    }
}
