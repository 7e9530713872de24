//! `lazarette plugin`

mod inspect;
mod list;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, Subcommand};

/// Look at plugins
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[
        ("What is built in", "lazarette plugin list"),
        ("What a file asks for", "lazarette plugin inspect ./my-plugin.wasm"),
    ])
)]
pub(super) struct PluginCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    List(list::List),
    Inspect(inspect::Inspect),
}

impl PluginCommand {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::List(command) => command.run(session),
            Command::Inspect(command) => command.run(session),
        }
    }
}
