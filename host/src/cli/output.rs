//! Standard output: results, in the form that the user chose.

use crate::object::yaml;
use crate::report::{Code, Problem, ResultOf, terminal_width};
use clap::ValueEnum;
use serde::Serialize;
use std::io::{BufWriter, ErrorKind, Write};

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
        match self.format {
            Format::Table => self.write(&text(value, terminal_width())),
            Format::Json => write_json(value),
            Format::Yaml => {
                let json = serde_json::to_value(value).map_err(|error| no_json(&error))?;
                self.write(&yaml::write(&json))
            }
        }
    }

    /// Print `text`, whose colours are taken away where they are not wanted. That the reader has gone away (`| head`)
    /// is no error: it has seen what it wanted.
    pub fn write(self, text: &str) -> ResultOf<()> {
        let mut out = anstream::stdout();
        written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }
}

/// Print `value` piece by piece: the report on a million objects must not stand in the memory as a text.
fn write_json<T: Serialize>(value: &T) -> ResultOf<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let result = serde_json::to_writer_pretty(&mut out, value);
    match result {
        Err(error) if error.is_io() => written(Err(error.into())),
        Err(error) => Err(no_json(&error)),
        Ok(()) => written(out.write_all(b"\n").and_then(|()| out.flush())),
    }
}

fn no_json(error: &serde_json::Error) -> Problem {
    Problem::new(Code::Internal, format!("a result has no JSON: {error}"))
}

fn written(result: std::io::Result<()>) -> ResultOf<()> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Problem::new(
            Code::FileAccess,
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}
