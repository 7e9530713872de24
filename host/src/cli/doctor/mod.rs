//! `lazarette doctor`

mod backup;
mod restore;
mod store;
mod text;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Find out whether a backup or a restore could go through, without changing anything
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[
        ("Before the first backup", "lazarette doctor backup --store file:./backups"),
        ("Grant what a restore needs", "lazarette doctor restore nightly --print-roles | kubectl apply -f -"),
    ])
)]
pub(super) struct DoctorCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Backup(backup::Backup),
    Restore(restore::Restore),
    Store(store::Store),
}

impl DoctorCommand {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::Backup(command) => command.run(session).await,
            Command::Restore(command) => command.run(session).await,
            Command::Store(command) => command.run(session).await,
        }
    }
}
