//! `lazarette backup delete`

use super::name::explain;
use super::snapshots::Doomed;
use crate::archive::{self, BackupName, Deletion};
use crate::cli::completions::backups;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Code, Outcome, Problem, ResultOf, units};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::io::{BufRead, IsTerminal, Write};

/// Delete backups
///
/// Where the store (see `store protect`) or the configuration file has a deletion delay, the backup stays that long, and
/// then goes with the next `delete` or `prune`. An account with soft delete or versioning keeps what was deleted for a
/// while: `backup undelete` brings it back. Snapshots of volumes go with the backup that they belong to, for good; the cluster
/// has to answer for that.
#[derive(Args, Debug)]
#[command(
    visible_alias = "rm",
    after_help = examples(&[
        ("Asks first, on a terminal", "lazarette backup delete nightly --store file:./backups"),
        ("In a script", "lazarette backup delete nightly weekly --yes"),
    ])
)]
pub(super) struct Delete {
    /// Names of the backups
    #[arg(value_name = "BACKUP", required = true, add = backups())]
    backups: Vec<BackupName>,

    /// Leave the snapshots of volumes that belong to the backups in the storage, until `doctor backup --fix` removes them
    #[arg(long)]
    keep_snapshots: bool,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// What was deleted, and what will be.
#[derive(Default, Serialize)]
struct Deleted {
    deleted: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    due: Vec<Due>,
}

/// A backup that goes later.
#[derive(Serialize)]
struct Due {
    name: String,
    at: Timestamp,
}

impl Deleted {
    fn text(&self) -> String {
        let deleted = self.deleted.iter().map(|name| format!("backup {name} deleted\n"));
        let due = self.due.iter().map(|Due { name, at }| {
            let at = units::moment(*at);
            format!("backup {name} is deleted after {at}; until then `lazarette backup undelete {name}` keeps it\n")
        });
        deleted.chain(due).collect()
    }
}

impl Delete {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        for name in &self.backups {
            // All names are looked at before anything is deleted: a slip of the finger deletes nothing.
            match archive::read_manifest(store.as_ref(), name).await {
                Err(error @ archive::ArchiveError::NotFound { .. }) => {
                    return Err(explain(error, store.as_ref()).await.into());
                }
                _ => continue,
            }
        }
        if !self.yes {
            confirm(&self.backups, &store.address())?;
        }
        let doomed = Doomed::of(&self.backups, self.keep_snapshots, store.as_ref(), session).await?;
        let mut deleted = Deleted::default();
        for name in &self.backups {
            let done =
                archive::delete_after(store.as_ref(), name, session.deletion_delay, Timestamp::now()).await?;
            match done {
                Deletion::Done => deleted.deleted.push(name.to_string()),
                Deletion::Due(at) => deleted.due.push(Due {
                    name: name.to_string(),
                    at,
                }),
            }
        }
        let is_gone = |name: &BackupName| deleted.deleted.contains(&name.to_string());
        let outcome = doomed.remove(session, is_gone).await;
        session.output.show(&deleted, |deleted, _| deleted.text())?;
        Ok(outcome)
    }
}

/// Ask on the terminal. Where nobody can answer, deleting needs `--yes`.
fn confirm(names: &[BackupName], store: &str) -> ResultOf<()> {
    let names = names
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let refused = |message: String| Err(Problem::new(Code::InvalidArgument, message));
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return refused(format!("deleting {names} needs --yes where nobody can be asked"));
    }
    let mut stderr = std::io::stderr();
    let mut answer = String::new();
    let asked = write!(stderr, "Delete {names} from {store} for good? [y/N] ").and_then(|()| stderr.flush());
    match asked.and_then(|()| std::io::stdin().lock().read_line(&mut answer)) {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(Problem::new(Code::Cancelled, "nothing was deleted")),
    }
}
