//! `lazarette store check`

use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Cell, Outcome, Problem, Table, Tone};
use crate::store::{self, Step};
use clap::Args;
use serde::Serialize;

/// Prove that a store can be used: write, read, list and delete a small file
///
/// Says as whom the store is used, and for each request that is refused which role or permission is missing. Exit code
/// 3 when nothing but deleting is refused: that is enough for making backups, and all that a cluster should be allowed.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A folder", "lazarette store check --store file:./backups"),
    ("A container, as a pod sees it", "lazarette store check --store azblob://ACCOUNT/backups --store-credential workload-identity"),
]))]
pub(super) struct Check {}

/// What came of it.
#[derive(Serialize)]
struct Report {
    store: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    steps: Vec<Entry>,
}

/// What came of a kind of request.
#[derive(Serialize)]
struct Entry {
    step: &'static str,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

impl Check {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.stored()?;
        let identity = store.identity().await?;
        let steps = store::check(store.as_ref()).await;
        let failed: Vec<Step> = steps
            .iter()
            .filter(|(_, tried)| tried.is_err())
            .map(|(step, _)| *step)
            .collect();
        let report = Report {
            store: store.address(),
            identity,
            steps: steps.into_iter().map(Entry::from).collect(),
        };
        session.output.show(&report, Report::text)?;
        Ok(match failed.as_slice() {
            [] => Outcome::Completed,
            [Step::Delete] => Outcome::PartiallyFailed,
            _ => Outcome::Failed,
        })
    }
}

impl From<(Step, Result<(), store::StoreError>)> for Entry {
    fn from((step, tried): (Step, Result<(), store::StoreError>)) -> Entry {
        Entry {
            step: step.name(),
            done: tried.is_ok(),
            problem: tried.err().map(Problem::from),
        }
    }
}

impl Report {
    fn text(&self, width: Option<u16>) -> String {
        let mut table = Table::new(["REQUEST", "RESULT"]);
        for Entry { step, done, .. } in &self.steps {
            let result = match done {
                true => Cell::new("done", Tone::Good),
                false => Cell::new("failed", Tone::Bad),
            };
            table.row([(*step).into(), result]);
        }
        let mut text = format!("Store: {}\n", self.store);
        if let Some(identity) = &self.identity {
            text.push_str(&format!("Used as {identity}\n"));
        }
        text.push_str(&table.render(width));
        for problem in self.steps.iter().filter_map(|entry| entry.problem.as_ref()) {
            text.push_str(&format!("\n{problem}\n  {}\n", problem.code.action()));
        }
        text
    }
}
