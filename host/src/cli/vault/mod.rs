//! `lazarette vault`

mod check;
mod copy;
mod export_key;
mod filter;
mod forget;
mod init;
mod key;
mod list;
mod prune;
mod restore;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Keep the data of volumes in a repository that restic reads
///
/// It is deduplicated, compressed and encrypted, lies below `restic/` in the store of the backups, and is made once with
/// `vault init`. Whoever has its key and `restic` reads it too: `restic -r FOLDER/restic snapshots`.
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[
        ("Make a repository with the key in a file", "lazarette vault init --key-file vault.key --store file:./backups"),
        ("Copy a folder into it", "lazarette vault copy ./data --key-file vault.key --store file:./backups"),
        ("And back", "lazarette vault restore latest --target ./restored --key-file vault.key --store file:./backups"),
    ])
)]
pub(super) struct VaultCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Init(init::Init),
    ExportKey(export_key::ExportKey),
    Copy(copy::Copy),
    List(list::List),
    Restore(restore::Restore),
    Check(check::Check),
    Forget(forget::Forget),
    Prune(prune::Prune),
}

impl VaultCommand {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::Init(command) => command.run(session).await,
            Command::ExportKey(command) => command.run(session).await,
            Command::Copy(command) => command.run(session).await,
            Command::List(command) => command.run(session).await,
            Command::Restore(command) => command.run(session).await,
            Command::Check(command) => command.run(session).await,
            Command::Forget(command) => command.run(session).await,
            Command::Prune(command) => command.run(session).await,
        }
    }
}
