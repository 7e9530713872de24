//! `lazarette demo`

mod files;
mod steps;

use super::arguments::Arguments;
use super::examples::examples;
use super::failure::Ended;
use super::session::Session;
use crate::report::{Code, Outcome, Problem};
use anstyle::{AnsiColor, Style};
use clap::{Args, Parser, ValueHint};
use std::path::PathBuf;
use steps::{Step, steps};

/// Show a backup, the plan of a restore, and the restore, of an example application
///
/// Needs nothing, and keeps everything that it makes in one folder. Each step shows the command that does it.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Watch", "lazarette demo"),
    ("Get the files, and type the commands yourself", "lazarette demo --files-only"),
]))]
pub(super) struct Demo {
    /// The folder to make; it must not be there yet, or be empty
    #[arg(long, value_name = "PATH", default_value = "lazarette-demo", value_hint = ValueHint::DirPath)]
    dir: PathBuf,

    /// Make the files, and only show the commands
    #[arg(long)]
    files_only: bool,
}

impl Demo {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        files::write(&self.dir)?;
        let steps = steps(&self.dir)?;
        let count = steps.len();
        for (number, step) in steps.into_iter().enumerate() {
            session.output.write(&heading(number + 1, count, &step))?;
            if !self.files_only {
                run_step(step).await?;
            }
        }
        session.output.write(&farewell(&self.dir))?;
        Ok(Outcome::Completed)
    }
}

fn heading(number: usize, count: usize, step: &Step) -> String {
    let (title, dollar) = (
        Style::new().bold().underline(),
        AnsiColor::Cyan.on_default().bold(),
    );
    let Step {
        title: what,
        explanation,
        ..
    } = step;
    format!(
        "\n{title}{number}/{count} {what}{title:#}\n{explanation}\n\n{dollar}${dollar:#} {}\n\n",
        step.command()
    )
}

/// Run the command of a step as if it had been typed.
async fn run_step(step: Step) -> Ended<()> {
    let words = std::iter::once("lazarette".to_owned()).chain(step.words);
    let wrong =
        |error: clap::Error| Problem::new(Code::Internal, format!("a command of the demo is wrong: {error}"));
    match super::run(Arguments::try_parse_from(words).map_err(wrong)?).await {
        0 => Ok(()),
        code => Err(Problem::new(
            Code::Internal,
            format!("a command of the demo ended with exit code {code}"),
        )
        .into()),
    }
}

fn farewell(folder: &std::path::Path) -> String {
    format!(
        "\nEverything is in {0}: the manifests in {0}/cluster, the store in {0}/backups, the rules in {0}/rules.yaml.\n\
         Change the manifests and plan again; delete the folder when you are done.\n",
        folder.display()
    )
}
