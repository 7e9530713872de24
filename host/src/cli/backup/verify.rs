//! `lazarette backup verify`

use super::name::explain;
use crate::archive::{self, BackupName, Listing, PublicKey, Trust, Verification};
use crate::cli::completions::backups;
use crate::cli::examples::examples;
use crate::cli::failure::{Ended, Failure};
use crate::cli::session::Session;
use crate::report::{Outcome, Problem, Progress, units};
use crate::store::Store;
use anstyle::AnsiColor;
use clap::Args;
use serde::Serialize;

/// Check that backups are whole, by reading every byte of them
///
/// Exit code 1 when something is damaged; each finding names the file and, where it is known, the object.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("One backup", "lazarette backup verify nightly --store file:./backups"),
    ("All of a store, in a nightly job", "lazarette backup verify --all --quiet"),
]))]
pub(super) struct Verify {
    /// Names of the backups
    #[arg(
        value_name = "BACKUP",
        required_unless_present = "all",
        conflicts_with = "all",
        add = backups()
    )]
    backups: Vec<BackupName>,

    /// All backups of the store
    #[arg(long)]
    all: bool,
}

/// What was found in a backup.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    name: String,
    whole: bool,
    files: u64,
    objects: u64,
    bytes: u64,
    has_digests: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<PublicKey>,
    /// Whether who signed it is trusted, where that is demanded.
    trusted: bool,
    findings: Vec<archive::Finding>,
}

impl Verify {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let (reports, problems) = {
            let progress = Progress::default();
            let _watched = session.watch(&progress);
            self.check(store.as_ref(), &session.trust()?, &progress).await?
        };
        let whole = reports.iter().all(|report| report.whole);
        if !reports.is_empty() || problems.is_empty() {
            session
                .output
                .show(&reports, |reports, _| reports.iter().map(text).collect())?;
        }
        match (problems.is_empty(), whole) {
            (false, _) => Err(Failure(problems)),
            (true, true) => Ok(Outcome::Completed),
            (true, false) => Ok(Outcome::Failed),
        }
    }

    /// What was found, and why backups could not be checked: of which the others are all the same.
    async fn check(
        &self,
        store: &dyn Store,
        trust: &Trust,
        progress: &Progress,
    ) -> Ended<(Vec<Report>, Vec<Problem>)> {
        let names = match self.all {
            true => {
                let Listing {
                    backups, of_velero, ..
                } = archive::list(store).await?;
                let ours = backups.into_iter().map(|backup| backup.name);
                ours.chain(of_velero.into_iter().map(|backup| backup.name))
                    .collect()
            }
            false => self.backups.clone(),
        };
        let (mut reports, mut problems) = (Vec::new(), Vec::new());
        for name in names {
            match archive::verify(store, &name, progress).await {
                Ok(mut verification) => {
                    verification.demand(trust);
                    reports.push(Report::from(verification));
                }
                Err(error) => problems.push(explain(error, store).await),
            }
        }
        Ok((reports, problems))
    }
}

impl From<Verification> for Report {
    fn from(verification: Verification) -> Self {
        let whole = verification.is_whole();
        let Verification {
            name,
            files,
            objects,
            bytes,
            has_digests,
            signed_by,
            is_trusted,
            findings,
        } = verification;
        Report {
            name: name.to_string(),
            whole,
            files,
            objects,
            bytes,
            has_digests,
            signed_by,
            trusted: is_trusted,
            findings,
        }
    }
}

fn text(report: &Report) -> String {
    let Report {
        name,
        files,
        objects,
        bytes,
        findings,
        ..
    } = report;
    let read = format!("{objects} objects in {files} files, {}", units::size(*bytes));
    if report.whole {
        let green = AnsiColor::Green.on_default();
        let limits = match report.has_digests {
            true => "",
            false => " (as far as that can be told: Velero keeps no digests)",
        };
        return format!("backup {name} is {green}whole{green:#}: {read}{limits}\n");
    }
    let red = AnsiColor::Red.on_default();
    let lines: String = findings.iter().map(|finding| format!("  {finding}\n")).collect();
    let refused = match (report.trusted, findings.len()) {
        (false, 1) => "not trusted",
        _ => "damaged",
    };
    format!("backup {name} is {red}{refused}{red:#}; whole are {read}\n{lines}")
}
