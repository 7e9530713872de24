//! `lazarette backup copy`

use super::name::explain;
use crate::archive::{self, BackupName, Copied};
use crate::cli::completions::backups;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::cli::values::{moment, one_of};
use crate::report::{Outcome, Progress, units};
use crate::store::{AccessTier, Credential};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

/// Copy backups into another store, and check what arrived
///
/// A copy is the same, byte for byte: signatures hold, and what is encrypted is copied without being decrypted.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A second copy in Azure", "lazarette backup copy nightly --store file:./backups --to azblob://ACCOUNT/backups"),
    ("Back to a folder", "lazarette backup copy nightly --store azblob://ACCOUNT/backups --to file:./backups"),
]))]
pub(super) struct Copy {
    /// Names of the backups
    #[arg(value_name = "BACKUP", required = true, add = backups())]
    backups: Vec<BackupName>,

    /// The store to copy into
    #[arg(long, value_name = "ADDRESS")]
    to: String,

    /// As whom that store is used [default: as the other one]
    #[arg(long, value_name = "CREDENTIAL")]
    to_credential: Option<Credential>,

    /// Until when nobody can change or delete the copy, such as 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = moment)]
    immutable_until: Option<Timestamp>,

    /// Where in the account large files are put: `hot`, `cool` or `cold` [default: as the account says]
    #[arg(long, value_name = "TIER", value_parser = one_of::<AccessTier>(AccessTier::NAMES))]
    access_tier: Option<AccessTier>,
}

/// What was copied.
#[derive(Serialize)]
struct Report {
    to: String,
    copied: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    files: u64,
    bytes: u64,
}

impl Copy {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let from = session.stored()?;
        let to = session.other_store(&self.to, |options| {
            options.immutable_until = self.immutable_until;
            options.access_tier = self.access_tier;
            if let Some(credential) = self.to_credential {
                options.credential = credential;
            }
        })?;
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let mut report = Report {
            to: to.address(),
            copied: Vec::new(),
        };
        for name in &self.backups {
            let _watched = session.watch(&progress);
            match archive::copy(from.as_ref(), to.as_ref(), name, &progress, &cancellation).await {
                Ok(Copied { files, bytes }) => report.copied.push(Entry {
                    name: name.to_string(),
                    files,
                    bytes,
                }),
                Err(error) => return Err(explain(error, from.as_ref()).await.into()),
            }
        }
        session.output.show(&report, |report, _| text(report))?;
        Ok(Outcome::Completed)
    }
}

fn text(report: &Report) -> String {
    let line = |entry: &Entry| {
        let Entry { name, files, bytes } = entry;
        let size = units::size(*bytes);
        format!(
            "backup {name} copied to {}: {files} files, {size}, each read back and compared\n",
            report.to
        )
    };
    report.copied.iter().map(line).collect()
}
