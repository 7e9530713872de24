//! Hooks that fail. Each case is a defect of Velero, or of what AKS Backup has from it, that is not here.

use super::*;
use crate::object::LabelSelector;
use crate::report::Outcome;
use rstest::rstest;

#[rstest]
// The documentation says that an unset `onError` is Fail, the code takes it for Continue, and half of it for Fail.
#[case::let_pass("fail", "Continue", vec!["fail", "note", "thaw"], true, vec![Code::HookFailed])]
// What came before a failure stayed frozen: after-hooks did not run.
#[case::not_let_pass("fail", "Fail", vec!["fail", "thaw"], false, vec![Code::HookFailed, Code::HookFailed])]
#[case::signal("killed", "Continue", vec!["killed", "note", "thaw"], true, vec![Code::HookFailed])]
// A command that ran into its timeout went on running, and nobody said so.
#[case::hangs("hang", "Fail", vec!["hang", "thaw"], false, vec![Code::HookTimeout, Code::HookFailed])]
#[case::connection("lost", "Continue", vec!["lost", "note", "thaw"], true, vec![Code::HookConnection])]
#[tokio::test(flavor = "multi_thread")]
async fn a_before_hook_that_fails(
    #[case] command: &str,
    #[case] on_error: &str,
    #[case] log: Vec<&str>,
    #[case] is_written: bool,
    #[case] codes: Vec<Code>,
) {
    let labels = json!({"name": "db"});
    let node = Node::new(vec![
        with(pod("db-0"), "/metadata/labels", labels.clone()),
        pod("other"),
    ]);
    let mut hooks = hook(
        vec![exec(command, on_error), exec("note", "Fail")],
        vec![exec("thaw", "Fail")],
    );
    hooks[0].selection.labels = LabelSelector::from_json(&json!({"matchLabels": labels})).unwrap();
    let ended = back_up_pods(&node, hooks).await;
    assert_eq!(node.log_of("db-0"), log);
    let expected = match is_written {
        true => vec!["shop/db-0", "shop/other"],
        false => vec!["shop/other"],
    };
    assert_eq!(ended.pods(), expected);
    let errors: Vec<Code> = ended.errors().iter().map(|(code, _)| *code).collect();
    assert_eq!(errors, codes, "{:?}", ended.summary().errors);
    assert_eq!(ended.summary().outcome(), Outcome::PartiallyFailed);
    assert!(ended.frozen().await.is_empty());
}

/// Nobody would know else that hooks did not run in it.
#[rstest]
#[case::late(json!({"phase": "Running"}), &["pods shop/db-1"])]
#[case::late_and_ended_already(json!({"phase": "Succeeded"}), &[])]
#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_appears_after_hooks_have_looked_for_theirs_is_written_and_named(
    #[case] status: Value,
    #[case] missed: &[&str],
) {
    let late = with(pod("db-1"), "/status", status);
    let mut node = Node::new(vec![pod("db-0"), late]);
    node.late = vec!["db-1"];
    let ended = back_up_pods(&node, freeze_and_thaw()).await;
    assert_eq!(ended.pods(), ["shop/db-0", "shop/db-1"]);
    assert!(node.log_of("db-1").is_empty());
    let summary = ended.summary();
    let warnings = summary.warnings.iter();
    let named: Vec<&str> = warnings
        .filter(|warning| warning.code == Code::HookMissed)
        .filter_map(|warning| warning.target.as_deref())
        .collect();
    assert_eq!(
        (named.as_slice(), summary.outcome()),
        (missed, Outcome::Completed)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_may_still_be_running_and_the_report_says_so() {
    let node = Node::new(vec![pod("db-0")]);
    let ended = back_up_pods(&node, hook(vec![exec("hang", "Continue")], vec![])).await;
    let message = &ended.summary().errors[0].message;
    assert!(message.contains("may still be running"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_failure_of_one_pod_is_none_of_another() {
    let node = Node::new(vec![
        pod_with_claim("db-0", "data"),
        pod_with_claim("db-1", "data"),
        pod("db-2"),
    ]);
    let ended = back_up_pods(
        &node,
        hook(vec![exec("fail-in-db-0", "Fail")], vec![exec("thaw", "Fail")]),
    )
    .await;
    assert_eq!(ended.pods(), ["shop/db-1", "shop/db-2"]);
    for pod in ["db-0", "db-1", "db-2"] {
        assert_eq!(node.log_of(pod).last().map(String::as_str), Some("thaw"));
    }
}

// Velero logs it and counts it, and says no more.
#[tokio::test(flavor = "multi_thread")]
async fn an_after_hook_that_fails_is_an_error_and_the_others_run() {
    let node = Node::new(vec![pod("db-0")]);
    let ended = back_up_pods(
        &node,
        hook(
            vec![exec("freeze", "Fail")],
            vec![exec("fail", "Fail"), exec("thaw", "Fail")],
        ),
    )
    .await;
    assert_eq!(node.log_of("db-0"), ["freeze", "fail", "thaw"]);
    assert_eq!(ended.errors(), [(Code::HookFailed, "pods shop/db-0")]);
    assert_eq!(ended.pods(), ["shop/db-0"]);
}

// Velero drops the hook with a warning in its log, and a restore then waits for it for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_the_pod_lacks_is_an_error_at_once() {
    let node = Node::new(vec![pod("db-0")]);
    let mut elsewhere = exec("sync", "Continue");
    elsewhere["exec"]["container"] = json!("web");
    let ended = back_up_pods(
        &node,
        hook(
            vec![elsewhere.clone(), exec("freeze", "Fail")],
            vec![exec("thaw", "Fail")],
        ),
    )
    .await;
    assert_eq!(ended.errors(), [(Code::HookContainerMissing, "pods shop/db-0")]);
    assert_eq!(node.log_of("db-0"), ["sync", "freeze", "thaw"]);

    // What nobody could thaw is not frozen.
    let node = Node::new(vec![pod("db-0")]);
    let ended = back_up_pods(&node, hook(vec![exec("freeze", "Fail")], vec![elsewhere])).await;
    assert_eq!(ended.errors(), [(Code::HookContainerMissing, "pods shop/db-0")]);
    assert!(node.log_of("db-0").is_empty() && ended.pods().is_empty());
}

// Velero takes it for done, silently.
#[tokio::test(flavor = "multi_thread")]
async fn the_hooks_of_a_pod_that_has_ended_do_not_run_and_the_report_says_so() {
    let node = Node::new(vec![with(pod("job-1"), "/status", json!({"phase": "Succeeded"}))]);
    let ended = back_up_pods(&node, freeze_and_thaw()).await;
    let warning = &ended.summary().warnings[0];
    assert_eq!(
        (warning.code, warning.target.as_deref()),
        (Code::HookNotRun, Some("pods shop/job-1"))
    );
    assert_eq!((ended.pods(), node.log().len()), (vec!["shop/job-1"], 0));
}

#[rstest]
#[case::must("Fail", vec![])]
#[case::may("Continue", vec!["shop/db-0"])]
#[tokio::test(flavor = "multi_thread")]
async fn where_the_user_may_not_run_commands_no_hook_runs(#[case] on_error: &str, #[case] pods: Vec<&str>) {
    let mut node = Node::new(vec![pod("db-0")]);
    node.forbidden = vec!["shop"];
    let ended = back_up_pods(
        &node,
        hook(vec![exec("freeze", on_error)], vec![exec("thaw", "Fail")]),
    )
    .await;
    let codes: Vec<Code> = ended.errors().iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [Code::HookForbidden], "one for all rights in a namespace");
    assert!(
        ended.summary().errors[0]
            .message
            .contains("pods/exec in namespace shop")
    );
    assert_eq!((ended.pods(), node.log().len()), (pods, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_deleted_meanwhile_is_not_lost() {
    let mut node = Node::new(vec![pod("db-0")]);
    node.deleted = vec!["db-0"];
    let ended = back_up_pods(&node, freeze_and_thaw()).await;
    assert_eq!(ended.errors(), [(Code::HookNotRun, "pods shop/db-0")]);
    assert_eq!(
        (ended.pods(), node.log_of("db-0")),
        (vec!["shop/db-0"], vec!["freeze".into(), "thaw".into()])
    );
}
