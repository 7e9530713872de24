//! `lazarette plugin`

pub(in crate::cli) mod activity;
mod bench;
mod inspect;
mod list;
mod new;
mod pack;
mod pull;
mod push;
mod run;
mod test;

use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::object::yaml;
use crate::report::Outcome;
use clap::{Args, Subcommand};
use serde_json::Value;

/// Look at plugins, write and test your own
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[
        ("What is built in", "lazarette plugin list"),
        ("What a file asks for", "lazarette plugin inspect ./my-plugin.wasm"),
        ("Begin one of your own", "lazarette plugin new label --world resource-modifier"),
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
    New(new::New),
    Test(test::Test),
    Run(run::Run),
    Bench(bench::Bench),
    Pack(pack::Pack),
    Push(push::Push),
    Pull(pull::Pull),
}

impl PluginCommand {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        match self.command {
            Command::List(command) => command.run(session),
            Command::Inspect(command) => command.run(session),
            Command::New(command) => command.run(session),
            Command::Test(command) => command.run(session),
            Command::Run(command) => command.run(session),
            Command::Bench(command) => command.run(session),
            Command::Pack(command) => command.run(session),
            Command::Push(command) => command.run(session).await,
            Command::Pull(command) => command.run(session).await,
        }
    }
}

/// A plugin's configuration as it is typed: JSON or YAML, or `@` and the file that it stands in.
pub(super) fn config_value(text: &str) -> Result<Value, String> {
    let (text, name) = match text.strip_prefix('@') {
        Some(file) => (
            std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
            file,
        ),
        None => (text.to_owned(), "it"),
    };
    match yaml::parse(&text).map_err(|error| format!("{name}: {error}"))? {
        config @ Value::Object(_) => Ok(config),
        _ => Err(format!("{name} is no object, such as {{\"key\": \"value\"}}")),
    }
}
