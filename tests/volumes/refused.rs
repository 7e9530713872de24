//! What cannot be snapshotted is named with its reason, and nothing stays of a backup that does not come to be.

use crate::claims::{claim, delete, shop};
use crate::harness::Workplace;
use lazarette_tests::node;
use serde_json::json;

#[test]
fn each_claim_without_a_snapshot_is_a_warning_with_its_reason() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "refused", "folders", "a");
    node.apply(&claim(&namespace, "pending", "nobody-makes-these").to_string());
    let volume = format!("{namespace}-by-hand");
    let by_hand = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume},
        "spec": {
            "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand",
            "hostPath": {"path": node.folder().join("by-hand"), "type": "DirectoryOrCreate"},
            "claimRef": {"namespace": namespace, "name": "in-tree"},
        },
    });
    node.apply(&by_hand.to_string());
    node.apply(&claim(&namespace, "in-tree", "by-hand").to_string());
    node.kubectl(&[
        "wait",
        "--for=jsonpath={.status.phase}=Bound",
        "--timeout=60s",
        "-n",
        &namespace,
        "pvc/in-tree",
    ]);

    let workplace = Workplace::with_cluster(node.kubeconfig());
    let words = ["backup", "create", "first", "--include-namespaces", &namespace];
    let ran = workplace.run(&words);
    assert_eq!(ran.code, 0, "{ran:#?}");
    for (name, reason) in [("pending", "is not bound"), ("in-tree", "`hostPath`")] {
        let line = ran
            .stderr
            .lines()
            .find(|line| line.contains(&format!("{namespace}/{name}")));
        assert!(line.is_some_and(|line| line.contains(reason)), "{name}: {ran:#?}");
    }
    let words = [
        &words[..2],
        &["second"],
        &words[3..],
        &["--snapshot-volumes", "true"],
    ]
    .concat();
    assert_eq!(workplace.run(&words).code, 3);
    let words = [
        "backup",
        "create",
        "--include-namespaces",
        &namespace,
        "--dry-run",
    ];
    let planned = workplace.run(&words);
    assert!(
        planned.stdout.contains(&format!(
            "A snapshot of persistentvolumeclaims {namespace}/data would be cut"
        )),
        "{planned:#?}"
    );
    workplace.done(&["backup", "delete", "first", "second", "--yes"]);
    delete(node, &namespace);
    node.kubectl(&["delete", "pv", &volume]);
}

#[test]
fn a_snapshot_that_is_not_cut_in_time_is_an_error_and_leaves_nothing() {
    let Some(node) = node::Node::start() else { return };
    let csi = node.csi();
    let namespace = shop(&node, "late", "folders", "a");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let fault = csi.fault("no-snapshots");
    let words = [
        "backup",
        "create",
        "first",
        "--include-namespaces",
        &namespace,
        "--snapshot-timeout",
        "3s",
    ];
    let ran = workplace.run(&words);
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert!(
        ran.stderr.contains("no snapshot is cut, as a test wants it"),
        "{ran:#?}"
    );
    drop(fault);
    workplace.done(&["doctor", "backup", "--fix"]);
    let requests = node.get(&["volumesnapshots", "-n", &namespace]);
    assert_eq!(requests["items"].as_array().unwrap().len(), 0);
}

#[test]
fn a_backup_does_not_wait_with_its_hooks_until_a_snapshot_is_ready() {
    let Some(node) = node::Node::start() else { return };
    let csi = node.csi();
    let namespace = shop(&node, "cut", "folders", "a");
    let _fault = csi.fault("not-ready");
    let hook = json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1", "kind": "BackupHook",
        "metadata": {"name": "hooks", "namespace": "default"},
        "spec": {"backupHook": [{
            "name": "stand-still",
            "preHooks": [{"exec": {"command": ["touch", "/tmp/frozen"]}}],
            "postHooks": [{"exec": {"command": ["rm", "/tmp/frozen"]}}],
        }]},
    });
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.write("hooks.yaml", &hook.to_string());
    let ran = workplace.run(&[
        "backup",
        "create",
        "first",
        "--include-namespaces",
        &namespace,
        "--hooks",
        "hooks.yaml",
        "--snapshot-timeout",
        "5s",
        "--max-freeze",
        "4s",
    ]);
    // It was cut while the pod stood still, which did not last too long; only that it is not ready is told.
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.stderr.contains("not ready to use within"), "{ran:#?}");
    assert!(!ran.stderr.contains("FreezeLimit"), "{ran:#?}");
    assert_eq!(csi.snapshots().len(), 1);
}
