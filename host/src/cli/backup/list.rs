//! `lazarette backup list`

use crate::archive::{self, ListedBackup, Listing, Manifest, UnfinishedBackup};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Cell, Outcome, Problem, Table, Tone, units};
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
struct Backups {
    backups: Vec<Entry>,
    unfinished: Vec<Unfinished>,
}

/// A finished backup: its manifest, or why it cannot be used.
#[derive(Serialize)]
struct Entry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Manifest>,
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
        let Listing { backups, unfinished } = archive::list(store.as_ref()).await?;
        let found = Backups {
            backups: backups.into_iter().map(Entry::from).collect(),
            unfinished: unfinished.into_iter().map(Unfinished::from).collect(),
        };
        if found.backups.is_empty() && found.unfinished.is_empty() {
            session.say(&format!("There are no backups in {}.", store.address()));
        }
        session
            .output
            .show(&found, |found, width| found.table(Timestamp::now()).render(width))?;
        Ok(Outcome::Completed)
    }
}

impl From<ListedBackup> for Entry {
    fn from(backup: ListedBackup) -> Self {
        let name = backup.name.to_string();
        match backup.manifest {
            Ok(manifest) => Entry {
                name,
                manifest: Some(manifest),
                problem: None,
            },
            Err(error) => Entry {
                name,
                manifest: None,
                problem: Some(error.into()),
            },
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
        for Entry { name, manifest, .. } in &self.backups {
            match manifest {
                Some(manifest) => table.row(whole(manifest, now)),
                None => table.row([name.into(), Cell::new("Damaged", Tone::Bad)]),
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

fn whole(manifest: &Manifest, now: Timestamp) -> [Cell; 6] {
    let status = match manifest.warnings {
        0 => Cell::new("Completed", Tone::Good),
        count => Cell::new(format!("Completed, {count} warnings"), Tone::Warning),
    };
    let expires = match manifest.expires_at {
        None => "never".into(),
        Some(at) if at <= now => Cell::new("expired", Tone::Warning),
        Some(at) => units::day(at).into(),
    };
    let size = manifest.files.iter().map(|file| file.size).sum();
    [
        (&manifest.name).into(),
        status,
        manifest.contents.objects.into(),
        units::size(size).into(),
        units::age(manifest.created_at, now).into(),
        expires,
    ]
}
