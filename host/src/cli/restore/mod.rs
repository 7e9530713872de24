//! `lazarette restore`

mod create;
mod describe;
mod list;
mod options;
mod plan;
mod text;
mod wait;
mod work;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Plan restores, do them, look at what they did
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[
        ("Every change, before it is made", "lazarette restore plan nightly --cluster dir:./manifests --store file:./backups"),
        ("Make the changes", "lazarette restore create nightly --cluster dir:./manifests --store file:./backups"),
    ])
)]
pub(super) struct RestoreCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Plan(plan::Plan),
    Create(create::Create),
    List(list::List),
    Describe(describe::Describe),
}

impl RestoreCommand {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::Plan(command) => command.run(session).await,
            Command::Create(command) => command.run(session).await,
            Command::List(command) => command.run(session).await,
            Command::Describe(command) => command.run(session).await,
        }
    }
}
