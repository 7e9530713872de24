//! `lazarette restore plan`

use super::options::{Mode, Options, outcome};
use super::text::{self, Detail};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::Outcome;
use clap::Args;

/// Show every change that a restore would make, and make none
///
/// Goes through the same steps as the restore itself, up to the last. Values of Secrets are not shown. Exit code 3 when
/// some objects could not be restored.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A clone of a namespace beside the original", "lazarette restore plan nightly --namespace-mappings shop:shop-staging --include-namespaces shop"),
    ("With the resource modifiers of AKS Backup or Velero", "lazarette restore plan nightly --resource-modifiers rules.yaml --conflict-policy patch"),
    ("Only one line for each object", "lazarette restore plan nightly --summary"),
]))]
pub(super) struct Plan {
    /// Leave out the differences
    #[arg(long)]
    summary: bool,

    #[command(flatten)]
    options: Options,
}

impl Plan {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let detail = if self.summary {
            Detail::Objects
        } else {
            Detail::Differences
        };
        let report = self.options.run(session, "plan".to_owned(), Mode::Plan).await?;
        session
            .output
            .show(&report, |report, _| text::render(report, detail))?;
        outcome(&report)
    }
}
