//! `lazarette backup prune`

use super::snapshots::Doomed;
use crate::archive::BackupName;
use crate::backup::{self, Pruning};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::policy::{Reason, Retention};
use crate::report::{Cell, Outcome, Table, Tone, units};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Delete the backups that are expired, or that no rule keeps
///
/// Without a rule: those whose time (`backup create --ttl`) is over. With rules: those that no rule keeps and whose time
/// is over, or that have none. Days, weeks, months and years without a backup do not count.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("What would go", "lazarette backup prune --keep-daily 7 --keep-weekly 4 --dry-run --store file:./backups"),
    ("Only what is expired", "lazarette backup prune"),
]))]
pub(super) struct Prune {
    /// Keep the newest so many
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_last: u32,

    /// Keep the newest of each of so many days
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_daily: u32,

    /// Keep the newest of each of so many weeks
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_weekly: u32,

    /// Keep the newest of each of so many months
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_monthly: u32,

    /// Keep the newest of each of so many years
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_yearly: u32,

    /// Leave the snapshots of volumes that belong to the backups in the storage, until `doctor backup --fix` removes them
    #[arg(long)]
    keep_snapshots: bool,

    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was, or would be, done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    dry_run: bool,
    backups: Vec<Entry>,
    /// Names of backups that are left alone because nobody knows how old they are.
    damaged: Vec<String>,
}

/// What becomes of a backup.
#[derive(Serialize)]
struct Entry {
    name: String,
    keep: bool,
    reasons: Vec<Reason>,
    /// When it goes, if not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion: Option<Timestamp>,
}

impl Prune {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let retention = Retention {
            last: self.keep_last,
            daily: self.keep_daily,
            weekly: self.keep_weekly,
            monthly: self.keep_monthly,
            yearly: self.keep_yearly,
        };
        let now = Timestamp::now();
        let pruning = backup::plan_pruning(store.as_ref(), &retention, now).await?;
        let dropped: Vec<_> = pruning.dropped().cloned().collect();
        let keep = self.keep_snapshots || self.dry_run;
        let doomed = Doomed::of(&dropped, keep, store.as_ref(), session).await?;
        let later = match self.dry_run {
            true => BTreeMap::new(),
            false => backup::prune(store.as_ref(), &pruning, session.deletion_delay, now).await?,
        };
        let outcome = doomed.remove(session, |name| !later.contains_key(name)).await;
        for (name, error) in &pruning.damaged {
            session.warn(format!("backup {name} is left alone: {error}"));
        }
        if pruning.decisions.is_empty() {
            session.say(&format!("There are no backups in {}.", store.address()));
        }
        let report = Report::new(&pruning, &later, self.dry_run);
        session
            .output
            .show(&report, |report, width| report.table().render(width))?;
        Ok(outcome)
    }
}

impl Report {
    fn new(pruning: &Pruning, later: &BTreeMap<BackupName, Timestamp>, dry_run: bool) -> Self {
        let backups = pruning.decisions.iter().map(|decision| Entry {
            name: decision.name.to_string(),
            keep: decision.keeps(),
            reasons: decision.reasons.clone(),
            deletion: later.get(&decision.name).copied(),
        });
        let damaged = pruning.damaged.iter().map(|(name, _)| name.to_string()).collect();
        Report {
            dry_run,
            backups: backups.collect(),
            damaged,
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(["NAME", "RESULT", "REASON"]);
        for Entry {
            name,
            keep,
            reasons,
            deletion,
        } in &self.backups
        {
            let result = match (keep, self.dry_run, deletion) {
                (true, ..) => Cell::new("kept", Tone::Good),
                (false, true, _) => Cell::new("would be deleted", Tone::Warning),
                (false, false, None) => Cell::new("deleted", Tone::Warning),
                (false, false, Some(at)) => Cell::new(
                    format!("to be deleted after {}", units::moment(*at)),
                    Tone::Warning,
                ),
            };
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            table.row([name.into(), result, reasons.join(", ").into()]);
        }
        table
    }
}
