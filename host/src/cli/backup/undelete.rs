//! `lazarette backup undelete`

use super::name::explain;
use crate::archive::{self, BackupName, Undeletion};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::Outcome;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

/// Bring deleted backups back
///
/// A deletion that takes effect later (see `store protect`) is taken back. What is gone is recovered where the storage
/// account has soft delete for blobs or versioning, and still keeps it.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("That was not meant", "lazarette backup undelete nightly --store azblob://ACCOUNT/backups"),
]))]
pub(super) struct Undelete {
    /// Names of the backups
    #[arg(value_name = "BACKUP", required = true)]
    backups: Vec<BackupName>,
}

/// How a backup was brought back.
#[derive(Serialize)]
struct Entry {
    name: String,
    /// `withdrawn`, `recovered` or `unneeded`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<u64>,
}

impl Undelete {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let mut entries = Vec::new();
        for name in &self.backups {
            match archive::undelete(store.as_ref(), name, Timestamp::now()).await {
                Ok(undeletion) => entries.push(Entry::new(name, undeletion)),
                Err(error) => return Err(explain(error, store.as_ref()).await.into()),
            }
        }
        session
            .output
            .show(&entries, |entries, _| entries.iter().map(Entry::text).collect())?;
        Ok(Outcome::Completed)
    }
}

impl Entry {
    fn new(name: &BackupName, undeletion: Undeletion) -> Entry {
        let (result, files) = match undeletion {
            Undeletion::Withdrawn => ("withdrawn", None),
            Undeletion::Recovered(files) => ("recovered", Some(files)),
            Undeletion::Unneeded => ("unneeded", None),
        };
        Entry {
            name: name.to_string(),
            result,
            files,
        }
    }

    fn text(&self) -> String {
        let name = &self.name;
        match (self.result, self.files) {
            ("withdrawn", _) => format!("backup {name} stays: its deletion is taken back\n"),
            (_, Some(files)) => {
                format!(
                    "backup {name} is back: {files} files were recovered; `lazarette backup verify {name}` checks it\n"
                )
            }
            _ => format!("backup {name} was not deleted\n"),
        }
    }
}
