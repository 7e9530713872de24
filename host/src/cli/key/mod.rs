//! `lazarette key`

mod generate;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Make keys that encrypt and sign backups
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[("A key to encrypt to", "lazarette key generate identity.txt")])
)]
pub(super) struct KeyCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Generate(generate::Generate),
}

impl KeyCommand {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::Generate(command) => command.run(session),
        }
    }
}
