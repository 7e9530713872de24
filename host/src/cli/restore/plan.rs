//! `lazarette restore plan`

use super::options::Options;
use super::text::{self, Detail};
use super::work::{Mode, outcome, work};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::rules;
use crate::cli::session::Session;
use crate::report::Outcome;
use crate::restore::{PlanKey, RestoreRequest, SavedPlan};
use clap::{Args, ValueHint};
use jiff::Timestamp;
use std::path::PathBuf;

/// Show every change that a restore would make, and make none
///
/// Goes through the same steps as the restore itself, up to the last. Values of Secrets are not shown. Exit code 3 when
/// some objects could not be restored.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A clone of a namespace beside the original", "lazarette restore plan nightly --namespace-mappings shop:shop-staging --include-namespaces shop"),
    ("With the resource modifiers of AKS Backup or Velero", "lazarette restore plan nightly --resource-modifiers rules.yaml --conflict-policy patch"),
    ("Look at it, keep it, and do exactly that later", "lazarette restore plan nightly --save plan.json"),
]))]
pub(super) struct Plan {
    /// Leave out the differences
    #[arg(long)]
    summary: bool,

    /// Ask the server what it would say to each object that would be written, which changes nothing
    #[arg(long)]
    server_dry_run: bool,

    /// Keep the plan in this file, for `restore create --plan`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    save: Option<PathBuf>,

    #[command(flatten)]
    options: Box<Options>,
}

impl Plan {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let detail = if self.summary {
            Detail::Objects
        } else {
            Detail::Differences
        };
        let host = session.plugins()?;
        let (specification, plugins) = self.options.specification(session, &host).await?;
        let key = self.save.is_some().then(PlanKey::random);
        let mut request = RestoreRequest {
            server_dry_run: self.server_dry_run,
            plan_key: key.clone(),
            ..specification.request("plan".to_owned(), Timestamp::now(), plugins.by_name.clone())?
        };
        rules::add_applied(&mut request.modifiers, &plugins, session)?;
        let report = work(request, &specification.backup, session, &host, Mode::Plan).await?;
        session
            .output
            .show(&report, |report, _| text::render(report, detail))?;
        let ended = outcome(&report)?;
        if let (Some(file), Some(key)) = (&self.save, key) {
            SavedPlan::new(key, specification, report).write(file)?;
            session.say(&format!(
                "The plan is kept in {0}. `lazarette restore create --plan {0}` does what it says.",
                file.display()
            ));
        }
        Ok(ended)
    }
}
