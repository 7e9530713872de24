//! Clusters come up, survive what tests do to them, and leave nothing behind.

use super::{Cluster, first};
use crate::wait;
use serde_json::json;

#[test]
fn a_cluster_has_controllers() {
    let cluster = first();
    let namespace = cluster.namespace("controllers");
    cluster.kubectl(&["-n", &namespace, "create", "deployment", "web", "--image=web"]);
    wait::until("the controllers make a ReplicaSet and a Pod", || {
        let pods = cluster.get(&["-n", &namespace, "replicasets,pods"]);
        (pods["items"].as_array()?.len() == 2).then_some(())
    });
}

#[test]
fn what_was_written_survives_killed_servers() {
    let cluster = Cluster::start();
    cluster.kubectl(&["create", "configmap", "kept", "--from-literal=key=value"]);
    cluster.api_server().kill();
    cluster.etcd().kill();
    assert!(!cluster.try_kubectl(&["get", "configmaps"], "").status.success());

    cluster.etcd().start();
    cluster.api_server().start();
    cluster.wait_until_ready();
    assert_eq!(
        cluster.get(&["configmap", "kept"])["data"],
        json!({"key": "value"})
    );
}

#[test]
fn a_user_may_do_what_was_granted_and_no_more() {
    let cluster = first();
    let kubeconfig = cluster.user("reader");
    let may = |verb: &str| {
        let kubeconfig = kubeconfig.display().to_string();
        let words = ["--kubeconfig", &kubeconfig, "auth", "can-i", verb, "configmaps"];
        cluster.try_kubectl(&words, "").status.success()
    };
    cluster.kubectl(&[
        "create",
        "clusterrole",
        "reader",
        "--verb=list",
        "--resource=configmaps",
    ]);
    cluster.kubectl(&[
        "create",
        "clusterrolebinding",
        "reader",
        "--clusterrole=reader",
        "--user=reader",
    ]);
    wait::until("the binding is known", || may("list").then_some(()));
    assert!(!may("create"));
}

#[test]
fn a_dropped_cluster_leaves_nothing() {
    let cluster = Cluster::start();
    let folder = cluster.folder().to_owned();
    let servers = [cluster.etcd(), cluster.api_server(), cluster.controller_manager()];
    let processes = servers.map(|server| format!("/proc/{}", server.id().unwrap()));
    drop(cluster);
    wait::until("the servers are gone", || {
        let left = processes.iter().filter(|process| is_alive(process)).count();
        (left == 0 && !folder.exists()).then_some(())
    });
}

/// Whether a process is there and is not one that has ended and that nobody has asked about.
fn is_alive(process: &str) -> bool {
    std::fs::read_to_string(format!("{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
