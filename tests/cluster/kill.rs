//! `kill -9` of the API server, of etcd, of ourselves, at random moments: no half backup that looks whole, no restore
//! that cannot be finished. `soak` does it fifty times.

use crate::contents::{assert_same, contents};
use crate::harness::{Ran, Workplace};
use lazarette_tests::cluster::Cluster;
use lazarette_tests::counts::{Chance, count, seed};
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Enough for a run that takes a second or two.
const OBJECTS: usize = 2000;

/// Where they are.
const NAMESPACE: &str = "many";

#[derive(Clone, Copy, Debug)]
enum Victim {
    Ourselves,
    ApiServer,
    Etcd,
}

const VICTIMS: [Victim; 3] = [Victim::Ourselves, Victim::ApiServer, Victim::Etcd];

/// A cluster with many objects.
fn cluster_with_objects() -> Cluster {
    let cluster = Cluster::start();
    cluster.kubectl(&["create", "namespace", NAMESPACE]);
    let object = |number| {
        json!({"apiVersion": "v1", "kind": if number % 2 == 0 { "ConfigMap" } else { "Secret" },
            "metadata": {"name": format!("object-{number}"), "namespace": NAMESPACE, "labels": {"number": format!("{number}")}}})
    };
    let list =
        json!({"apiVersion": "v1", "kind": "List", "items": (0..OBJECTS).map(object).collect::<Vec<_>>()});
    cluster.kubectl_with(&["create", "-f", "-"], &list.to_string());
    cluster
}

/// Start a command, kill the victim after some time, bring a killed server back, and see what the command did.
fn run_and_kill(
    workplace: &Workplace,
    cluster: &Cluster,
    words: &[&str],
    victim: Victim,
    after: Duration,
) -> Ran {
    let mut command = workplace.command(words);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(after);
    kill(victim, &mut child, cluster);
    let ran = Ran::from(child.wait_with_output().unwrap());
    cluster.wait_until_ready();
    ran
}

fn kill(victim: Victim, child: &mut Child, cluster: &Cluster) {
    match victim {
        Victim::Ourselves => child.kill().unwrap(),
        Victim::ApiServer => {
            cluster.api_server().kill();
            cluster.api_server().start();
        }
        Victim::Etcd => {
            cluster.etcd().kill();
            cluster.etcd().start();
            // Without its database it ends by itself sooner or later.
            cluster.api_server().start();
        }
    }
    cluster.controller_manager().start();
}

/// How long a command takes when nothing is killed.
fn time(workplace: &Workplace, words: &[&str]) -> Duration {
    let begun = Instant::now();
    workplace.done(words);
    begun.elapsed()
}

fn backup_words(name: &str) -> [&str; 5] {
    ["backup", "create", name, "--include-namespaces", NAMESPACE]
}

#[test]
fn a_killed_backup_never_looks_whole() {
    let cluster = cluster_with_objects();
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    let usual = time(&workplace, &backup_words("whole"));
    let objects = workplace.json(&["backup", "describe", "whole"])["contents"]["objects"].clone();
    let mut chance = Chance::new(seed());
    for round in 0..count(3, 50) {
        let victim = *chance.choose(&VICTIMS);
        let after = usual.mul_f64(chance.below(1000) as f64 / 1000.0);
        let name = format!("round-{round}");
        println!("round {round}: {victim:?} after {after:?}");
        let ran = run_and_kill(&workplace, &cluster, &backup_words(&name), victim, after);
        check(&workplace, &name, &ran, &objects);
    }
    workplace.done(&backup_words("afterwards"));
}

/// A backup that says it is whole is whole; another is not taken for one.
fn check(workplace: &Workplace, name: &str, ran: &Ran, objects: &Value) {
    let listed = workplace.json(&["backup", "list"]);
    let backups = listed["backups"].as_array().unwrap();
    let found = backups
        .iter()
        .find(|backup| backup["name"] == name || backup["manifest"]["name"] == name);
    match found
        .map(|found| &found["manifest"])
        .filter(|manifest| !manifest.is_null())
    {
        Some(manifest) => {
            workplace.done(&["backup", "verify", name]);
            let says_so = ran.code == 3 && !manifest["problems"].as_array().is_none_or(Vec::is_empty);
            let is_whole = &manifest["contents"]["objects"] == objects;
            assert!(is_whole || says_so, "{ran:#?}\n{manifest:#}");
        }
        None => {
            assert_ne!(ran.code, 0, "a backup that is not there was reported as done");
            let restored = workplace.run(&["restore", "plan", name]);
            assert_ne!(restored.code, 0, "half a backup is restored: {restored:#?}");
        }
    }
}

#[test]
fn a_killed_restore_can_be_finished() {
    let cluster = cluster_with_objects();
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    workplace.done(&["backup", "create", "whole", "--include-namespaces", NAMESPACE]);
    let expected = contents(&cluster, Some(NAMESPACE));
    let usual = time(&workplace, &as_words(&restore_words("usual", "usual")));
    let mut chance = Chance::new(seed());
    for round in 0..count(3, 50) {
        let victim = *chance.choose(&VICTIMS);
        let after = usual.mul_f64(chance.below(1000) as f64 / 1000.0);
        let name = format!("round-{round}");
        println!("round {round}: {victim:?} after {after:?}");
        let ran = run_and_kill(
            &workplace,
            &cluster,
            &as_words(&restore_words(&name, &name)),
            victim,
            after,
        );
        if ran.code != 0 {
            // One that came to an end has a report under its name, whatever the end was.
            workplace.done(&as_words(&restore_words(&name, &format!("{name}-again"))));
        }
        let restored = contents(&cluster, Some(&name));
        assert_same(&expected, &under_old_name(restored, &name));
        cluster.kubectl(&["delete", "namespace", &name, "--wait=false"]);
    }
}

/// A restore into a namespace.
fn restore_words(namespace: &str, name: &str) -> Vec<String> {
    let mapping = format!("{NAMESPACE}:{namespace}");
    [
        "restore",
        "create",
        "whole",
        "--name",
        name,
        "--namespace-mappings",
        &mapping,
    ]
    .map(str::to_owned)
    .to_vec()
}

fn as_words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn under_old_name(contents: crate::contents::Contents, name: &str) -> crate::contents::Contents {
    let old = |(key, mut object): (String, Value)| {
        object["metadata"]["namespace"] = NAMESPACE.into();
        (
            key.replace(&format!(" {name} "), &format!(" {NAMESPACE} ")),
            object,
        )
    };
    contents.into_iter().map(old).collect()
}
