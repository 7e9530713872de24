//! How a command fails: what is printed, and the exit code.

use super::output::Format;
use crate::report::{Code, Problem};
use anstyle::{AnsiColor, Style};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// Everything that made a command fail; at least one problem.
#[derive(Debug)]
pub(super) struct Failure(pub Vec<Problem>);

/// What a command ends in.
pub(super) type Ended<T> = Result<T, Failure>;

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(vec![error.into()])
    }
}

impl Failure {
    /// Print the problems on standard error.
    pub fn print(&self, format: Format) {
        match format {
            Format::Json => say(&json!({"errors": self.0}).to_string()),
            Format::Table | Format::Yaml => say(&explain(&self.0)),
        }
    }

    /// The exit code: 2 for what the user typed or wrote wrong, 130 when interrupted, else 1.
    pub fn exit_code(&self) -> u8 {
        match self.0.first().map(|problem| problem.code) {
            Some(Code::InvalidArgument | Code::InvalidModifiers | Code::InvalidHooks) => 2,
            Some(Code::Cancelled) => INTERRUPTED,
            _ => 1,
        }
    }
}

/// The exit code of a command that its user interrupted: 128 and the number of SIGINT, as shells have it.
pub(super) const INTERRUPTED: u8 = 130;

/// `error[Code]: message` for each problem, and below the last one of each code what to do.
pub(super) fn explain(problems: &[Problem]) -> String {
    let (red, bold) = (AnsiColor::Red.on_default().bold(), Style::new().bold());
    let mut lines = Vec::new();
    for (index, problem) in problems.iter().enumerate() {
        let code = problem.code;
        lines.push(format!("{red}error[{}]{red:#}: {problem}", code.name()));
        let mut later = problems.iter().skip(index + 1);
        if !later.any(|other| other.code == code) {
            lines.push(format!("{bold}help{bold:#}: {}", code.action()));
        }
    }
    lines.join("\n")
}

/// Print a line on standard error. Where nobody can read it there is nobody to tell.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Print what the parser of the command line has to say: help on standard output, an error on standard error.
pub(super) fn from_parser(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help that nobody reads any more, as in `--help | head`, is no error.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if json_is_wanted() {
        Failure::from(Problem::new(Code::InvalidArgument, in_one_line(error))).print(Format::Json);
    } else {
        let text = error.render().ansi().to_string();
        say(text.replacen("error:", "error[InvalidArgument]:", 1).trim_end());
    }
    ExitCode::from(2)
}

/// What the parser has to say, without what only people at a terminal need.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("For more"));
    lines
        .collect::<Vec<_>>()
        .join("; ")
        .trim_start_matches("error: ")
        .to_owned()
}

/// Whether the words of a command that cannot be parsed ask for JSON.
fn json_is_wanted() -> bool {
    let words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let after_option = words
        .windows(2)
        .any(|pair| matches!(pair, [option, form] if is_output(option) && form == "json"));
    after_option
        || words
            .iter()
            .any(|word| matches!(word.as_str(), "-ojson" | "-o=json" | "--output=json"))
        || std::env::var("LAZARETTE_OUTPUT").is_ok_and(|form| form == "json")
}

fn is_output(word: &str) -> bool {
    word == "-o" || word == "--output"
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Code::InvalidArgument, 2)]
    #[case(Code::InvalidModifiers, 2)]
    #[case(Code::InvalidHooks, 2)]
    #[case(Code::Cancelled, 130)]
    #[case(Code::NotFound, 1)]
    #[case(Code::Internal, 1)]
    fn exit_codes(#[case] code: Code, #[case] expected: u8) {
        assert_eq!(Failure::from(Problem::new(code, "")).exit_code(), expected);
    }

    #[test]
    fn an_error_says_what_and_where_and_what_to_do() {
        let problems = [
            Problem::new(Code::InvalidModifiers, "line 1: no").about("rules.yaml"),
            Problem::new(Code::NotFound, "there is no such backup"),
            Problem::new(Code::InvalidModifiers, "line 2: no").about("rules.yaml"),
        ];
        let expected = format!(
            "error[InvalidModifiers]: rules.yaml: line 1: no\nerror[NotFound]: there is no such backup\nhelp: {}\n\
             error[InvalidModifiers]: rules.yaml: line 2: no\nhelp: {}",
            Code::NotFound.action(),
            Code::InvalidModifiers.action()
        );
        assert_eq!(
            anstream::adapter::strip_str(&explain(&problems)).to_string(),
            expected
        );
    }
}
