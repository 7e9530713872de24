//! `cargo run -p lazarette-build-plugins`: build the built-in plugins into `plugins/dist`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let workspace = lazarette_build_plugins::workspace();
    let built = lazarette_build_plugins::find_toolchain()
        .and_then(|toolchain| lazarette_build_plugins::build(&workspace, &toolchain));
    match built {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
