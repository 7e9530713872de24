//! The command line: one file a command; it parses, calls the library and prints.

use std::process::ExitCode;

/// Run the command that the process was started with.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
