//! When something is ready, what it waits for, and how long.

use super::*;
use crate::cluster::Manifests;
use rstest::rstest;
use serde_json::json;

fn id(resource: &str, name: &str) -> ObjectId {
    ObjectId {
        resource: resource.parse().unwrap(),
        namespace: Some("shop".to_owned()),
        name: name.to_owned(),
    }
}

#[rstest]
#[case::ready("deployments.apps", json!({"replicas": 2}), json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}), "ready")]
#[case::none_wanted("deployments.apps", json!({"replicas": 0}), json!({"observedGeneration": 1}), "ready")]
#[case::not_seen("deployments.apps", json!({}), json!({}), "waits: its controller has not seen it yet")]
#[case::seen_before("deployments.apps", json!({}), json!({"observedGeneration": 0, "updatedReplicas": 1}), "waits: its controller has not seen it yet")]
#[case::not_made("deployments.apps", json!({}), json!({"observedGeneration": 1}), "waits: 0 of 1 replica is up to date")]
#[case::old_ones("deployments.apps", json!({}), json!({"observedGeneration": 1, "replicas": 3, "updatedReplicas": 1, "availableReplicas": 1}), "waits: 2 old replicas are still there")]
#[case::not_available("deployments.apps", json!({"replicas": 2}), json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}), "waits: 1 of 2 replicas are available")]
#[case::late("deployments.apps", json!({}), json!({"observedGeneration": 1, "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too late"}]}), "waits: too late")]
#[case::stateful("statefulsets.apps", json!({"replicas": 3}), json!({"observedGeneration": 1, "readyReplicas": 3, "updatedReplicas": 3}), "ready")]
#[case::stateful_partition("statefulsets.apps", json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}}), json!({"observedGeneration": 1, "readyReplicas": 3, "updatedReplicas": 1}), "ready")]
#[case::stateful_on_delete("statefulsets.apps", json!({"updateStrategy": {"type": "OnDelete"}}), json!({"observedGeneration": 1, "readyReplicas": 1}), "ready")]
#[case::stateful_waits("statefulsets.apps", json!({"replicas": 3}), json!({"observedGeneration": 1, "readyReplicas": 1}), "waits: 1 of 3 replicas are ready")]
#[case::daemon("daemonsets.apps", json!({}), json!({"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}), "ready")]
#[case::daemon_waits("daemonsets.apps", json!({}), json!({"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}), "waits: 1 of 2 replicas are available")]
#[case::job("jobs.batch", json!({}), json!({"conditions": [{"type": "Complete", "status": "True"}]}), "ready")]
#[case::suspended("jobs.batch", json!({"suspend": true}), json!({}), "ready")]
#[case::job_waits("jobs.batch", json!({"completions": 3}), json!({"succeeded": 1}), "waits: 1 of 3 completions are there")]
#[case::job_failed("jobs.batch", json!({}), json!({"conditions": [{"type": "Failed", "status": "True", "message": "too often"}]}), "failed: it failed: too often")]
#[case::pod("pods", json!({}), json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}), "ready")]
#[case::pod_done("pods", json!({}), json!({"phase": "Succeeded"}), "ready")]
#[case::pod_new("pods", json!({}), json!({}), "waits: it does not run yet")]
#[case::pod_runs("pods", json!({}), json!({"phase": "Running"}), "waits: it runs, and is not ready")]
#[case::pod_failed("pods", json!({}), json!({"phase": "Failed", "reason": "Evicted"}), "failed: it failed: Evicted")]
#[case::bound("persistentvolumeclaims", json!({}), json!({"phase": "Bound"}), "ready")]
#[case::unbound("persistentvolumeclaims", json!({}), json!({"phase": "Pending"}), "waits: it has no volume yet")]
#[case::not_yet("persistentvolumeclaims", json!({"volumeName": "v"}), json!({}), "waits: it is not bound to its volume v yet")]
#[case::lost("persistentvolumeclaims", json!({"volumeName": "v"}), json!({"phase": "Lost"}), "failed: its volume v is gone")]
#[case::anything_else("configmaps", json!({}), json!({}), "ready")]
fn readiness_by_status(
    #[case] resource: &str,
    #[case] spec: Value,
    #[case] status: Value,
    #[case] expected: &str,
) {
    let object = json!({"metadata": {"generation": 1}, "spec": spec, "status": status});
    let found = match readiness(&resource.parse().unwrap(), &object) {
        Readiness::Ready => "ready".to_owned(),
        Readiness::Waits(reason) => format!("waits: {reason}"),
        Readiness::Failed(reason) => format!("failed: {reason}"),
    };
    assert_eq!(found, expected);
}

#[test]
fn a_pod_of_a_controller_counts_with_that() {
    let owners = json!([{"kind": "ReplicaSet", "name": "web", "controller": true}]);
    let pod = json!({"metadata": {"ownerReferences": owners}, "status": {"phase": "Pending"}});
    assert_eq!(readiness(&"pods".parse().unwrap(), &pod), Readiness::Ready);
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"phase": "Pending", "containerStatuses": [{
        "name": "app", "image": "shop:2", "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": {"exitCode": 3}},
    }]})
}

#[rstest]
#[case::unschedulable(
    json!({"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]}),
    Some("it fits on no node: 0/3 nodes are available")
)]
#[case::image(
    waiting("ImagePullBackOff", "not found"),
    Some("the image shop:2 of container app cannot be pulled: not found")
)]
#[case::crash(
    waiting("CrashLoopBackOff", ""),
    Some("container app ends again and again, with exit code 3")
)]
#[case::configuration(
    waiting("CreateContainerConfigError", "secret \"s\" not found"),
    Some("container app waits: CreateContainerConfigError: secret \"s\" not found")
)]
#[case::no_node(json!({"phase": "Pending"}), Some("no node was chosen for it yet"))]
#[case::runs(json!({"phase": "Running"}), None)]
fn what_keeps_a_pod(#[case] status: Value, #[case] expected: Option<&str>) {
    let labels = json!({"app": "web", "pod-template-hash": "1"});
    let metadata = json!({"name": "web-1", "namespace": "shop", "labels": labels});
    let pod = json!({"kind": "Pod", "metadata": metadata, "status": status});
    assert_eq!(blocker(&pod, std::iter::empty()).as_deref(), expected);
    let deployment = |namespace: &str, app: &str| {
        let selector = json!({"matchLabels": {"app": app}});
        json!({"kind": "Deployment", "metadata": {"namespace": namespace}, "spec": {"selector": selector}})
    };
    let of_pod = expected.map(|expected| format!("pod web-1: {expected}"));
    assert_eq!(blocker(&deployment("shop", "web"), [&pod].into_iter()), of_pod);
    assert_eq!(blocker(&deployment("bank", "web"), [&pod].into_iter()), None);
    assert_eq!(blocker(&deployment("shop", "cart"), [&pod].into_iter()), None);
}

/// What is pending after a wait of no time in a cluster with these objects.
async fn pending(objects: &[Value], wanted: &[ObjectId]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (number, object) in objects.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.json")), object.to_string()).unwrap();
    }
    let cluster = Manifests::open(folder.path()).unwrap();
    let mut told = Vec::new();
    let mut tell = |pending: &[Pending]| told = pending.to_vec();
    let (progress, cancellation) = (Progress::default(), Cancellation::default());
    let pending = wait(
        &cluster,
        wanted.to_vec(),
        Duration::ZERO,
        &progress,
        &cancellation,
        &mut tell,
    )
    .await;
    let pending = pending.unwrap();
    assert_eq!(told, pending);
    pending.iter().map(ToString::to_string).collect()
}

fn object(api_version: &str, kind: &str, name: &str, spec: Value, status: Value) -> Value {
    let metadata = json!({"name": name, "namespace": "shop", "generation": 1, "labels": {"app": name}});
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": status})
}

#[tokio::test]
async fn what_is_pending_is_told_with_its_reason() {
    let selector = json!({"selector": {"matchLabels": {"app": "web"}}});
    let unschedulable =
        json!({"conditions": [{"type": "PodScheduled", "status": "False", "message": "no node"}]});
    let mut pod = object("v1", "Pod", "web", json!({}), unschedulable);
    pod["metadata"]["ownerReferences"] = json!([{"controller": true}]);
    let objects = [
        object(
            "apps/v1",
            "Deployment",
            "web",
            selector,
            json!({"observedGeneration": 1}),
        ),
        pod,
        object(
            "batch/v1",
            "Job",
            "done",
            json!({}),
            json!({"conditions": [{"type": "Complete", "status": "True"}]}),
        ),
        object("batch/v1", "Job", "other", json!({}), json!({})),
    ];
    let wanted = [
        id("deployments.apps", "web"),
        id("jobs.batch", "done"),
        id("pods", "web"),
        id("pods", "gone"),
        id("configmaps", "flags"),
    ];
    let expected =
        "deployments.apps shop/web: 0 of 1 replica is up to date; pod web: it fits on no node: no node";
    assert_eq!(pending(&objects, &wanted).await, [expected]);
}

#[tokio::test]
async fn a_claim_that_binds_late_is_not_waited_for() {
    let class = |name: &str, mode: &str| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": "p", "volumeBindingMode": mode})
    };
    let claim = |name: &str| {
        object(
            "v1",
            "PersistentVolumeClaim",
            name,
            json!({"storageClassName": name}),
            json!({"phase": "Pending"}),
        )
    };
    let objects = [
        class("late", "WaitForFirstConsumer"),
        class("early", "Immediate"),
        claim("late"),
        claim("early"),
    ];
    let wanted = ["late", "early"].map(|name| id("persistentvolumeclaims", name));
    let expected = ["persistentvolumeclaims shop/early: it has no volume yet"];
    assert_eq!(pending(&objects, &wanted).await, expected);
}

#[tokio::test]
async fn what_has_failed_ends_the_wait_and_an_interrupt_does_too() {
    let folder = tempfile::tempdir().unwrap();
    let failed = object("v1", "Pod", "dead", json!({}), json!({"phase": "Failed"}));
    let new = object("v1", "Pod", "new", json!({}), json!({}));
    std::fs::write(folder.path().join("a.json"), failed.to_string()).unwrap();
    std::fs::write(folder.path().join("b.json"), new.to_string()).unwrap();
    let cluster = Manifests::open(folder.path()).unwrap();
    let (progress, cancellation) = (Progress::default(), Cancellation::default());
    let forever = Duration::from_secs(1_000_000);
    let dead = wait(
        &cluster,
        [id("pods", "dead")],
        forever,
        &progress,
        &cancellation,
        &mut |_| {},
    )
    .await;
    assert!(dead.unwrap()[0].failed);
    cancellation.cancel();
    let new = wait(
        &cluster,
        [id("pods", "new")],
        forever,
        &progress,
        &cancellation,
        &mut |_| {},
    )
    .await;
    assert_eq!(new.unwrap_err().code, Code::Cancelled);
}
