//! `lazarette restore create`

use super::options::{Mode, Options, outcome};
use super::text::{self, Detail};
use super::wait::WaitOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::cli::values::restore_name;
use crate::report::Outcome;
use crate::restore;
use clap::Args;
use jiff::Timestamp;

/// Restore a backup
///
/// The report is kept with the backups, for `restore describe`. Exit code 3 when some objects could not be restored, 1
/// when with --wait something is not ready in time.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Bring back what is missing, leave alone what is there", "lazarette restore create nightly --cluster dir:./manifests --store file:./backups"),
    ("Bring edited fields back too, but not in Secrets", "lazarette restore create nightly --conflict-policy patch,secrets=skip"),
    ("Until what was restored runs", "lazarette restore create nightly --wait --wait-timeout 10m"),
    ("One namespace, under another name", "lazarette restore create nightly --include-namespaces shop --namespace-mappings shop:shop-staging"),
]))]
pub(super) struct Create {
    /// Name of the restore [default: that of the backup and the time]
    #[arg(long, value_parser = restore_name)]
    name: Option<String>,

    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    wait: WaitOptions,
}

impl Create {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let now = Timestamp::now().strftime("%Y%m%d%H%M%S");
        let name = self
            .name
            .unwrap_or_else(|| format!("{}-{now}", self.options.backup));
        restore::check_unused(store.as_ref(), &name).await?;
        let report = self.options.run(session, name, Mode::Apply).await?;
        if let Err(error) = restore::save(store.as_ref(), &report).await {
            session.warn(format!("the report of the restore is not kept: {error}"));
        }
        session
            .output
            .show(&report, |report, _| text::render(report, Detail::Exceptions))?;
        let ended = outcome(&report)?;
        self.wait.run(session, &report).await?;
        Ok(ended)
    }
}
