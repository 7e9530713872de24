//! What a store requires of all who delete from it: records in the store itself, so that nobody can forget them.
//!
//! Each is a small file in a folder beside the backups, numbered in their order: nothing is ever changed. Velero passes
//! over a folder without a Backup resource.

use super::{ArchiveError, layout};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The folder, which no backup can be: its files are in the way of a claim to the name.
const FOLDER: &str = "lazarette-store/";
/// What the names of the files begin with, and end with.
const PREFIX: &str = "deletion-delay-";
const SUFFIX: &str = ".json";

/// How long a deletion waits before it takes effect, from a time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Requirement {
    since: Timestamp,
    deletion_delay: SignedDuration,
}

/// Require of all who delete from a store that deletions wait so long before they take effect. A longer time than before
/// counts at once; a shorter one when the longer one has passed, so that nobody deletes earlier by it than by waiting.
///
/// This guards against mistakes and against scripts that were led astray. Who can delete files of the store by other ways
/// is stopped by what the store itself can do: soft delete, versions, immutability.
pub async fn require_deletion_delay(
    store: &dyn Store,
    deletion_delay: SignedDuration,
    now: Timestamp,
) -> Result<(), ArchiveError> {
    let number = numbers(store)
        .await?
        .last()
        .map_or(1, |last| last.saturating_add(1));
    let requirement = Requirement {
        since: now,
        deletion_delay,
    };
    let bytes =
        serde_json::to_vec(&requirement).map_err(|error| ArchiveError::Internal(error.to_string()))?;
    Ok(store.put_if_absent(&key(number), Bytes::from(bytes)).await?)
}

/// How long a deletion from a store waits at `now` before it takes effect; none where nothing is required.
///
/// A requirement that cannot be read is an error: it could be a long one.
pub async fn required_deletion_delay(
    store: &dyn Store,
    now: Timestamp,
) -> Result<Option<SignedDuration>, ArchiveError> {
    let mut requirements = Vec::new();
    for number in numbers(store).await? {
        let file = key(number);
        let bytes = store.read(&file, None).await?;
        let requirement = serde_json::from_slice(&bytes).map_err(|error| ArchiveError::Damaged {
            file,
            message: format!("it does not say what the store requires: {error}"),
        })?;
        requirements.push(requirement);
    }
    Ok(effective(&requirements, now))
}

/// A delay, and until when it counts; none: as long as no other follows.
type Counting = (SignedDuration, Option<Timestamp>);

/// The longest delay that counts at `now`. One that another follows counts on for as long as deletions waited then.
fn effective(requirements: &[Requirement], now: Timestamp) -> Option<SignedDuration> {
    let mut counting: Vec<Counting> = Vec::new();
    for requirement in requirements {
        let wait = longest(&counting, requirement.since);
        if let Some((_, until)) = counting.last_mut() {
            *until = Some(requirement.since.checked_add(wait).unwrap_or(Timestamp::MAX));
        }
        counting.push((requirement.deletion_delay, None));
    }
    Some(longest(&counting, now)).filter(SignedDuration::is_positive)
}

fn longest(counting: &[Counting], at: Timestamp) -> SignedDuration {
    counting
        .iter()
        .filter(|(_, until)| until.is_none_or(|until| at < until))
        .map(|(delay, _)| *delay)
        .max()
        .unwrap_or_default()
}

/// The numbers of the requirements, in their order.
async fn numbers(store: &dyn Store) -> Result<Vec<u32>, ArchiveError> {
    let prefix = format!("{}{FOLDER}{PREFIX}", layout::BACKUPS);
    let entries = match store.list(&prefix).await {
        Err(StoreError::Absent { .. }) => Vec::new(),
        listed => listed?,
    };
    let number = |key: &str| key.strip_prefix(&prefix)?.strip_suffix(SUFFIX)?.parse().ok();
    let mut numbers: Vec<u32> = entries.iter().filter_map(|entry| number(&entry.key)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn key(number: u32) -> String {
    format!("{}{FOLDER}{PREFIX}{number:04}{SUFFIX}", layout::BACKUPS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::LocalStore;
    use proptest::prelude::*;
    use rstest::rstest;

    fn day(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
    }

    fn days(days: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * days)
    }

    /// Requirements of so many days, on these days.
    fn requirements(written: &[(i64, i64)]) -> Vec<Requirement> {
        written
            .iter()
            .map(|(since, delay)| Requirement {
                since: day(*since),
                deletion_delay: days(*delay),
            })
            .collect()
    }

    #[rstest]
    #[case::nothing(&[], 0, None)]
    #[case::one(&[(0, 7)], 100, Some(7))]
    #[case::longer_at_once(&[(0, 7), (1, 30)], 1, Some(30))]
    #[case::shorter_not_yet(&[(0, 7), (10, 1)], 16, Some(7))]
    #[case::shorter_after_the_longer_has_passed(&[(0, 7), (10, 1)], 17, Some(1))]
    #[case::none_not_yet(&[(0, 7), (10, 0)], 16, Some(7))]
    #[case::none_at_last(&[(0, 7), (10, 0)], 17, None)]
    #[case::not_shorter_by_two_steps(&[(0, 7), (10, 1), (10, 0)], 16, Some(7))]
    fn what_counts(#[case] written: &[(i64, i64)], #[case] now: i64, #[case] expected: Option<i64>) {
        assert_eq!(effective(&requirements(written), day(now)), expected.map(days));
    }

    proptest! {
        /// Whoever writes one more cannot have a deletion take effect earlier than by waiting.
        #[test]
        fn no_requirement_brings_a_deletion_forward(
            delays in prop::collection::vec(0..30i64, 1..6),
            gaps in prop::collection::vec(0..30i64, 6),
        ) {
            let mut since = 0;
            let written: Vec<_> = delays
                .iter()
                .zip(&gaps)
                .map(|(delay, gap)| {
                    since += gap;
                    (since, *delay)
                })
                .collect();
            let earliest = |requirements: &[Requirement]| {
                (since..since + 300)
                    .map(|now| day(now) + effective(requirements, day(now)).unwrap_or_default())
                    .min()
            };
            let (before, all) = (requirements(&written[..written.len() - 1]), requirements(&written));
            prop_assert!(earliest(&all) >= earliest(&before));
        }
    }

    #[tokio::test]
    async fn requirements_are_kept_in_the_store() {
        let root = tempfile::tempdir().unwrap();
        let store = LocalStore::new(&root.path().join("store").display().to_string()).unwrap();
        assert_eq!(required_deletion_delay(&store, day(0)).await.unwrap(), None);
        require_deletion_delay(&store, days(7), day(0)).await.unwrap();
        require_deletion_delay(&store, days(1), day(1)).await.unwrap();
        assert_eq!(
            required_deletion_delay(&store, day(2)).await.unwrap(),
            Some(days(7))
        );
        assert!(crate::archive::list(&store).await.unwrap().backups.is_empty());
        std::fs::write(root.path().join("store").join(key(2)), "?").unwrap();
        required_deletion_delay(&store, day(2)).await.unwrap_err();
    }
}
