//! `lazarette backup list`

use crate::archive::{
    self, FileRecord, ListedBackup, ListedVeleroBackup, Listing, Manifest, UnfinishedBackup, VeleroBackup,
};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Cell, Code, Outcome, Problem, Table, Tone, units};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

/// List the backups of a store
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = examples(&[
        ("What is there", "lazarette backup list --store file:./backups"),
        ("For scripts", "lazarette backup list -o json"),
    ])
)]
pub(super) struct List {}

/// What a store holds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Backups {
    backups: Vec<Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    of_velero: Vec<OfVelero>,
    unfinished: Vec<Unfinished>,
}

/// A finished backup: its manifest, or why it cannot be used.
#[derive(Serialize)]
struct Entry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Manifest>,
    /// When it goes, if its deletion was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// A backup that Velero wrote: what it says of itself, or why that cannot be used.
#[derive(Serialize)]
struct OfVelero {
    name: String,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<VeleroBackup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// A backup that was begun and not finished.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Unfinished {
    name: String,
    begun_at: Option<Timestamp>,
    writer: Option<String>,
    files: u64,
    bytes: u64,
}

impl List {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let Listing {
            backups,
            of_velero,
            unfinished,
        } = archive::list(store.as_ref()).await?;
        let found = Backups {
            backups: backups.into_iter().map(Entry::from).collect(),
            of_velero: of_velero.into_iter().map(OfVelero::from).collect(),
            unfinished: unfinished.into_iter().map(Unfinished::from).collect(),
        };
        if found.backups.is_empty() && found.of_velero.is_empty() && found.unfinished.is_empty() {
            session.say(&format!("There are no backups in {}.", store.address()));
        }
        for backup in &found.backups {
            if let Some(problem) = backup
                .problem
                .as_ref()
                .filter(|problem| problem.code != Code::EncryptedBackup)
            {
                session.warn(format!("backup {} cannot be used: {problem}", backup.name));
            }
        }
        session
            .output
            .show(&found, |found, width| found.table(Timestamp::now()).render(width))?;
        Ok(Outcome::Completed)
    }
}

impl From<ListedBackup> for Entry {
    fn from(backup: ListedBackup) -> Self {
        let (manifest, problem) = match backup.manifest {
            Ok(manifest) => (Some(manifest), None),
            Err(error) => (None, Some(error.into())),
        };
        Entry {
            name: backup.name.to_string(),
            manifest,
            deletion: backup.deletion,
            problem,
        }
    }
}

impl From<ListedVeleroBackup> for OfVelero {
    fn from(listed: ListedVeleroBackup) -> Self {
        let (backup, problem) = match listed.backup {
            Ok(backup) => (Some(backup), None),
            Err(error) => (None, Some(error.into())),
        };
        OfVelero {
            name: listed.name.to_string(),
            bytes: listed.bytes,
            backup,
            problem,
        }
    }
}

impl From<UnfinishedBackup> for Unfinished {
    fn from(backup: UnfinishedBackup) -> Self {
        let UnfinishedBackup {
            name,
            claim,
            files,
            bytes,
        } = backup;
        Unfinished {
            name: name.to_string(),
            begun_at: claim.as_ref().map(|claim| claim.since),
            writer: claim.map(|claim| claim.to_string()),
            files,
            bytes,
        }
    }
}

impl Backups {
    fn table(&self, now: Timestamp) -> Table {
        let mut table = Table::new(["NAME", "STATUS", "OBJECTS", "SIZE", "AGE", "EXPIRES"]);
        let age = |at: Option<Timestamp>| at.map(|at| units::age(at, now)).unwrap_or_default();
        for Entry {
            name,
            manifest,
            deletion,
            problem,
        } in &self.backups
        {
            match manifest {
                Some(manifest) => table.row(whole(manifest, *deletion, now)),
                None => table.row([name.into(), unusable(problem.as_ref())]),
            }
        }
        for of_velero in &self.of_velero {
            match &of_velero.backup {
                Some(backup) => table.row(velero(backup, of_velero.bytes, now)),
                None => table.row([(&of_velero.name).into(), unusable(of_velero.problem.as_ref())]),
            }
        }
        for unfinished in &self.unfinished {
            let status = Cell::new("Unfinished", Tone::Warning);
            let size = units::size(unfinished.bytes);
            table.row([
                (&unfinished.name).into(),
                status,
                "".into(),
                size.into(),
                age(unfinished.begun_at).into(),
            ]);
        }
        table
    }
}

fn whole(manifest: &Manifest, deletion: Option<Timestamp>, now: Timestamp) -> [Cell; 6] {
    let status = match manifest.warnings {
        _ if deletion.is_some() => Cell::new("To be deleted", Tone::Warning),
        0 => Cell::new("Completed", Tone::Good),
        count => Cell::new(format!("Completed, {count} warnings"), Tone::Warning),
    };
    let size = manifest.files.iter().map(FileRecord::stored_size).sum();
    [
        (&manifest.name).into(),
        status,
        manifest.contents.objects.into(),
        units::size(size).into(),
        units::age(manifest.created_at, now).into(),
        expiry(deletion.or(manifest.expires_at), now),
    ]
}

fn expiry(at: Option<Timestamp>, now: Timestamp) -> Cell {
    match at {
        None => "never".into(),
        Some(at) if at <= now => Cell::new("expired", Tone::Warning),
        Some(at) => units::day(at).into(),
    }
}

fn velero(backup: &VeleroBackup, bytes: u64, now: Timestamp) -> [Cell; 6] {
    let tone = match backup.phase.as_str() {
        "Completed" => Tone::Good,
        _ => Tone::Warning,
    };
    [
        (&backup.name).into(),
        Cell::new(format!("{} ({})", backup.phase, backup.written_by), tone),
        backup.objects.map(Cell::from).unwrap_or_else(|| "".into()),
        units::size(bytes).into(),
        backup
            .started_at
            .map(|at| units::age(at, now))
            .unwrap_or_default()
            .into(),
        expiry(backup.expires_at, now),
    ]
}

/// Damage stays, what a store refuses to read may pass.
fn unusable(problem: Option<&Problem>) -> Cell {
    match problem {
        Some(Problem {
            code: Code::DamagedBackup | Code::NotABackup,
            ..
        }) => Cell::new("Damaged", Tone::Bad),
        Some(Problem {
            code: Code::EncryptedBackup,
            ..
        }) => Cell::new("Encrypted", Tone::Warning),
        _ => Cell::new("Unreadable", Tone::Bad),
    }
}
