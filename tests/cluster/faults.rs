//! An API server that is slow, busy, broken, or goes away in the middle of a sentence: the result is right, or says what
//! is missing.

use crate::contents::{assert_same, contents};
use crate::harness::{Ran, Workplace};
use lazarette_tests::cluster::{self, Cluster};
use lazarette_tests::proxy::{Fault, Proxy, Request, Upstream};
use rstest::rstest;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// More than a page of a list has.
const OBJECTS: usize = 1200;

/// A namespace with config maps, in pages of lists.
fn namespace_with_objects(cluster: &Cluster) -> String {
    let namespace = cluster.namespace("faults");
    let object = |number| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"number": format!("{number}")},
            "metadata": {"name": format!("map-{number}"), "namespace": namespace}})
    };
    let objects: Vec<Value> = (0..OBJECTS).map(object).collect();
    cluster.kubectl_with(
        &["create", "-f", "-"],
        &json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string(),
    );
    namespace
}

fn proxy(cluster: &Cluster, choose: impl Fn(&Request) -> Fault + Send + Sync + 'static) -> (Proxy, PathBuf) {
    let proxy = Proxy::start(Upstream::cluster(cluster), choose);
    let kubeconfig = cluster.kubeconfig_behind(&proxy.url());
    (proxy, kubeconfig)
}

fn is_list_of(request: &Request, resource: &str) -> bool {
    let path = request.path.split('?').next().unwrap_or_default();
    request.method == "GET" && path.ends_with(&format!("/{resource}"))
}

fn busy() -> Fault {
    Fault::status(429, "TooManyRequests", &[("Retry-After", "1")])
}

fn broken() -> Fault {
    Fault::status(500, "InternalError", &[])
}

fn expired() -> Fault {
    Fault::status(410, "Expired", &[])
}

/// What happens the first time that something is asked for.
fn once(request: &Request, fault: Fault) -> Fault {
    if request.repeat == 1 { fault } else { Fault::None }
}

/// What happens to every `n`th request.
fn every(n: usize, request: &Request, fault: Fault) -> Fault {
    if request.number.is_multiple_of(n) {
        fault
    } else {
        Fault::None
    }
}

fn expired_token(request: &Request) -> Fault {
    if request.path.contains("continue=") {
        once(request, expired())
    } else {
        Fault::None
    }
}

#[rstest]
#[case::busy(|request: &Request| once(request, busy()))]
#[case::broken(|request: &Request| once(request, broken()))]
#[case::cut_in_the_middle(|request: &Request| once(request, Fault::CutAnswer(20_000)))]
#[case::without_an_answer(|request: &Request| once(request, Fault::LoseAnswer))]
#[case::slow(|_: &Request| Fault::Delay(Duration::from_millis(300)))]
#[case::expired_token(expired_token)]
fn a_backup_of_a_server_in_trouble_is_whole(#[case] trouble: fn(&Request) -> Fault) {
    let cluster = cluster::first();
    let namespace = namespace_with_objects(cluster);
    let choose = move |request: &Request| {
        if is_list_of(request, "configmaps") {
            trouble(request)
        } else {
            Fault::None
        }
    };
    let (_proxy, kubeconfig) = proxy(cluster, choose);
    let workplace = Workplace::with_cluster(&kubeconfig);
    let made = workplace.json(&["backup", "create", "whole", "--include-namespaces", &namespace]);
    assert_eq!(
        count(&made, "configmaps"),
        OBJECTS + 1,
        "with that of the cluster's authority: {made:#}"
    );
    workplace.done(&["backup", "verify", "whole"]);
}

fn count(manifest: &Value, resource: &str) -> usize {
    let types = manifest["contents"]["types"].as_array().unwrap().iter();
    let counts = types
        .filter(|of| of["resource"] == resource)
        .filter_map(|of| of["objects"].as_u64());
    counts.sum::<u64>() as usize
}

#[test]
fn a_backup_without_a_list_says_so() {
    let cluster = cluster::first();
    let namespace = namespace_with_objects(cluster);
    let choose = |request: &Request| {
        if is_list_of(request, "secrets") {
            broken()
        } else {
            Fault::None
        }
    };
    let (_proxy, kubeconfig) = proxy(cluster, choose);
    let ran = Workplace::with_cluster(&kubeconfig).run(&[
        "backup",
        "create",
        "part",
        "--include-namespaces",
        &namespace,
    ]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert!(ran.stderr.contains("secrets"), "{}", ran.stderr);
}

#[test]
fn a_dead_aggregated_api_is_named_and_the_rest_is_backed_up() {
    let cluster = Cluster::start();
    cluster.apply(
        "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: v1beta1.dead.example.com}, spec: {\
         group: dead.example.com, version: v1beta1, groupPriorityMinimum: 100, versionPriority: 100, \
         insecureSkipTLSVerify: true, service: {name: dead, namespace: default}}}",
    );
    cluster.kubectl(&["create", "configmap", "alive", "--from-literal=a=b"]);
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    let ran = workplace.run(&["backup", "create", "rest"]);
    assert!(matches!(ran.code, 0 | 3), "{ran:#?}");
    assert!(ran.stderr.contains("dead.example.com"), "{}", ran.stderr);
    workplace.done(&["backup", "verify", "rest"]);
    assert!(count(&workplace.json(&["backup", "describe", "rest"]), "configmaps") > 0);
}

#[rstest]
#[case::busy(|request: &Request| every(7, request, busy()))]
#[case::broken(|request: &Request| every(50, request, broken()))]
#[case::lost_answers(|request: &Request| every(50, request, Fault::LoseAnswer))]
#[case::cut_requests(|request: &Request| every(50, request, Fault::CutRequest(10)))]
fn a_restore_into_a_server_in_trouble_is_whole(#[case] trouble: fn(&Request) -> Fault) {
    let (source, target) = (cluster::first(), cluster::second());
    let namespace = namespace_with_objects(source);
    let mut workplace = Workplace::with_cluster(source.kubeconfig());
    workplace.done(&["backup", "create", "whole", "--include-namespaces", &namespace]);

    let choose = move |request: &Request| {
        if request.method == "POST" {
            trouble(request)
        } else {
            Fault::None
        }
    };
    let (_proxy, kubeconfig) = proxy(target, choose);
    workplace.go_to(&kubeconfig);
    let report = finish(&workplace);
    assert_eq!(report["outcome"], "Completed", "{:#}", report["problems"]);
    assert_same(
        &contents(source, Some(&namespace)),
        &contents(target, Some(&namespace)),
    );
}

/// Restore, and where that says that something is missing, again.
fn finish(workplace: &Workplace) -> Value {
    let mut reports = (1..=3).map(|attempt| {
        let ran: Ran = workplace.run(&[
            "restore",
            "create",
            "whole",
            "--name",
            &format!("try-{attempt}"),
            "-ojson",
        ]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:#?}"));
        assert_eq!(ran.code == 0, report["outcome"] == "Completed", "{ran:#?}");
        println!("attempt {attempt}: {}", ran.stderr);
        report
    });
    reports
        .find(|report| report["outcome"] == "Completed")
        .expect("a restore that is whole")
}
