//! `lazarette import`

mod policy;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Turn what other systems have into resources of Lazarette
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[("A policy of AKS Backup", "lazarette import policy policy.json")])
)]
pub(super) struct ImportCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Policy(policy::ImportPolicy),
}

impl ImportCommand {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::Policy(command) => command.run(session),
        }
    }
}
