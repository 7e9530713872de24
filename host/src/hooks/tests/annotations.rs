//! Velero's annotations of pods.

use super::*;
use rstest::rstest;
use std::time::Duration;

fn annotated(annotations: Value) -> Object {
    pod("db-0", json!({"metadata": {"annotations": annotations}}))
}

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_pod_without_them_has_no_hook() {
    let pod = annotated(json!({"app": "db", "pre.hook.backup.velero.io/container": "db"}));
    assert!(of_annotations(&pod, Side::Backup).unwrap().is_none());
    assert!(of_annotations(&pod, Side::Restore).unwrap().is_none());
}

#[test]
fn those_of_a_backup_are_read() {
    let pod = annotated(json!({
        "pre.hook.backup.velero.io/container": "db",
        "pre.hook.backup.velero.io/command": "[\"fsfreeze\", \"-f\", \"/data\"]",
        "pre.hook.backup.velero.io/on-error": "Fail",
        "pre.hook.backup.velero.io/timeout": "1m30s",
        "post.hook.backup.velero.io/command": "/thaw now",
    }));
    let hook = of_annotations(&pod, Side::Backup).unwrap().unwrap();
    let before = Command {
        container: Some("db".to_owned()),
        argv: argv(&["fsfreeze", "-f", "/data"]),
        on_error: OnError::Fail,
        timeout: Duration::from_secs(90),
        wait: None,
    };
    let after = Command {
        container: None,
        argv: argv(&["/thaw now"]),
        on_error: OnError::Continue,
        timeout: Duration::from_secs(30),
        wait: None,
    };
    assert_eq!(hook.commands(Phase::BeforeBackup), [before]);
    assert_eq!(hook.commands(Phase::AfterBackup), [after]);
}

#[test]
fn the_old_prefix_is_that_of_what_comes_before() {
    let pod = annotated(json!({"hook.backup.velero.io/command": "old"}));
    let hook = of_annotations(&pod, Side::Backup).unwrap().unwrap();
    assert_eq!(hook.commands(Phase::BeforeBackup)[0].argv, ["old"]);
    let both = annotated(
        json!({"hook.backup.velero.io/command": "old", "pre.hook.backup.velero.io/command": "new"}),
    );
    let hook = of_annotations(&both, Side::Backup).unwrap().unwrap();
    assert_eq!(hook.commands(Phase::BeforeBackup)[0].argv, ["new"]);
}

#[test]
fn those_of_a_restore_are_read() {
    let pod = annotated(json!({
        "post.hook.restore.velero.io/command": "[\"warm-up\"]",
        "post.hook.restore.velero.io/exec-timeout": "5s",
        "post.hook.restore.velero.io/wait-timeout": "0",
        "post.hook.restore.velero.io/wait-for-ready": "true",
        "init.hook.restore.velero.io/container-image": "busybox",
    }));
    let hook = of_annotations(&pod, Side::Restore).unwrap().unwrap();
    let expected = Command {
        container: None,
        argv: argv(&["warm-up"]),
        on_error: OnError::Continue,
        timeout: Duration::from_secs(5),
        wait: Some(Wait {
            timeout: Duration::from_mins(5),
            for_ready: true,
        }),
    };
    assert_eq!(hook.commands(Phase::AfterRestore), [expected]);
    // Velero crashes where the image is named without a command, as its documentation allows.
    let Action::Commands(commands) = &hook.action else {
        panic!()
    };
    assert_eq!(
        commands.init_containers,
        [json!({"name": "lazarette-restore-init", "image": "busybox"})]
    );
    assert!(!hook.acts(Phase::BeforeBackup));
}

#[rstest]
#[case(
    "pre.hook.backup.velero.io/command",
    "[\"a\"",
    "expected a JSON list of texts"
)]
#[case("pre.hook.backup.velero.io/command", "[]", "the command is empty")]
#[case("pre.hook.backup.velero.io/on-error", "fail", "expected Continue or Fail")]
#[case("pre.hook.backup.velero.io/timeout", "30", "is not a length of time")]
fn a_wrong_value_is_an_error_and_not_dropped(#[case] key: &str, #[case] value: &str, #[case] message: &str) {
    let mut annotations = json!({"pre.hook.backup.velero.io/command": "sync"});
    annotations[key] = json!(value);
    let error = of_annotations(&annotated(annotations), Side::Backup).unwrap_err();
    assert_eq!(error.place, "pods shop/db-0");
    assert!(
        error.to_string().contains(message) && error.to_string().contains(key),
        "{error}"
    );
}
