//! Data comes back: into the same namespace, another one, and another cluster.

use crate::claims::{claim, delete, file, helpers, kept, pod, shop};
use crate::harness::Workplace;
use lazarette_tests::node::{self, Node};
use lazarette_tests::wait;
use rstest::rstest;

#[rstest]
#[case::volumes_at_once("folders")]
#[case::volumes_with_the_first_pod("folders-later")]
fn a_namespace_that_was_deleted_comes_back_with_its_data(#[case] class: &str) {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "deleted", class, "kept");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "first", "--include-namespaces", &namespace]);
    node.exec(&namespace, "web", &["sh", "-c", "echo later > /data/file"]);
    delete(node, &namespace);

    let report = workplace.json(&["restore", "create", "first"]);
    assert_eq!(report["volumes"][0]["state"], "restored", "{report:#}");
    assert_eq!(file(node, &namespace), "kept");
    assert_eq!(helpers(node, &namespace), 0);
    workplace.done(&["backup", "delete", "first", "--yes"]);
    delete(node, &namespace);
}

#[test]
fn data_goes_into_another_namespace_beside_the_one_that_is_there() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "beside", "folders", "then");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "first", "--include-namespaces", &namespace]);
    node.exec(&namespace, "web", &["sh", "-c", "echo now > /data/file"]);
    let other = format!("{namespace}-copy");
    let mapping = format!("{namespace}:{other}");

    let plan = workplace.json(&["restore", "plan", "first", "--namespace-mappings", &mapping]);
    assert_eq!(plan["volumes"][0]["state"], "planned", "{plan:#}");
    workplace.done(&["restore", "create", "first", "--namespace-mappings", &mapping]);
    assert_eq!(
        (file(node, &namespace), file(node, &other)),
        ("now".into(), "then".into())
    );
    workplace.done(&["backup", "delete", "first", "--yes"]);
    delete(node, &namespace);
    delete(node, &other);
}

#[test]
fn a_claim_that_exists_is_not_touched_and_the_plan_says_what_to_do() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "exists", "folders", "then");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "first", "--include-namespaces", &namespace]);
    node.exec(&namespace, "web", &["sh", "-c", "echo now > /data/file"]);
    let before = node.get(&["pvc", "-n", &namespace, "data"]);

    let plan = workplace.done(&["restore", "plan", "first", "--conflict-policy", "patch"]);
    assert!(
        plan.contains("its data is not restored") && plan.contains("--namespace-mappings"),
        "{plan}"
    );
    workplace.done(&["restore", "create", "first", "--conflict-policy", "patch"]);
    let after = node.get(&["pvc", "-n", &namespace, "data"]);
    assert_eq!(
        after["metadata"]["resourceVersion"],
        before["metadata"]["resourceVersion"]
    );
    assert_eq!(file(node, &namespace), "now");
    workplace.done(&["backup", "delete", "first", "--yes"]);
    delete(node, &namespace);
}

#[test]
fn without_data_the_claims_get_empty_volumes() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "empty", "folders", "then");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "first", "--include-namespaces", &namespace]);
    delete(node, &namespace);
    workplace.done(&["restore", "create", "first", "--restore-volumes", "false"]);
    node.wait_until_running(&namespace, "web");
    assert_eq!(node.exec(&namespace, "web", &["ls", "/data"]), "");
    workplace.done(&["backup", "delete", "first", "--yes"]);
    delete(node, &namespace);
}

#[test]
fn a_claim_that_no_pod_uses_yet_gets_its_data_with_the_first_that_does() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "unused", "folders-later", "then");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "first", "--include-namespaces", &namespace]);
    delete(node, &namespace);
    let report = workplace.json(&["restore", "create", "first", "--exclude-resources", "pods"]);
    assert_eq!(report["volumes"][0]["state"], "waiting", "{report:#}");
    let diagnosis = workplace.done(&["doctor", "backup", "--fix"]);
    assert!(!diagnosis.contains("helped a restore"), "{diagnosis}");

    node.apply(&pod(&namespace, "web", &["data"]).to_string());
    assert_eq!(file(node, &namespace), "then");
    workplace.done(&["doctor", "backup", "--fix"]);
    assert_eq!(helpers(node, &namespace), 0);
    workplace.done(&["backup", "delete", "first", "--yes"]);
    delete(node, &namespace);
}

#[test]
fn another_cluster_that_reaches_the_same_storage_gets_the_data() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "moved", "folders", "carried");
    let mut workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "first", "--include-namespaces", &namespace]);
    let Some(other) = Node::start() else { return };
    other.csi_on(node.csi().folder());
    workplace.go_to(other.kubeconfig());
    workplace.done(&["restore", "create", "first"]);
    assert_eq!(file(&other, &namespace), "carried");

    // The content is in the first cluster only: here it is deleted by its handle.
    let before = node.csi().snapshots().len();
    workplace.done(&["backup", "delete", "first", "--yes"]);
    wait::until("the snapshot is gone", || {
        (node.csi().snapshots().len() < before).then_some(())
    });
    assert_eq!(file(&other, &namespace), "carried");
    workplace.go_to(node.kubeconfig());
    workplace.done(&["doctor", "backup", "--fix"]);
    delete(node, &namespace);
}

#[test]
fn all_claims_of_a_backup_are_taken_and_none_that_it_leaves_out() {
    let Some(node) = node::shared() else { return };
    let namespace = shop(node, "several", "folders", "a");
    for name in ["used", "unused"] {
        node.apply(&claim(&namespace, name, "folders").to_string());
    }
    node.apply(&pod(&namespace, "labelled", &["used"]).to_string());
    node.kubectl(&["label", "pod", "labelled", "-n", &namespace, "app=db"]);
    node.wait_until_running(&namespace, "labelled");
    wait::until("all claims are bound", || {
        let claims = node.get(&["pvc", "-n", &namespace]);
        let claims = claims["items"].as_array().unwrap().iter();
        claims
            .into_iter()
            .all(|claim| claim["status"]["phase"] == "Bound")
            .then_some(())
    });
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let words = ["backup", "create", "all", "--include-namespaces", &namespace];
    assert_eq!(workplace.json(&words)["contents"]["snapshots"], 3);
    let words = [
        "backup",
        "create",
        "some",
        "--include-namespaces",
        &namespace,
        "-l",
        "app=db",
    ];
    assert_eq!(workplace.json(&words)["contents"]["snapshots"], 1);
    let none = ["--snapshot-volumes", "false"];
    let words = [
        &["backup", "create", "none", "--include-namespaces", &namespace],
        &none[..],
    ]
    .concat();
    assert!(workplace.json(&words)["contents"].get("snapshots").is_none());
    assert!(kept(node).len() >= 4);
    workplace.done(&["backup", "delete", "all", "some", "none", "--yes"]);
    delete(node, &namespace);
}
