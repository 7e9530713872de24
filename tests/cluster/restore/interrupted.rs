//! Restores that are killed, and namespaces that are just going.

use super::*;
use lazarette_tests::wait;
use std::collections::BTreeSet;
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
    let there = || -> BTreeSet<String> {
        let words = [
            "-n",
            &shop,
            "get",
            "configmaps",
            "-o",
            "name",
            "--ignore-not-found",
        ];
        let listed = given.cluster.kubectl(&words);
        let names = listed.lines().filter_map(|line| line.strip_prefix("configmap/"));
        names
            .filter(|name| name.starts_with("c-"))
            .map(str::to_owned)
            .collect()
    };
    wait::until("some objects", || (there().len() > 20).then_some(()));
    restore.kill().unwrap();
    restore.wait().unwrap();
    // A request that was under way may still be done after this, so that more are there than these.
    let before = there();

    let report = given.restore(&[]);
    assert_eq!(report["outcome"], "Completed", "{:#}", report["problems"]);
    assert_eq!(there().len(), OBJECTS);
    let totals = &report["totals"];
    let (created, skipped) = (
        totals["created"].as_u64().unwrap(),
        totals["skipped"].as_u64().unwrap(),
    );
    assert_eq!(created + skipped, OBJECTS as u64 + 1, "{totals}");
    let is_known = |object: &&Value| object["reason"] == "this restore has put it there already";
    let known = report["objects"].as_array().unwrap().iter().filter(is_known);
    let known: BTreeSet<String> = known
        .map(|object| object["id"]["name"].as_str().unwrap().to_owned())
        .collect();
    let unknown: Vec<_> = before.difference(&known).collect();
    assert!(
        unknown.is_empty(),
        "{unknown:?} of {} are not known",
        before.len()
    );
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
