//! `lazarette completions`

use super::arguments::Arguments;
use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::Outcome;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a script that completes commands and options in a shell
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
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "lazarette", &mut script);
        session.output.write(&String::from_utf8_lossy(&script))?;
        Ok(Outcome::Completed)
    }
}
