//! `lazarette restore list`

use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Cell, Outcome, Table, Tone, units};
use crate::restore::{self, RestoreReport, Totals};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

/// List the restores from the backups of a store
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = examples(&[("What was restored, and when", "lazarette restore list --store file:./backups")])
)]
pub(super) struct List {}

/// A restore, without its objects.
#[derive(Serialize)]
struct Entry {
    name: String,
    backup: String,
    cluster: String,
    time: Timestamp,
    outcome: Outcome,
    totals: Totals,
}

impl List {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let saved = restore::saved(store.as_ref()).await?;
        for problem in &saved.damaged {
            session.warn(problem);
        }
        let restores: Vec<Entry> = saved.reports.into_iter().map(Entry::from).collect();
        if restores.is_empty() {
            session.say(&format!("There are no restores in {}.", store.address()));
        }
        session.output.show(&restores, |restores, width| {
            table(restores, Timestamp::now()).render(width)
        })?;
        Ok(Outcome::Completed)
    }
}

impl From<RestoreReport> for Entry {
    fn from(report: RestoreReport) -> Self {
        let RestoreReport {
            restore,
            backup,
            cluster,
            time,
            outcome,
            totals,
            ..
        } = report;
        Entry {
            name: restore,
            backup,
            cluster,
            time,
            outcome,
            totals,
        }
    }
}

fn table(restores: &[Entry], now: Timestamp) -> Table {
    let mut table = Table::new(["NAME", "BACKUP", "STATUS", "CREATED", "CHANGED", "FAILED", "AGE"]);
    for Entry {
        name,
        backup,
        time,
        outcome,
        totals,
        ..
    } in restores
    {
        let tone = if *outcome == Outcome::Completed {
            Tone::Good
        } else {
            Tone::Bad
        };
        table.row([
            name.into(),
            backup.into(),
            Cell::new(outcome, tone),
            totals.created.into(),
            totals.changed.into(),
            (totals.failed + totals.left_out).into(),
            units::age(*time, now).into(),
        ]);
    }
    table
}
