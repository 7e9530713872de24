//! When backups are made, how long each is kept, and what may be deleted: decisions from times and facts alone.
//!
//! Nothing here reads a clock, a store or a cluster: whoever calls says what time it is. The rules are those of AKS Backup
//! where it documents them: a point has one tag, that of the first successful backup of a period; its expiry is stamped
//! when it is made, so that a later edit of the policy changes nothing for it; and the last point is never deleted. The
//! only thing that is looked up is the database of time zones.

mod clock;
mod cron;
mod deletion;
mod due;
mod error;
mod interval;
mod keep;
mod length;
mod retention;
mod schedule;
mod tag;
#[cfg(test)]
mod tests;

pub use clock::{CLOCK_TOLERANCE, agreed_time};
pub use deletion::{Fate, Held, Point, Protection, Verdict, Why, decide};
pub use due::{Due, History, Run};
pub use error::PolicyError;
pub use keep::{Candidate, Decision, Reason, Retention};
pub use length::Length;
pub use retention::{CopyToVault, Policy, Rule, Stamp, VaultRule, VaultStamp};
pub use schedule::Schedule;
pub use tag::{Past, Tag};
