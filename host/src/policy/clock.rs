//! Clocks that may be wrong.

use jiff::{SignedDuration, Timestamp};

/// How far two clocks may be apart, or one may step back, and still be taken for right.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// The time that deletions go by: the earlier one of our clock and the API server's. None when they are further apart than
/// [`CLOCK_TOLERANCE`], so that one of them is wrong: then nothing may be deleted for its age.
pub fn agreed_time(ours: Timestamp, servers: Timestamp) -> Option<Timestamp> {
    let apart = ours.duration_since(servers).abs();
    (apart <= CLOCK_TOLERANCE).then(|| ours.min(servers))
}
