//! `lazarette restore describe`

use super::text::{self, Detail};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::Outcome;
use crate::restore;
use clap::Args;

/// Show what a restore did, object by object
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("What became of each object", "lazarette restore describe nightly-20260301040500 --store file:./backups"),
    ("For scripts", "lazarette restore describe nightly-20260301040500 -o json"),
]))]
pub(super) struct Describe {
    /// Name of the restore
    #[arg(value_name = "RESTORE")]
    name: String,
}

impl Describe {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let report = restore::read_saved(store.as_ref(), &self.name).await?;
        session
            .output
            .show(&report, |report, _| text::render(report, Detail::Objects))?;
        Ok(Outcome::Completed)
    }
}
