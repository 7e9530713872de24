//! Nothing stays frozen: not after a cancellation, not when time is up, and what may have is known.

use super::*;
use crate::archive::HookStatus;

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_while_pods_stand_still_lets_them_go_first() {
    let node = Node::new(vec![pod("db-0")]);
    let hooks = prepared(
        hook(
            vec![exec("freeze", "Fail"), exec("stall", "Fail")],
            vec![exec("thaw", "Fail")],
        ),
        None,
    );
    let cancellation = Cancellation::default();
    let stalled = Arc::clone(&node.stalled);
    let (ended, ()) = tokio::join!(
        back_up_with(&node, &hooks, Hooking::MAX_FREEZE, &cancellation),
        async {
            stalled.notified().await;
            cancellation.cancel();
        }
    );
    assert!(
        matches!(ended.result, Err(BackupError::Cancelled)),
        "{:?}",
        ended.result
    );
    assert_eq!(node.log_of("db-0"), ["freeze", "stall", "thaw"]);
    assert_eq!(ended.store.list("").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_time_is_up_pods_are_let_go_and_those_that_must_not_fail_are_not_written() {
    let node = Node::new(vec![pod("db-0")]);
    let hooks = prepared(
        hook(
            vec![exec("freeze", "Fail"), exec("stall", "Fail")],
            vec![exec("thaw", "Fail")],
        ),
        None,
    );
    let limit = Duration::from_millis(300);
    let ended = back_up_with(&node, &hooks, limit, &Cancellation::default()).await;
    assert_eq!(node.log_of("db-0"), ["freeze", "stall", "thaw"]);
    let codes: Vec<Code> = ended.errors().iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [Code::FreezeLimit, Code::HookFailed]);
    assert!(ended.pods().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_after_hook_whose_connection_breaks_is_run_again() {
    let node = Node::new(vec![pod("db-0")]);
    let ended = back_up_pods(
        &node,
        hook(vec![exec("freeze", "Fail")], vec![exec("lost-once", "Fail")]),
    )
    .await;
    assert_eq!(node.log_of("db-0"), ["freeze", "lost-once", "lost-once"]);
    assert_eq!(ended.errors(), []);
    let record = &ended.summary().hooks;
    assert_eq!(record.attempts.len(), 3);
    let status = HookStatus {
        attempted: 2,
        failed: 0,
    };
    assert_eq!(record.status(), status, "what was run again counts once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_whose_after_hook_comes_to_no_known_end_is_named_until_it_is_thawed() {
    let node = Node::new(vec![pod("db-0"), pod("db-1")]);
    let mut hooks = hook(vec![exec("freeze", "Fail")], vec![exec("hang", "Fail")]);
    hooks[0].selection.labels = Default::default();
    let ended = back_up_pods(&node, hooks).await;
    assert!(ended.errors().contains(&(Code::PodMayBeFrozen, "pods shop/db-0")));
    // This process is at work still, as far as others can tell: nobody else touches its pods.
    assert!(ended.frozen().await.is_empty());
    let notes = archive::notes(ended.store.as_ref()).await.unwrap();
    let name = "nightly".parse().unwrap();
    let frozen = crate::hooks::frozen_pods(&name, &notes[&name].notes)
        .unwrap()
        .unwrap();
    let pods: Vec<String> = frozen.pods.iter().map(|pod| pod.pod.to_string()).collect();
    assert_eq!(pods, ["shop/db-0", "shop/db-1"]);
    let verified = archive::verify(ended.store.as_ref(), &name, &Progress::default())
        .await
        .unwrap();
    assert_eq!(verified.findings, []);

    let operation = prepared(vec![], None).operation().clone();
    let thawing = frozen
        .thaw(&HOST, &BTreeMap::new(), &operation, &node)
        .await
        .unwrap();
    assert_eq!((thawing.thawed.len(), thawing.frozen.len()), (0, 2));
    frozen.settle(ended.store.as_ref()).await.unwrap();
    assert!(archive::notes(ended.store.as_ref()).await.unwrap().is_empty());
}
