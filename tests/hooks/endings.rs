//! How a command in a pod can end, and what is said of it.

use crate::harness::Workplace;
use crate::pods::web;
use crate::report::{IN_PART, attempts, back_up};
use crate::resources::{backup_hook, exec, shell};
use lazarette_tests::node;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case::well(exec(&["true"]), json!({"kind": "exited", "code": 0}), None)]
#[case::with_a_code(shell("exit 3", &json!({})), json!({"kind": "exited", "code": 3}), Some("HookFailed"))]
#[case::by_a_signal(shell("kill -9 $$", &json!({})), json!({"kind": "signalled", "signal": 9}), Some("HookFailed"))]
#[case::not_in_time(
    shell("sleep 600", &json!({"timeout": "1s"})),
    json!({"kind": "timedOut"}),
    Some("may still be running")
)]
#[case::without_its_container(
    shell("true", &json!({"container": "nobody"})),
    json!({"kind": "noContainer"}),
    Some("HookContainerMissing")
)]
fn a_command_ends(#[case] command: Value, #[case] end: Value, #[case] told: Option<&str>) {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "ending");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let hooks = backup_hook(&json!([{"name": "h", "preHooks": [command]}]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &[]);
    assert_eq!(ran.code, if told.is_some() { IN_PART } else { 0 }, "{ran:#?}");
    assert!(ran.stderr.contains(told.unwrap_or_default()), "{ran:#?}");
    let attempts = attempts(&workplace, "b");
    assert_eq!((attempts.len(), &attempts[0]["end"]), (1, &end), "{attempts:#?}");
    assert_eq!(attempts[0]["pod"], "web");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "missing");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let hooks = backup_hook(&json!([{"name": "h", "preHooks": [exec(&["/bin/nothing"])]}]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &[]);
    assert_eq!(ran.code, IN_PART, "{ran:#?}");
    assert!(ran.stderr.contains("/bin/nothing"), "{ran:#?}");
}

/// A command is a program and its arguments, whatever they look like.
#[test]
fn no_shell_reads_a_command() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "argv");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let hooks = backup_hook(&json!([{"name": "h", "preHooks": [exec(&["echo", "$HOME; ls", "a  b", "ü"])]}]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &[]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(attempts(&workplace, "b")[0]["stdout"], "$HOME; ls a  b ü\n");
}

/// Velero holds all that a command writes in memory.
#[test]
fn of_much_output_the_end_is_kept_and_the_rest_counted() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "output");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let line = "head -c 3000000 /dev/zero | tr '\\0' a; echo the end";
    let hooks = backup_hook(&json!([{"name": "h", "preHooks": [shell(line, &json!({}))]}]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &[]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let attempts = attempts(&workplace, "b");
    let kept = attempts[0]["stdout"].as_str().unwrap();
    assert!(
        kept.ends_with("the end\n") && kept.len() <= 4096,
        "{} bytes",
        kept.len()
    );
    let all = kept.len() as u64 + attempts[0]["dropped"].as_u64().unwrap();
    assert_eq!(all, 3_000_000 + 8);
}
