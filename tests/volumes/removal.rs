//! A snapshot goes with its recovery point, and with nothing else.

use crate::claims::{delete, kept, shop};
use crate::harness::Workplace;
use lazarette_tests::node::{self, Node};
use std::collections::BTreeSet;
use std::fs;

/// The snapshot of the one claim in the backup `name`, which is made.
fn back_up(node: &Node, workplace: &Workplace, namespace: &str, name: &str) -> String {
    let before: BTreeSet<_> = kept(node).into_iter().collect();
    workplace.done(&["backup", "create", name, "--include-namespaces", namespace]);
    let after: BTreeSet<_> = kept(node).into_iter().collect();
    let new: Vec<_> = after.difference(&before).cloned().collect();
    // Other tests of this process make backups, too.
    let of_claim = |handle: &&String| {
        let contents = node.get(&["volumesnapshotcontents"]);
        let contents = contents["items"].as_array().unwrap().clone();
        contents.iter().any(|content| {
            content["status"]["snapshotHandle"] == **handle
                && content["spec"]["volumeSnapshotRef"]["namespace"] == *namespace
        })
    };
    new.iter().find(of_claim).expect("a snapshot").clone()
}

fn is_there(node: &Node, handle: &str) -> bool {
    node.csi().snapshots().iter().any(|name| name == handle)
}

#[test]
fn a_snapshot_outlives_its_namespace_and_goes_with_its_backup() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "outlives", "folders", "a");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let handle = back_up(node, &workplace, &namespace, "first");
    let requests = node.get(&["volumesnapshots", "-n", &namespace]);
    assert_eq!(requests["items"].as_array().unwrap().len(), 0);
    delete(node, &namespace);
    assert!(is_there(node, &handle));
    workplace.done(&["backup", "delete", "first", "--yes"]);
    assert!(!is_there(node, &handle));
}

#[test]
fn a_snapshot_whose_content_was_deleted_goes_with_its_backup_all_the_same() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "contentless", "folders", "a");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let handle = back_up(node, &workplace, &namespace, "first");
    let contents = node.get(&["volumesnapshotcontents"]);
    let contents = contents["items"].as_array().unwrap();
    let content = contents
        .iter()
        .find(|content| content["status"]["snapshotHandle"] == *handle);
    let name = content.unwrap()["metadata"]["name"].as_str().unwrap();
    node.kubectl(&["delete", "volumesnapshotcontent", name]);
    assert!(is_there(node, &handle));
    workplace.done(&["backup", "delete", "first", "--yes"]);
    assert!(!is_there(node, &handle));
    delete(node, &namespace);
}

#[test]
fn the_doctor_finds_snapshots_of_backups_that_are_gone_and_removes_no_others() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "orphaned", "folders", "a");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let elsewhere = Workplace::with_cluster(node.kubeconfig());
    let gone = back_up(node, &workplace, &namespace, "gone");
    let there = back_up(node, &workplace, &namespace, "there");
    let in_another_store = back_up(node, &elsewhere, &namespace, "gone");
    fs::remove_dir_all(workplace.path("backups/backups/gone")).unwrap();

    let found = workplace.done(&["doctor", "backup"]);
    assert!(found.contains("backup gone, which is not in"), "{found}");
    assert!(is_there(node, &gone));
    workplace.done(&["doctor", "backup", "--fix"]);
    assert!(!is_there(node, &gone));
    assert!(is_there(node, &there) && is_there(node, &in_another_store));
    workplace.done(&["backup", "delete", "there", "--yes"]);
    elsewhere.done(&["backup", "delete", "gone", "--yes"]);
    assert!(!is_there(node, &there) && !is_there(node, &in_another_store));
    delete(node, &namespace);
}
