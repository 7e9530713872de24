//! `lazarette plugin new`

use crate::authoring::{Language, Project};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::plugin::World;
use crate::report::Outcome;
use clap::{Args, ValueEnum, ValueHint};
use serde_json::json;
use std::path::PathBuf;

/// Begin a plugin of your own: a project that builds, and whose tests pass
///
/// It holds the source with one worked decision, cases, the contract, and a README that says how to build it. Nothing
/// else of Lazarette is needed.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("In Rust", "lazarette plugin new label --world resource-modifier"),
    ("In JavaScript", "lazarette plugin new keep --world conflict-resolver --lang javascript"),
    ("In Python", "lazarette plugin new freeze --world pod-hook --lang python"),
]))]
pub(super) struct New {
    /// What it is called: lower-case letters, digits and '-'
    name: String,

    /// What it does
    #[arg(long, value_enum)]
    world: WorldOption,

    /// What it is written in
    #[arg(long, value_enum, default_value = "rust")]
    lang: LanguageOption,

    /// Folder for it [default: its name]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WorldOption {
    /// Changes objects
    ResourceModifier,
    /// Decides what happens when an object exists already
    ConflictResolver,
    /// Acts around pods
    PodHook,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageOption {
    /// Small and fast
    Rust,
    /// With npm and componentize-js
    Javascript,
    /// With pip and componentize-py
    Python,
}

impl New {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let project = Project::new(&self.name, self.world.into(), self.lang.into())?;
        let folder = self.folder.unwrap_or_else(|| PathBuf::from(&self.name));
        project.write(&folder)?;
        let shown = folder.display().to_string();
        session.output.show(&json!({"folder": shown}), |_, _| {
            format!("{shown} is there. {shown}/README.md says how to build and test it.\n")
        })?;
        Ok(Outcome::Completed)
    }
}

impl From<WorldOption> for World {
    fn from(option: WorldOption) -> World {
        match option {
            WorldOption::ResourceModifier => World::ResourceModifier,
            WorldOption::ConflictResolver => World::ConflictResolver,
            WorldOption::PodHook => World::PodHook,
        }
    }
}

impl From<LanguageOption> for Language {
    fn from(option: LanguageOption) -> Language {
        match option {
            LanguageOption::Rust => Language::Rust,
            LanguageOption::Javascript => Language::Javascript,
            LanguageOption::Python => Language::Python,
        }
    }
}
