//! What happens in which order.

use super::*;
use crate::hooks::{Ending, Phase};
use rstest::rstest;

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_is_read_between_its_hooks_and_written_as_it_was_then() {
    let node = Node::new(vec![pod("db-0")]);
    let ended = back_up_pods(&node, freeze_and_thaw()).await;
    assert_eq!(node.log(), ["db-0 freeze", "read db-0", "db-0 thaw"]);
    assert_eq!(ended.summary().errors, []);
    let name = "nightly".parse().unwrap();
    let backup = Backup::open(Arc::clone(&ended.store), &name).await.unwrap();
    let written: Vec<_> = backup.objects(|id| id.name == "db-0").collect().await;
    assert!(
        written[0]
            .as_ref()
            .unwrap()
            .json
            .contains("\"resourceVersion\":\"read\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_that_share_a_volume_stand_still_together() {
    let both = json!([
        {"name": "data", "persistentVolumeClaim": {"claimName": "one"}},
        {"name": "more", "persistentVolumeClaim": {"claimName": "two"}},
    ]);
    let pods = vec![
        pod_with_claim("a", "one"),
        pod("alone"),
        pod_with_claim("b", "two"),
        with(pod("c"), "/spec/volumes", both),
    ];
    let node = Node::new(pods);
    back_up_pods(&node, freeze_and_thaw()).await;
    let log: Vec<String> = node
        .log()
        .into_iter()
        .filter(|line| !line.contains("alone"))
        .collect();
    let position = |line: &str| log.iter().position(|done| done == line).unwrap();
    let last_freeze = ["a freeze", "b freeze", "c freeze"]
        .map(position)
        .into_iter()
        .max();
    let first_read = ["read a", "read b", "read c"].map(position).into_iter().min();
    let last_read = ["read a", "read b", "read c"].map(position).into_iter().max();
    let first_thaw = ["a thaw", "b thaw", "c thaw"].map(position).into_iter().min();
    assert!(last_freeze < first_read && last_read < first_thaw, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pod_has_its_turn_and_all_are_written_in_order() {
    let names: Vec<String> = (0..150).map(|number| format!("p-{number:03}")).collect();
    let node = Node::new(names.iter().map(|name| pod(name)).collect());
    let ended = back_up_pods(&node, freeze_and_thaw()).await;
    let expected: Vec<String> = names.iter().map(|name| format!("shop/{name}")).collect();
    assert_eq!(ended.pods(), expected);
    for name in &names {
        assert_eq!(node.log_of(name), ["freeze", "thaw"]);
    }
    assert!(ended.frozen().await.is_empty());
}

/// In an old Velero, the container of one pod was taken for that of the next.
#[tokio::test(flavor = "multi_thread")]
async fn each_pod_has_its_own_first_container() {
    let containers = json!([{"name": "cache"}, {"name": "db"}]);
    let node = Node::new(vec![
        pod("a"),
        with(pod("b"), "/spec/containers", containers),
        pod("c"),
    ]);
    let ended = back_up_pods(&node, hook(vec![exec("freeze", "Fail")], vec![])).await;
    let attempts = ended.summary().hooks.attempts.iter();
    let containers: Vec<_> = attempts
        .map(|attempt| (attempt.pod.as_str(), attempt.container.as_str()))
        .collect();
    assert_eq!(containers, [("a", "db"), ("b", "cache"), ("c", "db")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attempt_is_in_the_report_and_in_the_backup() {
    let node = Node::new(vec![pod("db-0")]);
    let ended = back_up_pods(
        &node,
        hook(vec![exec("fail", "Continue")], vec![exec("talk", "Fail")]),
    )
    .await;
    let attempts = &ended.summary().hooks.attempts;
    let [before, after] = attempts.as_slice() else {
        panic!("{attempts:?}")
    };
    assert_eq!(
        (before.phase, &before.end),
        (Phase::BeforeBackup, &Ending::Exited { code: 3 })
    );
    assert_eq!(
        (before.container.as_str(), before.stderr.as_str()),
        ("db", "it is full\n")
    );
    assert_eq!((after.stderr.len(), after.dropped), (4096, 60_000 - 4096));
    let name = "nightly".parse().unwrap();
    let backup = Backup::open(Arc::clone(&ended.store), &name).await.unwrap();
    let kept = backup.hooks().await.unwrap().unwrap();
    assert_eq!(
        serde_json::from_slice::<crate::hooks::HookRecord>(&kept).unwrap(),
        ended.summary().hooks
    );
    let verified = archive::verify(ended.store.as_ref(), &name, &Progress::default())
        .await
        .unwrap();
    assert_eq!(verified.findings, []);
}

#[rstest]
#[case::off(None, vec!["freeze", "thaw"])]
#[case::on(Some(Side::Backup), vec!["sync", "thaw"])]
#[tokio::test(flavor = "multi_thread")]
async fn annotations_count_where_the_user_says_so_and_then_before_all_others(
    #[case] annotations: Option<Side>,
    #[case] expected: Vec<&str>,
) {
    let annotation = json!({"pre.hook.backup.velero.io/command": "sync"});
    let node = Node::new(vec![with(pod("db-0"), "/metadata/annotations", annotation)]);
    let hooks = prepared(freeze_and_thaw(), annotations);
    back_up_with(&node, &hooks, Hooking::MAX_FREEZE, &Cancellation::default()).await;
    assert_eq!(node.log_of("db-0"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_lists_what_would_run_and_runs_nothing() {
    let node = Node::new(vec![pod("db-0")]);
    let hooks = prepared(freeze_and_thaw(), None);
    let (steps, problems) = plan_hooks(&request("nightly"), &hooks, &node).await.unwrap();
    let steps: Vec<_> = steps
        .iter()
        .map(|step| {
            (
                step.pod.as_str(),
                step.phase,
                step.command.join(" "),
                step.container.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("db-0", Phase::BeforeBackup, "freeze".to_owned(), Some("db")),
        ("db-0", Phase::AfterBackup, "thaw".to_owned(), Some("db")),
    ];
    assert_eq!(steps, expected);
    assert_eq!(problems, []);
    assert!(node.log().is_empty());
}
