//! Every command in the README works, and so do those of the other documents.

use crate::harness::{ASSETS, PROGRAM, Ran, Workplace};
use std::process::Command;

const README: &str = include_str!("../../README.md");

const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");

/// What stands above commands that a test cannot run, with the reason.
const NOT_RUN: &str = "<!-- not run: ";

/// The blocks of shell commands in a document that are to be run.
fn blocks(document: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    let mut above = "";
    while let Some(line) = lines.next() {
        if line == "```sh" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if !above.starts_with(NOT_RUN) {
                blocks.push(block.join("\n"));
            }
        }
        above = line;
    }
    blocks
}

#[test]
fn every_command_of_the_readme_works() {
    let workplace = Workplace::empty();
    std::fs::create_dir(workplace.path("bin")).unwrap();
    std::os::unix::fs::symlink(PROGRAM, workplace.path("bin/lazarette")).unwrap();
    let script = [blocks(README), blocks(CONTRIBUTING)].concat().join("\n");
    assert!(
        script.contains("lazarette restore plan"),
        "the README has no tour any more:\n{script}"
    );

    let mut shell = Command::new("sh");
    workplace.prepare(shell.args(["-euxc", &format!("cp -r '{ASSETS}/cluster' manifests\n{script}")]));
    let path = format!(
        "{}:{}",
        workplace.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let ran: Ran = shell
        .env("PATH", path)
        .env_remove("LAZARETTE_CLUSTER")
        .env_remove("LAZARETTE_STORE")
        .output()
        .unwrap()
        .into();
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let command = README
        .split("## Run all tests")
        .nth(1)
        .and_then(|rest| rest.split("```sh\n").nth(1));
    assert_eq!(
        command.and_then(|rest| rest.lines().next()),
        Some("cargo test --workspace --all-features")
    );
    assert!(include_str!("../../.ci/run").contains("Run all tests"));
}
