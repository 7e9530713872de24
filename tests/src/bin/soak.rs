//! Runs the tests that depend on chance as often as was promised; with all other tests they run a few times only.
//!
//! ```sh
//! cargo run -p lazarette-tests --bin soak            # everything, some hours
//! cargo run -p lazarette-tests --bin soak -- kill    # one of them
//! ```
//!
//! A test that fails shows its seed; `LAZARETTE_SEED=… cargo run …` does the same again.

use lazarette_tests::counts::SOAK;
use std::process::{Command, ExitCode};

/// Tests, and how `cargo test` is told to run them.
struct Soak {
    name: &'static str,
    about: &'static str,
    tests: &'static [&'static str],
}

/// Cases for each law about random input; without `soak` it is 256.
const CASES: &str = "20000";

const SOAKS: [Soak; 6] = [
    Soak {
        name: "kill",
        about: "kill -9 of the API server, etcd and the program, during fifty backups and fifty restores",
        tests: &["-p", "lazarette", "--test", "cluster", "kill::"],
    },
    Soak {
        name: "patches",
        about: "random patches of every built-in kind, by our plugins and by a real API server",
        tests: &["-p", "lazarette-tests", "--test", "modifiers", "server::"],
    },
    Soak {
        name: "store",
        about: "200 faults between the program and Azurite at each of writing, reading, checking and deleting backups",
        tests: &["-p", "lazarette", "--test", "azure", "faults::"],
    },
    Soak {
        name: "hooks",
        about: "200 faults while a pod stands still between its hooks",
        tests: &["-p", "lazarette", "--test", "hooks", "faults::"],
    },
    Soak {
        name: "postgres",
        about: "20 backups of a PostgreSQL that is written to, and its restores, with each of two plugins",
        tests: &["-p", "lazarette", "--test", "hooks", "postgresql::"],
    },
    Soak {
        name: "laws",
        about: "random input for everything that has laws, 20,000 cases each",
        tests: &["--workspace", "--lib"],
    },
];

fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = chosen
        .iter()
        .find(|name| SOAKS.iter().all(|soak| soak.name != **name))
    {
        eprintln!("there is no '{unknown}'; there are:");
        SOAKS
            .iter()
            .for_each(|soak| eprintln!("  {:<10} {}", soak.name, soak.about));
        return ExitCode::from(2);
    }
    let is_chosen = |soak: &&Soak| chosen.is_empty() || chosen.iter().any(|name| name == soak.name);
    let failed: Vec<&str> = SOAKS
        .iter()
        .filter(is_chosen)
        .filter(|soak| !soak.run())
        .map(|soak| soak.name)
        .collect();
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("failed: {}", failed.join(", "));
    ExitCode::FAILURE
}

impl Soak {
    /// Whether all of it went well.
    fn run(&self) -> bool {
        println!("== {}: {}", self.name, self.about);
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["test", "--locked"])
            .args(self.tests)
            .args(["--", "--nocapture"])
            .env(SOAK, "yes")
            .env("PROPTEST_CASES", CASES)
            .status();
        status.is_ok_and(|status| status.success())
    }
}
