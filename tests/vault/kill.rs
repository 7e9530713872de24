//! Copies that end in the middle.

use crate::commands::{with_key, with_vault};
use crate::harness::Workplace;
use crate::volume::{describe, noise};
use lazarette_tests::restic::Restic;
use std::fs;
use std::process::{Child, Stdio};

/// More than is stored before a signal arrives: several files of the repository.
const SIZE: usize = 60_000_000;

/// Begin a copy, and wait until some of it is stored.
fn begun(workplace: &Workplace) -> Child {
    let words = with_key(&["copy", "data"]);
    let mut command = workplace.command(&words);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while workplace.files("backups/restic/data").is_empty() {
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "it was done before it could be ended"
        );
    }
    child
}

fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// There is no snapshot, and the next copy is whole.
fn assert_goes_on(workplace: &Workplace) {
    assert_eq!(
        workplace.json(&with_key(&["list"]))["snapshots"],
        serde_json::json!([])
    );
    workplace.done(&with_key(&["check", "--read-data"]));
    workplace.done(&with_key(&["copy", "data"]));
    workplace.done(&with_key(&["restore", "latest", "--target", "restored"]));
    assert_eq!(
        describe(&workplace.path("restored")),
        describe(&workplace.path("data"))
    );
    workplace.done(&with_key(&["prune", "--keep-marked", "1ms"]));
    workplace.done(&with_key(&["prune", "--keep-marked", "1ms"]));
    workplace.done(&with_key(&["check", "--read-data"]));
}

fn with_much() -> Workplace {
    let workplace = with_vault();
    fs::write(workplace.path("data/much"), noise(SIZE, 7)).unwrap();
    workplace
}

#[test]
fn a_copy_that_is_killed_leaves_no_snapshot_and_the_next_one_goes_on() {
    let workplace = with_much();
    let mut child = begun(&workplace);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_goes_on(&workplace);
    let Some(restic) = Restic::new(&workplace.path("backups/restic"), &workplace.read("vault.key")) else {
        return;
    };
    restic.done(&["unlock"]);
    restic.done(&["check", "--read-data"]);
}

#[test]
fn a_copy_that_is_interrupted_ends_soon_and_leaves_no_snapshot() {
    let workplace = with_much();
    let child = begun(&workplace);
    signal(&child, "-INT");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(
        ended.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_goes_on(&workplace);
}

#[test]
fn restic_waits_for_a_copy_and_a_copy_for_restic() {
    let workplace = with_much();
    let Some(restic) = Restic::new(&workplace.path("backups/restic"), &workplace.read("vault.key")) else {
        return;
    };
    let mut child = begun(&workplace);
    signal(&child, "-STOP");
    let pruned = restic.run(&["prune"]);
    assert!(
        String::from_utf8_lossy(&pruned.stderr).contains("already locked"),
        "{pruned:?}"
    );
    signal(&child, "-CONT");
    assert!(child.wait().unwrap().success());
    restic.done(&["prune"]);
    assert!(workplace.files("backups/restic/locks").is_empty());
}
