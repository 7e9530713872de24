//! Objects that exist, and what a server does not let through.

use super::*;

fn stateful_set(namespace: &str, service: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": namespace},
        "spec": {
            "serviceName": service, "replicas": replicas, "selector": {"matchLabels": {"app": "db"}},
            "template": {
                "metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "db"}]},
            },
        },
    })
}

fn job(namespace: &str, image: &str, parallelism: u32) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "run", "namespace": namespace},
        "spec": {"parallelism": parallelism, "suspend": true, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "run", "image": image}],
        }}},
    })
}

#[test]
fn what_cannot_be_changed_is_a_note_and_the_rest_is_patched() {
    let shop = unique("immutable");
    let given = Given::backup(&[
        namespace(&shop),
        stateful_set(&shop, "new", 0),
        job(&shop, "new", 2),
    ]);
    let live = [
        namespace(&shop),
        stateful_set(&shop, "old", 1),
        job(&shop, "old", 1),
    ];
    given
        .cluster
        .apply(&json!({"apiVersion": "v1", "kind": "List", "items": live}).to_string());
    let report = given.restore(&["--conflict-policy", "patch"]);
    assert_eq!(report["outcome"], "Completed", "{report:#}");

    let set = on(&report, &format!("statefulsets.apps {shop}/db"));
    assert_eq!(
        notes(set),
        [("immutable-field".into(), "/spec/serviceName".into())],
        "{set:#}"
    );
    let set = given.get(&shop, "statefulset", "db");
    assert_eq!(
        (&set["spec"]["replicas"], &set["spec"]["serviceName"]),
        (&json!(0), &json!("old"))
    );

    let run = on(&report, &format!("jobs.batch {shop}/run"));
    assert_eq!(notes(run)[0].0, "immutable-field", "{run:#}");
    let run = given.get(&shop, "job", "run");
    assert_eq!(run["spec"]["parallelism"], 2);
    assert_eq!(run["spec"]["template"]["spec"]["containers"][0]["image"], "old");
}

#[test]
fn a_node_port_that_is_taken_is_told_with_its_field() {
    let (shop, other) = (unique("ports"), unique("ports"));
    let service = |namespace: &str| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31234}]},
        })
    };
    let given = Given::backup(&[namespace(&shop), service(&shop)]);
    given.cluster.kubectl(&["create", "namespace", &other]);
    given.cluster.apply(&service(&other).to_string());
    let report = given.restore_as("kept", &["--preserve-node-ports"]);
    let problem = &on(&report, &format!("services {shop}/web"))["problem"];
    assert_eq!(problem["code"], "InvalidObject", "{report:#}");
    assert!(
        problem["message"].as_str().unwrap().contains("nodePort"),
        "{problem}"
    );
    let report = given.restore(&[]);
    assert_eq!(
        report["outcome"], "Completed",
        "without it the server chooses another: {report:#}"
    );
}

#[test]
fn a_right_that_is_missing_is_told_with_verb_and_resource() {
    let shop = unique("rights");
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": shop}});
    let mut given = Given::backup(&[namespace(&shop), config_map(&shop, "flags", json!({})), secret]);
    let (user, verbs) = (unique("user"), "--verb=get,list,create,update");
    let kubectl = |words: &[&str]| given.cluster.kubectl(words);
    kubectl(&[
        "create",
        "clusterrole",
        &user,
        verbs,
        "--resource=namespaces,configmaps",
    ]);
    kubectl(&[
        "create",
        "clusterrolebinding",
        &user,
        "--clusterrole",
        &user,
        "--user",
        &user,
    ]);
    given.workplace.go_to(&given.cluster.user(&user));
    let report = given.restore(&[]);
    let problem = &on(&report, &format!("secrets {shop}/key"))["problem"];
    assert_eq!(problem["code"], "Forbidden", "{report:#}");
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("no right to create secrets"), "{message}");
    assert_eq!(
        on(&report, &format!("configmaps {shop}/flags"))["action"],
        "create"
    );
}
