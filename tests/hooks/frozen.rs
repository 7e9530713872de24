//! Runs that are ended while pods stand still.

use crate::harness::Workplace;
use crate::pods::{MARKER, is_frozen, read, web};
use crate::report::back_up;
use crate::resources::{backup_hook, exec, freezing, shell};
use crate::running::Running;
use lazarette_tests::node::{self, Node};
use lazarette_tests::wait;
use rustix::process::Signal;
use serde_json::json;

/// A backup that stands still in pod `web` for as long as one looks.
fn frozen(node: &Node, workplace: &Workplace, namespace: &str) -> Running {
    workplace.write(
        "hooks.yaml",
        &freezing(&json!([shell("sleep 1000", &json!({"timeout": "50s"}))])),
    );
    let words = [
        "backup",
        "create",
        "killed",
        "--include-namespaces",
        namespace,
        "--hooks",
        "hooks.yaml",
    ];
    let running = Running::start(workplace, &words);
    wait::until("the pod stands still", || {
        is_frozen(node, namespace, "web").then_some(())
    });
    running
}

#[test]
fn a_run_that_is_told_to_end_thaws_first() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "terminated");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let running = frozen(node, &workplace, &namespace);
    running.signal(Signal::TERM);
    let ran = running.wait();
    assert!(!is_frozen(node, &namespace, "web"), "{ran:#?}");
    assert_ne!(ran.code, 0, "{ran:#?}");
    // Nothing is left that says otherwise.
    workplace.done(&["thaw"]);
    let log = read(node, &namespace, "web", "main", &format!("{MARKER}.log"));
    assert_eq!(log.as_deref(), Some("thawed\n"));
}

#[test]
fn what_a_killed_run_left_frozen_is_named_and_thawed() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "killed");
    let pod = format!("{namespace}/web");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let running = frozen(node, &workplace, &namespace);
    running.signal(Signal::KILL);
    running.wait();
    assert!(is_frozen(node, &namespace, "web"));

    let doctor = workplace.run(&["doctor", "store"]);
    assert!(
        doctor.stdout.contains(&pod) && doctor.stdout.contains("lazarette thaw"),
        "{doctor:#?}"
    );
    let hooks = backup_hook(&json!([{"name": "h", "preHooks": [exec(&["true"])]}]));
    let next = back_up(&workplace, "next", &namespace, &hooks, &[]);
    assert!(
        next.stderr.contains(&pod)
            && next.stderr.contains("PodMayBeFrozen")
            && next
                .stderr
                .contains("help: Run its after-hooks with `lazarette thaw`"),
        "{next:#?}"
    );
    assert!(is_frozen(node, &namespace, "web"));

    let thawed = workplace.run(&["thaw"]);
    assert_eq!(thawed.code, 0, "{thawed:#?}");
    assert!(!is_frozen(node, &namespace, "web"), "{thawed:#?}");
    let doctor = workplace.run(&["doctor", "store"]);
    assert!(!doctor.stdout.contains(&pod), "{doctor:#?}");
    workplace.done(&["thaw"]);
    let log = read(node, &namespace, "web", "main", &format!("{MARKER}.log"));
    assert_eq!(log.as_deref(), Some("thawed\n"));
}

#[test]
fn a_pod_stands_still_no_longer_than_it_may() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "limited");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let hooks = freezing(&json!([shell("sleep 1000", &json!({"timeout": "170s"}))]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &["--max-freeze", "2s"]);
    assert!(!is_frozen(node, &namespace, "web"), "{ran:#?}");
    assert!(ran.stderr.contains("FreezeLimit"), "{ran:#?}");
}
