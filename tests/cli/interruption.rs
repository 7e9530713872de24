//! Ctrl-C.

use crate::harness::{Ran, Workplace};
use std::fmt::Write;
use std::process::{Command, Stdio};

/// More than can be written before a signal arrives.
const OBJECTS: usize = 30_000;

#[test]
fn an_interrupted_backup_leaves_nothing() {
    let workplace = Workplace::empty();
    let mut manifests = String::new();
    for number in 0..OBJECTS {
        let _ = write!(
            manifests,
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{number}}}}}\n---\n"
        );
    }
    workplace.write("cluster/many.yaml", &manifests);
    let mut command = workplace.command(&["backup", "create", "many"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while workplace.files("backups/backups/many").is_empty() {
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "the backup was done before it could be interrupted"
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

    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("error[Cancelled]: "), "{}", ran.stderr);
    assert_eq!(workplace.files("backups"), []);
}
