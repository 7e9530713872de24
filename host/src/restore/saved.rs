//! Reports of restores, kept in the store beside the backups: `restores/NAME/lazarette-report.json.gz`.
//!
//! Velero keeps files about its restores in the same folder, and leaves alone what it does not know.

use super::RestoreReport;
use crate::report::{Code, Problem, ResultOf, did_you_mean};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{BufReader, Read, Write};

/// What all keys of restores begin with.
const RESTORES: &str = "restores/";

/// The name of the file in the folder of a restore.
const FILE: &str = "/lazarette-report.json.gz";

/// Unpacked bytes that a report may have. 1 GiB: a million objects with a kilobyte about each.
const LARGEST: u64 = 1 << 30;

/// The reports that a store holds.
#[derive(Debug, Default)]
pub struct SavedReports {
    /// Those that can be read, in the order of names.
    pub reports: Vec<RestoreReport>,
    /// Why the others cannot.
    pub damaged: Vec<Problem>,
}

/// Keep the report of a restore. Nothing is overwritten: an error when there is one of its name.
pub async fn save(store: &dyn Store, report: &RestoreReport) -> ResultOf<()> {
    let bytes = pack(report).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    Ok(store.put_if_absent(&key(&report.restore), bytes).await?)
}

/// An error when there is a report of a restore `name`.
pub async fn check_unused(store: &dyn Store, name: &str) -> ResultOf<()> {
    match store.size(&key(name)).await {
        // Where there is no store there is no backup either: that is a better message than this could be.
        Ok(None) | Err(StoreError::Absent { .. }) => Ok(()),
        Ok(Some(_)) => Err(Problem::new(
            Code::AlreadyExists,
            format!("there is a restore {name} already"),
        )),
        Err(error) => Err(error.into()),
    }
}

/// The report of the restore `name`.
pub async fn read_saved(store: &dyn Store, name: &str) -> ResultOf<RestoreReport> {
    match store.read(&key(name), None).await {
        Ok(bytes) => unpack(&bytes).map_err(|error| damaged(name, &error)),
        Err(StoreError::NotFound { .. } | StoreError::Invalid(_)) => {
            let known = names(store).await?;
            let message = format!(
                "restore {name} is not in {}{}",
                store.address(),
                did_you_mean(name, &known)
            );
            Err(Problem::new(Code::NotFound, message))
        }
        Err(error) => Err(error.into()),
    }
}

/// All reports of a store.
pub async fn saved(store: &dyn Store) -> ResultOf<SavedReports> {
    let mut saved = SavedReports::default();
    for name in names(store).await? {
        match read_saved(store, &name).await {
            Ok(report) => saved.reports.push(report),
            Err(problem) if problem.code == Code::DamagedBackup => saved.damaged.push(problem),
            Err(problem) => return Err(problem),
        }
    }
    Ok(saved)
}

fn key(name: &str) -> String {
    format!("{RESTORES}{name}{FILE}")
}

async fn names(store: &dyn Store) -> ResultOf<Vec<String>> {
    let entries = store.list(RESTORES).await?;
    let name = |key: &str| Some(key.strip_prefix(RESTORES)?.strip_suffix(FILE)?.to_owned());
    Ok(entries.iter().filter_map(|entry| name(&entry.key)).collect())
}

fn pack(report: &RestoreReport) -> std::io::Result<Bytes> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut gzip, report)?;
    gzip.flush()?;
    Ok(gzip.finish()?.into())
}

fn unpack(bytes: &[u8]) -> std::io::Result<RestoreReport> {
    let json = GzDecoder::new(bytes).take(LARGEST);
    Ok(serde_json::from_reader(BufReader::new(json))?)
}

fn damaged(name: &str, error: &std::io::Error) -> Problem {
    Problem::new(
        Code::DamagedBackup,
        format!("the report of the restore cannot be read: {error}"),
    )
    .about(key(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Outcome;
    use crate::restore::{ObjectReports, Totals};
    use crate::store::LocalStore;

    fn report(name: &str) -> RestoreReport {
        RestoreReport {
            planned: false,
            backup: "nightly".into(),
            restore: name.into(),
            cluster: "dir:a".into(),
            time: jiff::Timestamp::UNIX_EPOCH,
            outcome: Outcome::PartiallyFailed,
            totals: Totals::default(),
            objects: ObjectReports::default(),
            problems: vec![Problem::new(Code::Rejected, "no").about("pods a/b")],
            warnings: vec!["look".into()],
            volumes: Vec::new(),
            plugins: Vec::new(),
            planned_hooks: Vec::new(),
            hook_attempts: Vec::new(),
            look_ups: Vec::new(),
            stopped: false,
        }
    }

    #[tokio::test]
    async fn what_is_saved_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path().to_str().unwrap()).unwrap();
        save(&store, &report("one")).await.unwrap();
        assert_eq!(read_saved(&store, "one").await, Ok(report("one")));
        assert_eq!(saved(&store).await.unwrap().reports, [report("one")]);
    }

    #[tokio::test]
    async fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path().to_str().unwrap()).unwrap();
        check_unused(&store, "one").await.unwrap();
        save(&store, &report("one")).await.unwrap();
        assert_eq!(
            check_unused(&store, "one").await.unwrap_err().code,
            Code::AlreadyExists
        );
        assert_eq!(
            save(&store, &report("one")).await.unwrap_err().code,
            Code::AlreadyExists
        );
    }

    #[tokio::test]
    async fn a_misspelt_name_is_corrected() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path().to_str().unwrap()).unwrap();
        save(&store, &report("nightly-1")).await.unwrap();
        let problem = read_saved(&store, "nihgtly-1").await.unwrap_err();
        assert!(
            problem.message.ends_with("did you mean 'nightly-1'?"),
            "{problem}"
        );
    }

    #[tokio::test]
    async fn a_damaged_report_does_not_hide_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path().to_str().unwrap()).unwrap();
        store
            .put_if_absent(&key("bad"), Bytes::from_static(b"no gzip"))
            .await
            .unwrap();
        save(&store, &report("good")).await.unwrap();
        let saved = saved(&store).await.unwrap();
        assert_eq!((saved.reports.len(), saved.damaged.len()), (1, 1));
    }
}
