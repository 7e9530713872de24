//! The words of the command line.

use super::backup::BackupCommand;
use super::completions::Completions;
use super::controller::Controller;
use super::crds::Crds;
use super::demo::Demo;
use super::doctor::DoctorCommand;
use super::enable::Enable;
use super::examples::examples;
use super::global::Global;
use super::import::ImportCommand;
use super::install::Install;
use super::key::KeyCommand;
use super::man::Man;
use super::modify::Modify;
use super::plugin::PluginCommand;
use super::restore::RestoreCommand;
use super::store::StoreCommand;
use super::thaw::Thaw;
use super::vault::VaultCommand;
use clap::{Parser, Subcommand};

/// Back up a Kubernetes cluster and bring it back to life.
///
/// Whatever is decided about an object on its way back (how it is patched, what happens when it exists already) is
/// decided by a plugin in a WebAssembly sandbox. `restore plan` shows every change before it is made.
#[derive(Parser, Debug)]
#[command(
    name = "lazarette",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples(&[
        ("See it work", "lazarette demo"),
        ("Back up a folder of manifests", "lazarette backup create nightly --cluster dir:./manifests --store file:./backups"),
        ("What is in the store", "lazarette backup list --store file:./backups"),
    ])
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub global: Global,

    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(super) enum Command {
    Demo(Demo),
    Backup(BackupCommand),
    Restore(RestoreCommand),
    Modify(Modify),
    Plugin(PluginCommand),
    Store(StoreCommand),
    Vault(VaultCommand),
    Doctor(DoctorCommand),
    Thaw(Thaw),
    Install(Install),
    Enable(Enable),
    Controller(Controller),
    Crds(Crds),
    Import(ImportCommand),
    Key(KeyCommand),
    Completions(Completions),
    Man(Man),
    /// Print the versions of the program and of the contract that plugins are built for
    #[command(after_help = examples(&[("For scripts", "lazarette version -o json")]))]
    Version,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Each command with the words that lead to it.
    fn all(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        found.push((path.to_owned(), command.clone()));
        for child in command
            .get_subcommands()
            .filter(|child| child.get_name() != "help")
        {
            all(child, &format!("{path} {}", child.get_name()), found);
        }
    }

    fn commands() -> Vec<(String, clap::Command)> {
        let mut found = Vec::new();
        all(&Arguments::command(), "lazarette", &mut found);
        found
    }

    #[test]
    fn the_definition_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_is_for() {
        for (path, command) in commands() {
            assert!(command.get_about().is_some(), "{path} has no description");
        }
    }

    #[test]
    fn every_command_has_examples_and_they_can_be_typed() {
        for (path, command) in commands() {
            let help = command
                .get_after_help()
                .unwrap_or_else(|| panic!("{path} has no examples"))
                .to_string();
            let lines: Vec<&str> = help
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with("lazarette"))
                .collect();
            assert!(!lines.is_empty(), "{path} has no examples");
            for line in lines {
                let words = line
                    .split_whitespace()
                    .take_while(|word| !matches!(*word, "|" | ">" | "<"))
                    .map(|word| word.trim_matches('\''))
                    // A file of the reader's.
                    .map(|word| if word.starts_with('@') { "{}" } else { word });
                let parsed = Arguments::try_parse_from(words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                assert!(line.starts_with(&path), "'{line}' is no example of {path}");
            }
        }
    }
}
