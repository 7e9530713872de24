//! `lazarette store`

mod check;
mod cleanup;
mod protect;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Look after a store
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[("Can it be used?", "lazarette store check --store azblob://ACCOUNT/backups"), ("Remove what was never finished", "lazarette store cleanup --store file:./backups")])
)]
pub(crate) struct StoreCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Check(check::Check),
    Cleanup(cleanup::Cleanup),
    Protect(protect::Protect),
}

impl StoreCommand {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::Check(command) => command.run(session).await,
            Command::Cleanup(command) => command.run(session).await,
            Command::Protect(command) => command.run(session).await,
        }
    }
}
