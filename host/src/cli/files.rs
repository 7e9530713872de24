//! Files that the user names.

use crate::report::{Code, Problem, ResultOf};
use std::io::ErrorKind;
use std::path::Path;

/// The text of a file.
pub(super) fn read(file: &Path) -> ResultOf<String> {
    std::fs::read_to_string(file).map_err(|error| unreadable(&error).about(file.display()))
}

/// Why a text could not be read.
pub(super) fn unreadable(error: &std::io::Error) -> Problem {
    match error.kind() {
        ErrorKind::NotFound => Problem::new(Code::NotFound, "there is no such file"),
        ErrorKind::InvalidData => Problem::new(Code::InvalidDocument, "it is no text in UTF-8"),
        ErrorKind::IsADirectory => Problem::new(Code::InvalidArgument, "it is a folder; a file is expected"),
        _ => Problem::new(Code::FileAccess, error.to_string()),
    }
}
