//! Restores that are killed, and namespaces that are just going.

use super::*;
use lazarette_tests::wait;
use std::process::Stdio;

const OBJECTS: usize = 1500;

#[test]
fn a_restore_that_was_killed_is_run_again_and_finishes() {
    let shop = unique("killed");
    let objects = (0..OBJECTS).map(|number| {
        config_map(
            &shop,
            &format!("c-{number:04}"),
            json!({"number": number.to_string()}),
        )
    });
    let given = Given::backup(&[vec![namespace(&shop)], objects.collect()].concat());
    let mut restore = given
        .workplace
        .command(&["restore", "create", "b", "--name", "r"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let count = || {
        let listed = given.cluster.kubectl(&[
            "-n",
            &shop,
            "get",
            "configmaps",
            "-o",
            "name",
            "--ignore-not-found",
        ]);
        listed.lines().filter(|name| name.contains("/c-")).count()
    };
    wait::until("some objects", || (count() > 20).then_some(()));
    restore.kill().unwrap();
    restore.wait().unwrap();
    let before = count();

    let report = given.restore(&[]);
    assert_eq!(report["outcome"], "Completed", "{:#}", report["problems"]);
    assert_eq!(count(), OBJECTS);
    let totals = &report["totals"];
    let (created, skipped) = (
        totals["created"].as_u64().unwrap(),
        totals["skipped"].as_u64().unwrap(),
    );
    assert_eq!(created + skipped, OBJECTS as u64 + 1, "{totals}");
    assert!(skipped >= before as u64, "{totals}");
    let is_known = |object: &&Value| object["reason"] == "this restore has put it there already";
    let known = report["objects"].as_array().unwrap().iter().filter(is_known);
    let (known, first) = (known.count(), on(&report, &format!("configmaps {shop}/c-0000")));
    assert!(known >= before, "{known} of {before}: {first:#}");
}

#[test]
fn a_namespace_that_is_going_is_waited_for() {
    let shop = unique("going");
    let given = Given::backup(&[
        namespace(&shop),
        config_map(&shop, "flags", json!({"from": "backup"})),
    ]);
    let mut held = config_map(&shop, "held", json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/held"]);
    given.cluster.kubectl(&["create", "namespace", &shop]);
    given.cluster.apply(&held.to_string());
    given
        .cluster
        .kubectl(&["delete", "namespace", &shop, "--wait=false"]);
    let mut restore = given
        .workplace
        .command(&["restore", "create", "b", "--name", "r"])
        .spawn()
        .unwrap();
    let release = r#"{"metadata": {"finalizers": null}}"#;
    given.cluster.kubectl(&[
        "-n",
        &shop,
        "patch",
        "configmap",
        "held",
        "--type=merge",
        "-p",
        release,
    ]);
    assert!(restore.wait().unwrap().success());
    assert_eq!(given.get(&shop, "configmap", "flags")["data"]["from"], "backup");
}
