//! Standard output: results, in the form that the user chose.

use crate::object::yaml;
use crate::report::{Code, Problem, ResultOf, terminal_width};
use clap::ValueEnum;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// The form in which results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people
    #[default]
    Table,
    /// JSON for programs
    Json,
    /// The same as JSON, in YAML
    Yaml,
}

/// Where results go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Output {
    /// The form of results.
    pub format: Format,
}

impl Output {
    /// Print `value`: for people as the `text` that is made for a terminal of a number of columns (none: no terminal,
    /// lines may be as long as they need), and for programs as it is.
    pub fn show<T: Serialize>(self, value: &T, text: impl FnOnce(&T, Option<u16>) -> String) -> ResultOf<()> {
        let internal =
            |error: serde_json::Error| Problem::new(Code::Internal, format!("a result has no JSON: {error}"));
        match self.format {
            Format::Table => self.write(&text(value, terminal_width())),
            Format::Json => self.write(&format!(
                "{}\n",
                serde_json::to_string_pretty(value).map_err(internal)?
            )),
            Format::Yaml => self.write(&yaml::write(&serde_json::to_value(value).map_err(internal)?)),
        }
    }

    /// Print `text`, whose colours are taken away where they are not wanted. That the reader has gone away (`| head`)
    /// is no error: it has seen what it wanted.
    pub fn write(self, text: &str) -> ResultOf<()> {
        let mut out = anstream::stdout();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Problem::new(
                Code::FileAccess,
                format!("cannot write to standard output: {error}"),
            )),
            _ => Ok(()),
        }
    }
}
