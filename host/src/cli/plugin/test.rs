//! `lazarette plugin test`

use crate::authoring::{AuthoringError, CaseFile, CaseResult, Component, Suite, updated};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Outcome, ResultOf, paint_diff};
use anstyle::{AnsiColor, Style};
use clap::{Args, ValueHint};
use std::fmt::Write;
use std::path::PathBuf;

/// Run the cases of a plugin against its component
///
/// Cases lie in `cases/*.yaml` beside the component's project. Each is a YAML document: what the plugin is given (`config`;
/// `object`, or `wanted` and `live`, or `pod` and `event`; `cluster` for look-ups; `exec` for how commands end), and below
/// `expect` what is to come out. What the manifest asks for is granted. Exit code 3 when a case failed.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("The project in this folder", "lazarette plugin test"),
    ("A component", "lazarette plugin test target/wasm32-wasip2/release/label.wasm"),
    ("Take what comes out as what is expected", "lazarette plugin test --update"),
]))]
pub(super) struct Test {
    /// Folder of a project that was built, or a component below it
    #[arg(value_name = "DIR|FILE", default_value = ".", value_hint = ValueHint::AnyPath)]
    plugin: PathBuf,

    /// Write what comes out into the cases, in the place of what was expected
    #[arg(long)]
    update: bool,
}

impl Test {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let component = Component::find(&self.plugin)?;
        let files = CaseFile::read_all(&component.folder)?;
        let host = session.plugins()?;
        let suite = Suite::new(&host, &component)?;
        let mut results = Vec::new();
        for file in &files {
            let of_file = suite.run(file);
            if self.update {
                update(file, &of_file)?;
            }
            results.extend(of_file);
        }
        session
            .output
            .show(&results, |results, _| text(results, self.update))?;
        let failed = results.iter().filter(|result| !result.passed()).count();
        Ok(Outcome::of_failures(if self.update { 0 } else { failed }))
    }
}

fn update(file: &CaseFile, results: &[CaseResult]) -> ResultOf<()> {
    if results.iter().all(CaseResult::passed) {
        return Ok(());
    }
    std::fs::write(&file.path, updated(file, results)).map_err(|cause| AuthoringError::File {
        file: file.path.display().to_string(),
        cause,
    })?;
    Ok(())
}

fn text(results: &[CaseResult], updated: bool) -> String {
    let (red, green) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
    let bold = Style::new().bold();
    let mut text = String::new();
    for result in results {
        let (style, word) = match (&result.difference, updated) {
            (None, _) => (green, "ok"),
            (Some(_), true) => (green, "updated"),
            (Some(_), false) => (red, "FAILED"),
        };
        let _ = writeln!(text, "{style}{word:<8}{style:#}{}", result.name);
        if let (Some(difference), false) = (&result.difference, updated) {
            let _ = writeln!(
                text,
                "{bold}{}:{}{bold:#}  - expected, + came out",
                result.file, result.line
            );
            text.push_str(&paint_diff(difference));
        }
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    let _ = match updated {
        true => writeln!(text, "{} cases, {failed} updated", results.len()),
        false => writeln!(text, "{} cases, {failed} failed", results.len()),
    };
    text
}
