//! Ctrl-C.

use crate::harness::{Ran, Workplace};
use std::fmt::Write;
use std::process::{Command, Stdio};

/// More than can be written before a signal arrives.
const OBJECTS: usize = 30_000;

/// A folder of so many config maps as the cluster.
fn with_objects(count: usize) -> Workplace {
    let workplace = Workplace::empty();
    let mut manifests = String::new();
    for number in 0..count {
        let _ = write!(
            manifests,
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{number}}}}}\n---\n"
        );
    }
    workplace.write("cluster/many.yaml", &manifests);
    workplace
}

/// Run a command, and interrupt it once there are files in `folder`.
fn interrupt(workplace: &Workplace, words: &[&str], folder: &str) -> Ran {
    let mut command = workplace.command(words);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while workplace.files(folder).is_empty() {
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "it was done before it could be interrupted"
        );
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    child.wait_with_output().unwrap().into()
}

#[test]
fn an_interrupted_restore_goes_on_under_its_name() {
    let workplace = with_objects(OBJECTS / 15);
    workplace.done(&["backup", "create", "many"]);
    let words = [
        "restore",
        "create",
        "many",
        "--name",
        "r",
        "--cluster",
        "dir:target",
    ];
    let ran = interrupt(&workplace, &words, "target");
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("--name r lets it go on"), "{}", ran.stderr);
    workplace.done(&words);
    workplace.fails(&words, 1, "there is a restore r already");
    let plan = workplace.json(&["restore", "plan", "many", "--cluster", "dir:target"]);
    assert_eq!(plan["totals"]["created"], 0, "{}", plan["totals"]);
}

#[test]
fn an_interrupted_backup_leaves_nothing() {
    let workplace = with_objects(OBJECTS);
    let ran = interrupt(&workplace, &["backup", "create", "many"], "backups/backups/many");
    assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("error[Cancelled]: "), "{}", ran.stderr);
    assert_eq!(workplace.files("backups"), []);
}
