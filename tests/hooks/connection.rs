//! Connections to commands that break, and an API server that goes away.

use crate::harness::Workplace;
use crate::pods::{is_frozen, web};
use crate::report::{IN_PART, attempt, attempts, back_up};
use crate::resources::{freezing, shell};
use crate::running::Running;
use lazarette_tests::node::{self, Node};
use lazarette_tests::proxy::{Fault, Place, Proxy, Request, Upstream};
use lazarette_tests::wait;
use rstest::rstest;
use serde_json::json;

/// Whether a request runs a command that has this word.
fn runs(request: &Request, word: &str) -> bool {
    request.path.contains("/exec?") && request.path.contains(word)
}

#[rstest]
#[case::before_it_is_answered(Fault::LoseAnswer)]
#[case::as_soon_as_it_stands(Fault::CutAnswer(Place::Body(0)))]
#[case::while_the_command_runs(Fault::CutAnswer(Place::Body(20)))]
fn a_broken_connection_is_no_failure_of_the_command(#[case] fault: Fault) {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "cut");
    let proxy = Proxy::start(Upstream::cluster(node), move |request| {
        match runs(request, "cut-here") {
            true => fault.clone(),
            false => Fault::None,
        }
    });
    let workplace = Workplace::with_cluster(&node.kubeconfig_behind(&proxy.url()));
    let cut = shell("echo cut-here; sleep 2; echo end", &json!({"timeout": "20s"}));
    let ran = back_up(&workplace, "b", &namespace, &freezing(&json!([cut])), &[]);
    assert_eq!(ran.code, IN_PART, "{ran:#?}");
    assert!(ran.stderr.contains("HookConnection"), "{ran:#?}");
    let attempts = attempts(&workplace, "b");
    assert_eq!(
        attempt(&attempts, "cut-here")["end"]["kind"],
        "connectionLost",
        "{attempts:#?}"
    );
    assert!(!is_frozen(node, &namespace, "web"));
}

/// A command that may have run is not run again: it may be one that must run once.
#[test]
fn a_command_whose_answer_was_lost_is_not_repeated() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "once");
    let proxy = Proxy::start(Upstream::cluster(node), |request| {
        match runs(request, "once-only") {
            true => Fault::CutAnswer(Place::Body(0)),
            false => Fault::None,
        }
    });
    let workplace = Workplace::with_cluster(&node.kubeconfig_behind(&proxy.url()));
    back_up(
        &workplace,
        "b",
        &namespace,
        &freezing(&json!([shell("true once-only", &json!({}))])),
        &[],
    );
    let asked = proxy
        .seen()
        .iter()
        .filter(|request| runs(request, "once-only"))
        .count();
    assert_eq!(asked, 1);
}

#[test]
fn an_api_server_that_is_restarted_leaves_nothing_frozen() {
    let Some(node) = Node::start() else { return };
    let namespace = web(&node, "restarted");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.write("hooks.yaml", &freezing(&json!([shell("sleep 3", &json!({}))])));
    let words = [
        "backup",
        "create",
        "b",
        "--include-namespaces",
        &namespace,
        "--hooks",
        "hooks.yaml",
    ];
    let running = Running::start(&workplace, &words);
    wait::until("the pod stands still", || {
        is_frozen(&node, &namespace, "web").then_some(())
    });
    node.api_server().kill();
    node.api_server().start();
    let ran = running.wait();
    node.wait_until_ready();
    assert!(!is_frozen(&node, &namespace, "web"), "{ran:#?}");
}
