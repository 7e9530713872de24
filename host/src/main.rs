//! The `lazarette` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    lazarette::cli::main()
}
