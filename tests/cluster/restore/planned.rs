//! Plans against a real server.

use super::*;

#[test]
fn a_plan_that_is_kept_does_what_still_holds() {
    let shop = unique("plan");
    let objects = ["one", "two"].map(|name| config_map(&shop, name, json!({"from": "backup"})));
    let given = Given::backup(&[&[namespace(&shop)], &objects[..]].concat());
    given.cluster.kubectl(&["create", "namespace", &shop]);
    for object in ["one", "two"] {
        given
            .cluster
            .apply(&config_map(&shop, object, json!({"from": "live"})).to_string());
    }
    let plan = [
        "restore",
        "plan",
        "b",
        "--conflict-policy",
        "patch",
        "--save",
        "plan.json",
    ];
    let planned: Value = serde_json::from_str(&given.run(&plan).stdout).unwrap();
    assert_eq!(planned["totals"]["changed"], 2, "{planned:#}");

    given
        .cluster
        .apply(&config_map(&shop, "one", json!({"from": "somebody"})).to_string());
    let strict = given.run(&["restore", "create", "--plan", "plan.json", "--strict"]);
    assert_eq!(strict.code, 1, "{strict:#?}");
    assert!(strict.stderr.contains("OutdatedPlan"), "{strict:#?}");
    assert_eq!(given.get(&shop, "configmap", "two")["data"]["from"], "live");

    let done = given.run(&["restore", "create", "--plan", "plan.json", "--name", "r"]);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        on(&report, &format!("configmaps {shop}/one"))["action"],
        "leaveOut",
        "{report:#}"
    );
    assert_eq!(report["outcome"], "PartiallyFailed");
    assert_eq!(given.get(&shop, "configmap", "one")["data"]["from"], "somebody");
    assert_eq!(given.get(&shop, "configmap", "two")["data"]["from"], "backup");
}

#[test]
fn the_server_says_what_it_would_refuse() {
    let (shop, new) = (unique("asked"), unique("asked"));
    let service = |namespace: &str| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"ports": [{"port": 80, "protocol": "CARRIER-PIGEON"}]},
        })
    };
    let good = config_map(&shop, "flags", json!({}));
    let given = Given::backup(&[
        namespace(&shop),
        namespace(&new),
        service(&shop),
        service(&new),
        good,
    ]);
    given.cluster.kubectl(&["create", "namespace", &shop]);
    let ran = given.run(&["restore", "plan", "b", "--server-dry-run"]);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    let refused = on(&plan, &format!("services {shop}/web"));
    assert_eq!(refused["problem"]["code"], "InvalidObject", "{plan:#}");
    let unasked = on(&plan, &format!("services {new}/web"));
    assert_eq!(notes(unasked)[0].0, "server-not-asked", "{plan:#}");
    assert_eq!(
        on(&plan, &format!("configmaps {shop}/flags"))["problem"],
        Value::Null
    );
    let left = given
        .cluster
        .kubectl(&["-n", &shop, "get", "configmap", "flags", "--ignore-not-found"]);
    assert_eq!(left, "", "nothing is written");
}
