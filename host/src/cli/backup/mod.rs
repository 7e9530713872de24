//! `lazarette backup`

mod copy;
mod create;
mod delete;
mod describe;
mod hooks;
mod list;
mod name;
mod prune;
mod snapshots;
mod undelete;
mod velero;
mod verify;

pub(super) use hooks::{operation as hook_operation, pods};
pub(super) use name::explain;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Make backups, look at them, check them, remove them
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[
        ("Back up a folder of manifests", "lazarette backup create nightly --cluster dir:./manifests --store file:./backups"),
        ("Is it whole?", "lazarette backup verify nightly --store file:./backups"),
    ])
)]
pub(super) struct BackupCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Create(Box<create::Create>),
    List(list::List),
    Describe(describe::Describe),
    Verify(verify::Verify),
    Copy(copy::Copy),
    Delete(delete::Delete),
    Undelete(undelete::Undelete),
    Prune(prune::Prune),
}

impl BackupCommand {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::Create(command) => command.run(session).await,
            Command::List(command) => command.run(session).await,
            Command::Describe(command) => command.run(session).await,
            Command::Verify(command) => command.run(session).await,
            Command::Copy(command) => command.run(session).await,
            Command::Undelete(command) => command.run(session).await,
            Command::Delete(command) => command.run(session).await,
            Command::Prune(command) => command.run(session).await,
        }
    }
}
