//! Restores into an API server that is busy, broken, or goes away in the middle of a sentence.

use crate::contents::{assert_same, contents};
use crate::harness::{Ran, Workplace};
use lazarette_tests::cluster::{self, Cluster};
use lazarette_tests::proxy::{Fault, Place, Proxy, Request, Upstream};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

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

fn busy() -> Fault {
    Fault::status(429, "TooManyRequests", &[("Retry-After", "1")])
}

fn broken() -> Fault {
    Fault::status(500, "InternalError", &[])
}

/// What happens to every `n`th request.
fn every(n: usize, request: &Request, fault: Fault) -> Fault {
    if request.number.is_multiple_of(n) {
        fault
    } else {
        Fault::None
    }
}

#[rstest]
#[case::busy(|request: &Request| every(7, request, busy()))]
#[case::broken(|request: &Request| every(50, request, broken()))]
#[case::lost_answers(|request: &Request| every(50, request, Fault::LoseAnswer))]
#[case::slow(|request: &Request| every(3, request, Fault::Delay(Duration::from_millis(300))))]
#[case::cut_requests(|request: &Request| every(50, request, Fault::CutRequest(Place::Body(10))))]
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
    let proxy = Proxy::start(Upstream::cluster(target), choose);
    workplace.go_to(&target.kubeconfig_behind(&proxy.url()));
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
