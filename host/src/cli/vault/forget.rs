//! `lazarette vault forget`

use super::key::KeyOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::Outcome;
use crate::vault::{self, Forgotten};
use clap::Args;
use std::collections::BTreeSet;

/// Forget snapshots
///
/// What only they needed stays in the store until `vault prune` has run.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Two snapshots", "lazarette vault forget 0a1b2c3d 4e5f6a7b --key-file vault.key --store file:./backups"),
]))]
pub(super) struct Forget {
    /// The beginnings of the snapshots' ids
    #[arg(value_name = "SNAPSHOT", required = true)]
    snapshots: Vec<String>,

    #[command(flatten)]
    key: KeyOptions,
}

impl Forget {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let vault = self.key.open(session).await?;
        let mut keep: BTreeSet<_> = vault
            .snapshots()
            .await?
            .iter()
            .map(|snapshot| snapshot.id)
            .collect();
        for name in &self.snapshots {
            keep.remove(&vault.find(name, |_| true).await?.id);
        }
        let forgotten = vault::forget(&vault, &keep).await?;
        session.output.show(&forgotten, |Forgotten { forgotten }, _| {
            forgotten
                .iter()
                .map(|id| format!("forgot snapshot {}\n", id.short()))
                .collect()
        })?;
        Ok(Outcome::Completed)
    }
}
