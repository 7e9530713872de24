//! From one cluster into another: what `kubectl get` shows there differs only in what a rule explains.

use crate::contents::{assert_same, contents, differences};
use crate::harness::Workplace;
use lazarette_tests::cluster::{self, Cluster};
use lazarette_tests::wait;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// An object of every built-in kind.
const KINDS: &str = include_str!("manifests/kinds.yaml");

/// Where installations that people publish lie, beside a clone of this repository.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");

/// Set to the folder of the corpus where it lies elsewhere.
const CORPUS_VARIABLE: &str = "LAZARETTE_CORPUS";

/// A backup of everything in `source`, restored into `target`.
fn round_trip(source: &Cluster, target: &Cluster) -> Value {
    let mut workplace = Workplace::with_cluster(source.kubeconfig());
    back_up_everything(&workplace, source);
    workplace.done(&["backup", "verify", "all"]);
    workplace.go_to(target.kubeconfig());
    let report = workplace.json(&["restore", "create", "all"]);
    assert_eq!(report["outcome"], "Completed", "{report:#}");
    report
}

/// Back up the namespaces of the cluster itself too, which stay out unless they are named.
fn back_up_everything(workplace: &Workplace, cluster: &Cluster) {
    let found = cluster.get(&["namespaces"]);
    let namespaces = found["items"].as_array().unwrap().iter();
    let names: Vec<&str> = namespaces
        .filter_map(|namespace| namespace["metadata"]["name"].as_str())
        .collect();
    let names = format!("--include-namespaces={}", names.join(","));
    workplace.done(&[
        "backup",
        "create",
        "all",
        &names,
        "--include-cluster-resources=true",
    ]);
}

/// Wait until `target` holds what `source` holds: its controllers need a moment.
fn wait_until_same(source: &Cluster, target: &Cluster, namespace: Option<&str>) {
    let expected = contents(source, namespace);
    for _ in 0..15 {
        if differences(&expected, &contents(target, namespace)).is_empty() {
            return;
        }
    }
    assert_same(&expected, &contents(target, namespace));
}

#[test]
fn an_object_of_every_kind_comes_back_whole() {
    let (source, target) = (Cluster::start(), Cluster::start());
    source.apply(KINDS);
    apply_when_served(&source, &kind("kinds"));
    settle(&source);
    round_trip(&source, &target);
    wait_until_same(&source, &target, None);
}

/// Apply objects of a type that was defined a moment ago, as soon as the API server serves it.
fn apply_when_served(cluster: &Cluster, manifests: &Value) {
    wait::until("a new type is served", || {
        let words = ["apply", "--server-side", "-f", "-"];
        cluster
            .try_kubectl(&words, &manifests.to_string())
            .status
            .success()
            .then_some(())
    });
}

/// Wait until controllers have made what they make of the manifests.
fn settle(cluster: &Cluster) {
    wait::until("controllers have made pods", || {
        let pods = cluster.get(&["pods", "--all-namespaces"]);
        let claims = cluster.get(&["persistentvolumeclaims", "--all-namespaces"]);
        let is_bound = |claim: &Value| claim["status"]["phase"] == "Bound";
        let claims = claims["items"].as_array()?;
        (pods["items"].as_array()?.len() >= 4 && claims.iter().all(is_bound)).then_some(())
    });
}

/// A custom resource.
fn kind(name: &str) -> Value {
    json!({
        "apiVersion": "example.com/v1", "kind": "Kind", "metadata": {"name": name, "namespace": "kinds"},
        "spec": {"nested": {"list": [1, 2.5, "three"], "empty": {}}},
    })
}

#[test]
fn published_installations_come_back_whole() {
    let corpus = std::env::var(CORPUS_VARIABLE).unwrap_or_else(|_| CORPUS.to_owned());
    if !Path::new(&corpus).is_dir() {
        println!("skipped: no corpus at {corpus}; {CORPUS_VARIABLE} names its folder");
        return;
    }
    let (source, target) = (Cluster::start(), Cluster::start());
    apply_folder(&source, Path::new(&corpus));
    round_trip(&source, &target);
    wait_until_same(&source, &target, None);
}

/// Apply all manifests below a folder: what others need first, and again what needs it.
fn apply_folder(cluster: &Cluster, folder: &Path) {
    let words = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--recursive",
        "-f",
        &folder.display().to_string(),
    ];
    cluster.kubectl(&["create", "namespace", "monitoring"]);
    cluster.try_kubectl(&words, "");
    wait::until("everything of the corpus is applied", || {
        cluster.try_kubectl(&words, "").status.success().then_some(())
    });
}

#[test]
fn a_definition_of_a_megabyte_comes_back_with_its_objects() {
    let (source, target) = (cluster::first(), cluster::second());
    source.apply(&large_definition().to_string());
    source.kubectl(&[
        "wait",
        "--for=condition=Established",
        "crd/larges.large.example.com",
    ]);
    let namespace = source.namespace("large");
    let object = |name: &str| {
        json!({"apiVersion": "large.example.com/v1", "kind": "Large",
            "metadata": {"name": name, "namespace": namespace}, "spec": {"field-7": name}})
    };
    apply_when_served(
        source,
        &json!({"apiVersion": "v1", "kind": "List", "items": [object("one"), object("two")]}),
    );

    let mut workplace = Workplace::with_cluster(source.kubeconfig());
    workplace.done(&["backup", "create", "large", "--include-namespaces", &namespace]);
    workplace.go_to(target.kubeconfig());
    workplace.done(&["restore", "create", "large"]);
    wait_until_same(source, target, Some(&namespace));
    let schema = |cluster: &Cluster| cluster.get(&["crd", "larges.large.example.com"])["spec"].clone();
    assert_eq!(schema(target), schema(source));
}

/// A definition whose fields are described at length, as those of GitOps controllers are.
fn large_definition() -> Value {
    let description =
        "Says what this field is for, which values it takes, and what happens without it. ".repeat(100);
    let field = |number: usize| {
        (
            format!("field-{number}"),
            json!({"type": "string", "description": description}),
        )
    };
    let fields: serde_json::Map<_, _> = (0..128).map(field).collect();
    let spec = json!({"type": "object", "properties": fields});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "larges.large.example.com"},
        "spec": {
            "group": "large.example.com", "scope": "Namespaced",
            "names": {"plural": "larges", "singular": "large", "kind": "Large", "listKind": "LargeList"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }],
        },
    })
}

#[test]
fn namespaces_are_restored_under_other_names() {
    let (source, target) = (cluster::first(), cluster::second());
    let [shop, bank] = ["shop", "bank"].map(|prefix| source.namespace(prefix));
    for namespace in [&shop, &bank] {
        let named = |words: &[&str]| drop(source.kubectl(&[&["-n", namespace.as_str()], words].concat()));
        named(&["create", "configmap", "colours", "--from-literal=sky=blue"]);
        named(&["create", "serviceaccount", "keeper"]);
        named(&["create", "role", "keeper", "--verb=get", "--resource=configmaps"]);
        let account = format!("--serviceaccount={bank}:keeper");
        named(&["create", "rolebinding", "keeper", "--role=keeper", &account]);
    }
    let mut workplace = Workplace::with_cluster(source.kubeconfig());
    workplace.done(&[
        "backup",
        "create",
        "two",
        "--include-namespaces",
        &format!("{shop},{bank}"),
    ]);
    workplace.go_to(target.kubeconfig());
    let mappings = format!("{shop}:{shop}-new,{bank}:{bank}-new");
    workplace.done(&["restore", "create", "two", "--namespace-mappings", &mappings]);

    for namespace in [&shop, &bank] {
        let new = format!("{namespace}-new");
        let restored = contents(target, Some(&new));
        let expected = contents(source, Some(namespace));
        assert_eq!(restored.len(), expected.len(), "{:?}", restored.keys());
        let binding = target.get(&["-n", &new, "rolebinding", "keeper"]);
        assert_eq!(binding["subjects"][0]["namespace"], format!("{bank}-new"));
    }
    let old = target.try_kubectl(&["get", "namespace", &shop], "");
    assert!(!old.status.success(), "the old name is not made");
}

#[test]
fn a_plan_says_what_the_restore_does_and_changes_nothing() {
    let (source, target) = (cluster::first(), cluster::second());
    let namespace = source.namespace("planned");
    for name in ["absent", "equal", "edited"] {
        source.kubectl(&[
            "-n",
            &namespace,
            "create",
            "configmap",
            name,
            "--from-literal=sky=blue",
        ]);
    }
    let mut workplace = Workplace::with_cluster(source.kubeconfig());
    workplace.done(&["backup", "create", "planned", "--include-namespaces", &namespace]);
    workplace.go_to(target.kubeconfig());
    workplace.done(&["restore", "create", "planned", "--name", "first"]);
    target.kubectl(&["-n", &namespace, "delete", "configmap", "absent"]);
    let edit = r#"{"data": {"sky": "grey", "sea": "green"}}"#;
    target.kubectl(&["-n", &namespace, "patch", "configmap", "edited", "-p", edit]);

    let before = contents(target, Some(&namespace));
    let plan = workplace.json(&["restore", "plan", "planned", "--conflict-policy", "patch"]);
    assert_same(&before, &contents(target, Some(&namespace)));
    let done = workplace.json(&[
        "restore",
        "create",
        "planned",
        "--conflict-policy",
        "patch",
        "--name",
        "second",
    ]);
    let action = |report: &Value, name: &str| {
        let objects = report["objects"].as_array().unwrap().iter();
        let is_meant = |object: &&Value| object["target"]["name"] == name;
        objects
            .filter(is_meant)
            .map(|object| object["action"].clone())
            .next()
            .unwrap()
    };
    for (name, expected) in [("absent", "create"), ("equal", "skip"), ("edited", "patch")] {
        assert_eq!(
            (action(&plan, name), action(&done, name)),
            (expected.into(), expected.into()),
            "{name}"
        );
    }
    let data = target.get(&["-n", &namespace, "configmap", "edited"])["data"].clone();
    assert_eq!(
        data,
        json!({"sky": "blue", "sea": "green"}),
        "what was added stays"
    );
}

#[test]
fn a_restore_onto_itself_changes_nothing() {
    let cluster = Cluster::start();
    cluster.apply(KINDS);
    settle(&cluster);
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    workplace.done(&["backup", "create", "all"]);
    let before = contents(&cluster, None);
    let report = workplace.json(&["restore", "create", "all", "--conflict-policy", "patch"]);
    assert_same(&before, &contents(&cluster, None));
    let objects = report["objects"].as_array().unwrap().iter();
    let touched: Vec<&Value> = objects.filter(|object| object["action"] != "skip").collect();
    assert!(touched.is_empty(), "{touched:#?}");
}

#[test]
fn every_file_of_a_backup_is_a_whole_object() {
    let cluster = Cluster::start();
    cluster.apply(KINDS);
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    back_up_everything(&workplace, &cluster);
    let archive = fs::File::open(workplace.path("backups/backups/all/all.tar.gz")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(archive));
    let mut kinds = std::collections::BTreeSet::new();
    for entry in archive.entries().unwrap().map(Result::unwrap) {
        let path = entry.path().unwrap().display().to_string();
        if path.starts_with("resources/") && path.ends_with(".json") {
            let object: Value = serde_json::from_reader(entry).unwrap();
            let text = |member: &str| {
                object[member]
                    .as_str()
                    .unwrap_or_else(|| panic!("{path} has no {member}"))
            };
            kinds.insert(format!("{} {}", text("apiVersion"), text("kind")));
        }
    }
    for document in KINDS.split("---\n") {
        let line = |name: &str| {
            document
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap()
                .trim()
        };
        let kind = format!("{} {}", line("apiVersion:"), line("kind:"));
        assert!(kinds.contains(&kind), "no {kind} in the backup");
    }
}
