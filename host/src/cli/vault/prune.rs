//! `lazarette vault prune`

use super::key::KeyOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::report::{Outcome, Progress, units};
use crate::vault::{self, Pruned};
use clap::Args;
use jiff::SignedDuration;

/// Remove what no snapshot needs
///
/// Copies may go on meanwhile: what is of no use any more is marked, and removed by a later prune when it has been marked
/// for --keep-marked.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Each day", "lazarette vault prune --key-file vault.key --store file:./backups"),
    ("Where no copy runs", "lazarette vault prune --keep-marked 1s"),
]))]
pub(super) struct Prune {
    /// How long what is of no use stays: longer than any copy takes
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "24h")]
    keep_marked: SignedDuration,

    #[command(flatten)]
    key: KeyOptions,
}

impl Prune {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let vault = self.key.open(session).await?;
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let pruned = {
            let _watched = session.watch(&progress);
            vault::prune(&vault, self.keep_marked, &progress, &cancellation).await?
        };
        session.output.show(&pruned, |pruned, _| text(pruned))?;
        Ok(Outcome::Completed)
    }
}

fn text(pruned: &Pruned) -> String {
    format!(
        "removed {}, marked {} to go later, wrote {} anew; snapshots need {}\n",
        units::size(pruned.bytes_removed),
        units::size(pruned.bytes_marked),
        units::size(pruned.bytes_rewritten),
        units::size(pruned.bytes_used),
    )
}
