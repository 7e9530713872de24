//! `lazarette vault list`

use super::filter::Filter;
use super::key::KeyOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Cell, Outcome, Table, Tone, units};
use crate::vault::Snapshot;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

/// List the snapshots of the repository
#[derive(Args, Debug)]
#[command(
    visible_aliases = ["ls", "snapshots"],
    after_help = examples(&[
        ("What is there", "lazarette vault list --key-file vault.key --store file:./backups"),
        ("Of one recovery point, for scripts", "lazarette vault list --tag backup=nightly -o json"),
    ])
)]
pub(super) struct List {
    #[command(flatten)]
    filter: Filter,

    #[command(flatten)]
    key: KeyOptions,
}

/// What there is.
#[derive(Serialize)]
struct Snapshots {
    snapshots: Vec<Snapshot>,
}

impl List {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let vault = self.key.open(session).await?;
        let mut snapshots = vault.snapshots().await?;
        snapshots.retain(|snapshot| self.filter.fits(snapshot));
        if snapshots.is_empty() {
            session.say(&format!(
                "There are no such snapshots in {}.",
                vault.store().address()
            ));
        }
        let found = Snapshots { snapshots };
        session
            .output
            .show(&found, |found, width| found.table(Timestamp::now()).render(width))?;
        Ok(Outcome::Completed)
    }
}

impl Snapshots {
    fn table(&self, now: Timestamp) -> Table {
        let mut table = Table::new(["ID", "PATH", "STATUS", "FILES", "SIZE", "AGE", "HOST", "TAGS"]);
        for snapshot in &self.snapshots {
            let status = match snapshot.incomplete {
                true => Cell::new("Incomplete", Tone::Warning),
                false => Cell::new("Completed", Tone::Good),
            };
            table.row([
                snapshot.id.short().into(),
                (&snapshot.path).into(),
                status,
                snapshot.files.into(),
                units::size(snapshot.bytes).into(),
                units::age(snapshot.time, now).into(),
                (&snapshot.host).into(),
                snapshot.tags.join(", ").into(),
            ]);
        }
        table
    }
}
