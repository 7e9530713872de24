//! Snapshots of a repository: what was copied, when, and to which recovery point it belongs.

use super::progress::Bars;
use super::{Vault, VaultError, blocking};
use crate::report::{Cancellation, did_you_mean};
use jiff::Timestamp;
use rustic_core::repofile::SnapshotFile;
use serde::{Serialize, Serializer};
use std::fmt;

/// The tag of a snapshot from which something was left out that could not be read.
pub(super) const INCOMPLETE: &str = "incomplete";
/// How many digits of an id people get to see, as with restic.
const SHORT: usize = 8;

/// The id of a snapshot: 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub(super) rustic_core::repofile::SnapshotId);

impl SnapshotId {
    /// The first digits, which are enough for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(SHORT).collect()
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_hex().as_str())
    }
}

impl Serialize for SnapshotId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A snapshot, in the form that scripts get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// When it was begun.
    pub time: Timestamp,
    /// Of which host or cluster it is.
    pub host: String,
    /// What it holds: `/NAMESPACE/CLAIM` of a volume, or a folder of the host.
    pub path: String,
    /// Its tags: `backup=NAME` of the recovery point that it belongs to, and whatever it was given.
    pub tags: Vec<String>,
    /// Whether something was left out that could not be read.
    pub incomplete: bool,
    /// How many files there are.
    pub files: u64,
    /// How large they are in bytes.
    pub bytes: u64,
}

impl Snapshot {
    pub(super) fn of(file: &SnapshotFile) -> Snapshot {
        let summary = file.summary.as_ref();
        let paths: Vec<&str> = file.paths.iter().map(String::as_str).collect();
        Snapshot {
            id: SnapshotId(file.id),
            time: moment(file.time.timestamp()),
            host: file.hostname.clone(),
            path: paths.join(", "),
            tags: file.tags.iter().filter(|tag| !tag.is_empty()).cloned().collect(),
            incomplete: file.tags.contains(INCOMPLETE),
            files: summary.map_or(0, |summary| summary.total_files_processed),
            bytes: summary.map_or(0, |summary| summary.total_bytes_processed),
        }
    }

    /// Whether it has all of `tags`.
    pub fn has_tags(&self, tags: &[String]) -> bool {
        tags.iter().all(|tag| self.tags.contains(tag))
    }
}

/// A moment in the types of the library, which has another version of them.
fn moment(at: rustic_core::jiff::Timestamp) -> Timestamp {
    Timestamp::new(at.as_second(), at.subsec_nanosecond()).unwrap_or_default()
}

impl Vault {
    /// The snapshots of the repository, the oldest first.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, VaultError> {
        let files = self.snapshot_files().await?;
        Ok(files.iter().map(Snapshot::of).collect())
    }

    /// The snapshots as the library has them, the oldest first.
    pub(super) async fn snapshot_files(&self) -> Result<Vec<SnapshotFile>, VaultError> {
        let (vault, backend) = (self.clone(), self.backend(&Cancellation::default()));
        blocking(move || {
            let session = vault.session(backend, Bars::hidden())?;
            let found = session.repository.get_all_snapshots();
            let mut files = found.map_err(|error| session.error(&error))?;
            files.sort_by(|one, other| (&one.time, one.id).cmp(&(&other.time, other.id)));
            Ok(files)
        })
        .await
    }

    /// The snapshot whose id begins with `name`; or the newest one of those that `fits`, for `latest`.
    pub async fn find(&self, name: &str, fits: impl Fn(&Snapshot) -> bool) -> Result<Snapshot, VaultError> {
        select(self.snapshots().await?, name, fits)
    }
}

fn select(
    snapshots: Vec<Snapshot>,
    name: &str,
    fits: impl Fn(&Snapshot) -> bool,
) -> Result<Snapshot, VaultError> {
    if name == "latest" {
        let latest = snapshots.into_iter().rfind(|snapshot| fits(snapshot));
        return latest.ok_or_else(|| VaultError::NoSnapshot {
            name: name.to_owned(),
            hint: ": none fits the path, host and tags that were given".to_owned(),
        });
    }
    let begins = |snapshot: &&Snapshot| !name.is_empty() && snapshot.id.to_string().starts_with(name);
    let found: Vec<&Snapshot> = snapshots.iter().filter(begins).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let known = snapshots.iter().map(|snapshot| snapshot.id.short());
            Err(VaultError::NoSnapshot {
                name: name.to_owned(),
                hint: did_you_mean(name, known.chain(["latest".to_owned()])),
            })
        }
        several => Err(VaultError::AmbiguousSnapshot {
            name: name.to_owned(),
            found: several
                .iter()
                .map(|snapshot| snapshot.id.short())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn snapshot(id: &str, path: &str) -> Snapshot {
        Snapshot {
            id: SnapshotId(format!("{id:0<64}").parse().unwrap()),
            time: Timestamp::UNIX_EPOCH,
            host: "host".into(),
            path: path.into(),
            tags: Vec::new(),
            incomplete: false,
            files: 0,
            bytes: 0,
        }
    }

    #[rstest]
    #[case("0a1b2c3d", Ok("/a"))]
    #[case("0a1b2c3", Ok("/a"))]
    #[case("latest", Ok("/b"))]
    #[case("0a1b", Err("beginning of several snapshots: 0a1b2c3d, 0a1b9900"))]
    #[case("0a1b2c3e", Err("did you mean '0a1b2c3d'?"))]
    #[case("lastest", Err("did you mean 'latest'?"))]
    #[case("", Err("no snapshot"))]
    fn a_snapshot_is_found_by_the_beginning_of_its_id(
        #[case] name: &str,
        #[case] expected: Result<&str, &str>,
    ) {
        let all = vec![
            snapshot("0a1b2c3d", "/a"),
            snapshot("ff", "/b"),
            snapshot("0a1b9900", "/c"),
        ];
        let found = select(all, name, |snapshot| snapshot.path != "/c");
        match (found, expected) {
            (Ok(found), Ok(path)) => assert_eq!(found.path, path),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, _) => panic!("{found:?}"),
        }
    }
}
