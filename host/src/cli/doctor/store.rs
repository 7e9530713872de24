//! `lazarette doctor store`

use super::text::show;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::doctor;
use crate::report::Outcome;
use clap::Args;

/// Check that a store takes files and removes them, and what was never finished in it
///
/// Exit code 1 when it does not.
#[derive(Args, Debug)]
#[command(after_help = examples(&[("A folder", "lazarette doctor store --store file:./backups")]))]
pub(super) struct Store {}

impl Store {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let diagnosis = doctor::check_store(store.as_ref()).await;
        show(session, &diagnosis, "", false)
    }
}
