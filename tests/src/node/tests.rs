//! Pods run, and a node leaves nothing behind.

use super::{Image, Node, shared};
use crate::wait;
use serde_json::json;
use std::fs;
use std::path::Path;

/// A pod of BusyBox that sleeps.
fn pod(namespace: &str, name: &str) -> String {
    let container = json!({
        "name": "main", "image": Image::Busybox.reference(), "imagePullPolicy": "Never", "args": ["-c", "sleep 1000"],
    });
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
    })
    .to_string()
}

#[test]
fn pods_run_and_commands_run_in_them() {
    let Some(node) = shared() else { return };
    let namespace = node.namespace("pods");
    node.apply(&pod(&namespace, "web"));
    node.wait_until_running(&namespace, "web");
    assert_eq!(node.exec(&namespace, "web", &["echo", "a b"]), "a b\n");
}

#[test]
fn the_image_of_postgresql_has_all_that_its_programs_load() {
    let Some(node) = shared() else { return };
    node.import(Image::PostgreSql);
    let namespace = node.namespace("postgresql");
    let pod = pod(&namespace, "server").replace(Image::Busybox.reference(), Image::PostgreSql.reference());
    node.apply(&pod);
    node.wait_until_running(&namespace, "server");
    for program in ["postgres", "initdb", "pg_ctl", "psql", "pgbench"] {
        let version = node.exec(&namespace, "server", &[program, "--version"]);
        assert!(version.contains("(PostgreSQL) 15."), "{version}");
    }
}

#[test]
fn volumes_are_made_and_snapshots_of_them_cut() {
    let Some(node) = shared() else { return };
    let csi = node.csi();
    let namespace = node.namespace("volumes");
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "folders",
            "resources": {"requests": {"storage": "1Mi"}},
        },
    });
    node.apply(&claim.to_string());
    let mut pod: serde_json::Value = serde_json::from_str(&pod(&namespace, "web")).unwrap();
    pod["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    pod["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    node.apply(&pod.to_string());
    node.wait_until_running(&namespace, "web");
    node.exec(&namespace, "web", &["sh", "-c", "echo written > /data/file"]);
    let before = csi.snapshots().len();
    let snapshot = json!({
        "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot",
        "metadata": {"name": "first", "namespace": namespace},
        "spec": {"source": {"persistentVolumeClaimName": "data"}, "volumeSnapshotClassName": "folders"},
    });
    node.apply(&snapshot.to_string());
    let ready = "--for=jsonpath={.status.readyToUse}=true";
    node.kubectl(&[
        "wait",
        ready,
        "--timeout=120s",
        "-n",
        &namespace,
        "volumesnapshot/first",
    ]);
    assert_eq!(csi.snapshots().len(), before + 1);
    node.kubectl(&["delete", "-n", &namespace, "volumesnapshot/first"]);
    assert_eq!(csi.snapshots().len(), before);
    node.kubectl(&["delete", "namespace", &namespace]);
}

#[test]
fn a_dropped_node_leaves_nothing() {
    let settings = || ["vm/overcommit_memory", "kernel/panic", "net/ipv4/ip_forward"].map(setting);
    let before = settings();
    let Some(node) = Node::start() else { return };
    let namespace = node.namespace("left");
    node.apply(&pod(&namespace, "web"));
    node.wait_until_running(&namespace, "web");
    assert_eq!(settings(), before);

    let folder = node.folder().to_owned();
    let group = format!("lazarette-{}", node.port());
    assert!(groups(&group) > 0 && processes_of(&folder) > 0);
    drop(node);
    wait::until("the node is gone", || {
        let is_gone = !folder.exists() && groups(&group) == 0 && processes_of(&folder) == 0;
        (is_gone && !mounts().contains(folder.to_str()?)).then_some(())
    });
    assert_eq!(settings(), before);
}

fn setting(name: &str) -> String {
    fs::read_to_string(Path::new("/proc/sys").join(name)).unwrap()
}

fn mounts() -> String {
    fs::read_to_string("/proc/mounts").unwrap()
}

/// How many control groups have this name.
fn groups(name: &str) -> usize {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    hierarchies
        .chain([root.to_owned()])
        .filter(|hierarchy| hierarchy.join(name).is_dir())
        .count()
}

/// How many processes have a folder in their arguments.
fn processes_of(folder: &Path) -> usize {
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let arguments = processes.filter_map(|process| fs::read_to_string(process.join("cmdline")).ok());
    arguments
        .filter(|arguments| arguments.contains(folder.to_str().unwrap()))
        .count()
}
