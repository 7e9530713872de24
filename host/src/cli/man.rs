//! `lazarette man`

use super::arguments::Arguments;
use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::{Code, Outcome, Problem, ResultOf, did_you_mean};
use clap::{Args, CommandFactory, ValueHint};
use std::path::{Path, PathBuf};

/// Print a manual page, or write all of them into a folder
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Read the page of a command", "lazarette man backup create | man -l -"),
    ("Install all pages for this user", "lazarette man --dir ~/.local/share/man/man1"),
]))]
pub(super) struct Man {
    /// The command whose page to print; without one, that of the program
    #[arg(conflicts_with = "dir")]
    command: Vec<String>,

    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

impl Man {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let mut root = Arguments::command();
        root.build();
        match self.dir {
            Some(folder) => write_all(&root, &folder)?,
            None => session.output.write(&page(find(root, &self.command)?)?.1)?,
        }
        Ok(Outcome::Completed)
    }
}

/// The command that `words` lead to.
fn find(root: clap::Command, words: &[String]) -> ResultOf<clap::Command> {
    words.iter().try_fold(root, |command, word| {
        command.find_subcommand(word).cloned().ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let meant = did_you_mean(word, &known);
            Problem::new(
                Code::InvalidArgument,
                format!("there is no command '{word}'{meant}"),
            )
        })
    })
}

/// A manual page: the name of its file, and its text.
fn page(command: clap::Command) -> ResultOf<(String, String)> {
    let page = clap_mangen::Man::new(command)
        .source(concat!("lazarette ", env!("CARGO_PKG_VERSION")))
        .manual("Lazarette Manual");
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| {
        Problem::new(
            Code::Internal,
            format!("a manual page cannot be written: {error}"),
        )
    })?;
    Ok((page.get_filename(), String::from_utf8_lossy(&text).into_owned()))
}

/// Write the pages of a command and of those below it.
fn write_all(command: &clap::Command, folder: &Path) -> ResultOf<()> {
    let (name, text) = page(command.clone())?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join(name), text))
        .map_err(|error| Problem::new(Code::FileAccess, error.to_string()).about(folder.display()))?;
    let commands = command
        .get_subcommands()
        .filter(|command| command.get_name() != "help");
    commands
        .into_iter()
        .try_for_each(|command| write_all(command, folder))
}
