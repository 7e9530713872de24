//! `lazarette demo`

use crate::harness::{PROGRAM, Ran, Workplace};
use std::process::Command;

/// The commands that a demo shows, as somebody would paste them.
fn shown(output: &str) -> Vec<String> {
    let parts = output.split("\n$ ").skip(1);
    parts
        .filter_map(|part| part.split("\n\n").next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_demo_shows_a_backup_a_plan_with_a_conflict_and_a_restore() {
    let workplace = Workplace::empty();
    let shown = workplace.done(&["demo"]);
    for line in [
        "backup demo is whole",
        "~ patch     configmaps shop-staging/storefront",
        "-  greeting: Welcome to a test",
        "+  replicas: 1",
        "Completed: 13 created, 2 changed, 1 skipped.",
        "Plan: 0 to create, 0 to change, 16 to skip.",
    ] {
        assert!(shown.contains(line), "'{line}' is not in\n{shown}");
    }
    let made: Vec<_> = std::fs::read_dir(workplace.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(made, ["lazarette-demo"], "everything is in one folder");
}

#[test]
fn it_touches_nothing_that_is_there() {
    let workplace = Workplace::empty();
    workplace.write("lazarette-demo/mine", "precious");
    workplace.fails(
        &["demo"],
        1,
        "error[AlreadyExists]: lazarette-demo: the folder is not empty",
    );
    assert_eq!(workplace.files("lazarette-demo").len(), 1);
}

#[test]
fn its_commands_can_be_typed() {
    let workplace = Workplace::empty();
    let commands = shown(&workplace.done(&["demo", "--files-only", "--dir", "a folder"]));
    assert!(commands.len() > 4, "{commands:?}");
    for line in commands {
        assert!(line.starts_with(PROGRAM), "{line}");
        let mut shell = Command::new("sh");
        workplace.prepare(shell.args(["-c", &line]));
        let ran: Ran = shell.output().unwrap().into();
        assert_eq!(ran.code, 0, "{line}\n{ran:?}");
    }
}
