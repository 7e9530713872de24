//! Hooks of many pods, beside the time that their bound implies: `cargo bench -p lazarette-tests --bench hooks`.
//!
//! `program`: 1,000 pods of a real API server, with a hook of 50 ms each. No node of one machine runs so many, so a proxy
//! before the API server answers for their commands: each ends well after 50 ms. What is measured is all that the program
//! does, and nothing of what a node does.
//!
//! `node`: 100 pods of a real node with ten hooks of 50 ms each, beside a bare client that runs the same commands, as many
//! at a time. On this one machine the container runtime takes most of the time.
//!
//! Words after `--` choose parts.

#[path = "hooks/bare.rs"]
mod bare;
#[path = "cluster/print.rs"]
#[allow(dead_code, reason = "the benchmark of clusters needs more of it")]
mod print;
#[path = "cluster/program.rs"]
mod program;

use lazarette_tests::cluster::{Cluster, Options};
use lazarette_tests::node::{Image, Node};
use lazarette_tests::proxy::{Fault, Proxy, Upstream};
use print::{bound, line};
use program::Program;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

/// How many pods hooks are at work in at a time; see `host/src/backup/hooking`.
const PODS_AT_A_TIME: usize = 8;

/// How long a hook takes.
const HOOK: Duration = Duration::from_millis(50);

/// How many times the time that the bound implies it may take.
const FACTOR: f64 = 1.5;

/// Pods without a node.
const PODS: usize = 1000;

/// Pods of a node, and how many hooks each has.
const RUNNING: usize = 100;
const HOOKS: usize = 10;

const NAMESPACE: &str = "many";

fn main() {
    // Cargo adds `--bench`.
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let is_chosen = |part: &str| chosen.is_empty() || chosen.iter().any(|word| word == part);
    let program = Program::build();
    if is_chosen("program") {
        without_node(&program);
    }
    if is_chosen("node") {
        on_node(&program);
    }
}

/// What `commands` hooks take, so many pods at a time.
fn implied(commands: usize) -> Duration {
    HOOK * u32::try_from(commands.div_ceil(PODS_AT_A_TIME)).expect("a number")
}

fn without_node(program: &Program) {
    let cluster = Cluster::with(&Options {
        without_controllers: true,
        ..Options::default()
    });
    bare::create(&cluster, NAMESPACE, &pods(PODS), true);
    let proxy = Proxy::start(Upstream::cluster(&cluster), |request| {
        match request.path.contains("/exec?") {
            true => Fault::Exec(HOOK),
            false => Fault::None,
        }
    });
    let kubeconfig = cluster.kubeconfig_behind(&proxy.url());
    let port = proxy.url().rsplit(':').next().and_then(|port| port.parse().ok());
    let run = |words: &[&str]| program.run_with(&kubeconfig, port.expect("a port"), words);

    let without = run(&["backup", "create", "without"]).time;
    fs::write(program.path_of("hooks.yaml"), hooks(1)).expect("a file");
    let with = run(&["backup", "create", "with", "--hooks", "hooks.yaml"]).time;
    let asked = proxy
        .seen()
        .iter()
        .filter(|request| request.path.contains("/exec?"))
        .count();
    assert_eq!(asked, PODS, "each pod's command runs once");
    line(&format!(
        "{PODS} pods with a hook of 50 ms, {PODS_AT_A_TIME} at a time: {:.2} s, of which the backup itself {:.2} s; \
         implied by the bound {:.2} s",
        with.as_secs_f64(),
        without.as_secs_f64(),
        implied(PODS).as_secs_f64(),
    ));
    let factor = with.as_secs_f64() / implied(PODS).as_secs_f64();
    bound(
        "hooks: times the time that the bound implies",
        factor,
        "",
        FACTOR,
        false,
    );
}

fn on_node(program: &Program) {
    let Some(node) = Node::start() else { return };
    bare::create(&node, NAMESPACE, &pods(RUNNING), false);
    node.kubectl(&[
        "wait",
        "-n",
        NAMESPACE,
        "--for=condition=Ready",
        "pods",
        "--all",
        "--timeout=170s",
    ]);
    let names: Vec<String> = (0..RUNNING).map(name).collect();
    let command = ["sleep", "0.05"];
    let bare = bare::exec(&node, NAMESPACE, &names, &command, HOOKS, PODS_AT_A_TIME);
    let without = program.run(&node, &["backup", "create", "without"]).time;
    fs::write(program.path_of("hooks.yaml"), hooks(HOOKS)).expect("a file");
    let with = program
        .run(&node, &["backup", "create", "with", "--hooks", "hooks.yaml"])
        .time;
    line(&format!(
        "{RUNNING} pods of a node with {HOOKS} hooks of 50 ms, {PODS_AT_A_TIME} pods at a time: {:.2} s, of which the \
         backup itself {:.2} s; a bare client {:.2} s; implied by the bound {:.2} s",
        with.as_secs_f64(),
        without.as_secs_f64(),
        bare.as_secs_f64(),
        implied(RUNNING * HOOKS).as_secs_f64(),
    ));
    let factor = with.as_secs_f64() / bare.as_secs_f64();
    bound(
        "hooks: times the time of a bare client",
        factor,
        "",
        FACTOR,
        false,
    );
}

/// A BackupHook with so many commands before a backup.
fn hooks(commands: usize) -> String {
    let command = json!({"exec": {"command": ["sleep", "0.05"]}});
    json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1", "kind": "BackupHook",
        "metadata": {"name": "bench", "namespace": "default"},
        "spec": {"backupHook": [{
            "name": "bench", "includedNamespaces": [NAMESPACE], "preHooks": vec![command; commands],
        }]},
    })
    .to_string()
}

fn name(number: usize) -> String {
    format!("pod-{number:04}")
}

/// Pods that sleep.
fn pods(count: usize) -> Vec<Value> {
    let pod = |number| {
        let container = json!({
            "name": "main", "image": Image::Busybox.reference(), "imagePullPolicy": "Never",
            "args": ["-c", "exec sleep infinity"],
        });
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name(number), "namespace": NAMESPACE},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        })
    };
    (0..count).map(pod).collect()
}
