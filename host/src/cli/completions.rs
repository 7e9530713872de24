//! `lazarette completions`, and what a shell asks for while somebody types.

use super::arguments::Arguments;
use super::examples::examples;
use super::failure::Ended;
use super::global::Global;
use super::session::Session;
use crate::archive;
use crate::report::{Code, Outcome, Problem};
use clap::{Args, CommandFactory, FromArgMatches};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};
use std::time::Duration;

/// The variable in which the script that a shell has read says which shell it is. The words typed so far come after `--`.
const ASKED: &str = "LAZARETTE_COMPLETE";

/// Who waits for names longer than this types them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Print a script that completes commands, options and names of backups in a shell
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("For this user's bash", "lazarette completions bash > ~/.local/share/bash-completion/completions/lazarette"),
    ("For zsh, in a folder of its $fpath", "lazarette completions zsh > _lazarette"),
]))]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let shells = Shells::builtins();
        let shell = shells.completer(&self.shell.to_string());
        let mut script = Vec::new();
        shell
            .map(|shell| shell.write_registration(ASKED, "lazarette", "lazarette", "lazarette", &mut script))
            .transpose()
            .map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
        session.output.write(&String::from_utf8_lossy(&script))?;
        Ok(Outcome::Completed)
    }
}

/// Answer a shell that asks what may come next, if it is one that started this process. False: somebody wants a command.
pub(super) fn answer() -> Result<bool, clap::Error> {
    let here = std::env::current_dir().ok();
    CompleteEnv::with_factory(Arguments::command)
        .var(ASKED)
        .try_complete(std::env::args_os(), here.as_deref())
}

/// The names of the backups in the store that the words typed so far, the environment or the configuration file name.
pub(super) fn backups() -> ArgValueCandidates {
    ArgValueCandidates::new(|| names().unwrap_or_default())
}

/// None where there is no store, or it does not answer soon: nobody wants to read errors while typing.
fn names() -> Option<Vec<CompletionCandidate>> {
    let typed = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let matches = Arguments::command()
        .ignore_errors(true)
        .try_get_matches_from(typed)
        .ok()?;
    let session = Session::open(Global::from_arg_matches(&matches).ok()?).ok()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .ok()?;
    let listed = runtime.block_on(async {
        let store = session.stored().ok()?;
        let list = tokio::time::timeout(PATIENCE, archive::list(store.as_ref()));
        list.await.ok()?.ok()
    });
    runtime.shutdown_background();
    let listed = listed?;
    let ours = listed.backups.iter().map(|backup| &backup.name);
    let names = ours.chain(listed.of_velero.iter().map(|backup| &backup.name));
    Some(
        names
            .map(|name| CompletionCandidate::new(name.as_str()))
            .collect(),
    )
}
