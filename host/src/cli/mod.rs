//! The command line: one file a command; it parses, calls the library and prints.

mod arguments;
mod backup;
mod completions;
mod config;
mod controller;
mod crds;
mod demo;
mod doctor;
mod enable;
mod examples;
mod failure;
mod files;
mod filters;
mod global;
mod hooks;
mod import;
mod install;
mod interrupt;
mod key;
mod man;
mod modify;
mod output;
mod plugin;
mod plugins;
pub mod plugins_file;
mod progress_bar;
mod restore;
mod rules;
mod session;
mod store;
mod thaw;
mod values;
mod vault;
mod version;

use crate::report::{Code, Outcome, Problem};
use arguments::{Arguments, Command};
use clap::Parser;
use failure::{Ended, Failure};
use futures::FutureExt;
use futures::future::BoxFuture;
use session::Session;
use std::process::ExitCode;

/// Run the command that the process was started with. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 130
/// interrupted.
pub fn main() -> ExitCode {
    match completions::answer() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => return failure::from_parser(&error),
    }
    // Who types the bare name wants to know what there is.
    let bare = std::env::args_os().len() == 1;
    let parsed = if bare {
        Arguments::try_parse_from(["lazarette", "--help"])
    } else {
        Arguments::try_parse()
    };
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => return failure::from_parser(&error),
    };
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => ExitCode::from(runtime.block_on(run(arguments))),
        Err(error) => {
            let problem = Problem::new(Code::Internal, format!("no threads can be started: {error}"));
            Failure::from(problem).print(arguments.global.output.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

/// Run a command, print what went wrong, and give its exit code. Boxed, because the demo runs commands.
fn run(arguments: Arguments) -> BoxFuture<'static, u8> {
    async move {
        let Arguments { global, command } = arguments;
        let format = global.output.unwrap_or_default();
        let (ended, format) = match Session::open(global) {
            Ok(session) => (dispatch(command, &session).await, session.output.format),
            Err(problem) => (Err(Failure::from(problem)), format),
        };
        ended.map(Outcome::exit_code).unwrap_or_else(|failure| {
            failure.print(format);
            failure.exit_code()
        })
    }
    .boxed()
}

async fn dispatch(command: Command, session: &Session) -> Ended<Outcome> {
    match command {
        Command::Demo(command) => command.run(session).await,
        Command::Backup(command) => command.run(session).await,
        Command::Restore(command) => command.run(session).await,
        Command::Modify(command) => command.run(session).await,
        Command::Plugin(command) => command.run(session).await,
        Command::Store(command) => command.run(session).await,
        Command::Vault(command) => command.run(session).await,
        Command::Thaw(command) => command.run(session).await,
        Command::Controller(command) => command.run(session).await,
        Command::Install(command) => command.run(session),
        Command::Enable(command) => command.run(session),
        Command::Crds(command) => command.run(session),
        Command::Import(command) => command.run(session),
        Command::Doctor(command) => command.run(session).await,
        Command::Key(command) => command.run(session),
        Command::Completions(command) => command.run(session),
        Command::Man(command) => command.run(session),
        Command::Version => version::run(session),
    }
}
