//! Pods of the tests, and what is in them.

use lazarette_tests::node::{Image, Node};
use serde_json::{Value, json};
use std::process::Output;

/// The file that stands for a frozen state: hooks set it before a backup and clear it after.
pub const MARKER: &str = "/state/frozen";

/// A pod in a namespace of a test, with changes to the usual one: a container `main` of BusyBox that sleeps, and one
/// named `side`.
pub fn pod(namespace: &str, name: &str) -> Value {
    let container = |name: &str| {
        json!({
            "name": name, "image": Image::Busybox.reference(), "imagePullPolicy": "Never",
            "args": ["-c", "trap exit TERM; while :; do sleep 1000 & wait; done"],
            "volumeMounts": [{"name": "state", "mountPath": "/state"}],
        })
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "containers": [container("main"), container("side")],
            "volumes": [{"name": "state", "emptyDir": {}}],
            "terminationGracePeriodSeconds": 1,
        },
    })
}

/// Create a pod, and wait until it is ready.
pub fn run(node: &Node, pod: &Value) {
    let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    node.apply(&pod.to_string());
    node.wait_until_running(&text("/metadata/namespace"), &text("/metadata/name"));
}

/// A namespace with a pod `web` that runs.
pub fn web(node: &Node, prefix: &str) -> String {
    let namespace = node.namespace(prefix);
    run(node, &pod(&namespace, "web"));
    namespace
}

/// The text of a file in a container of a pod; none where it is not there.
pub fn read(node: &Node, namespace: &str, pod: &str, container: &str, file: &str) -> Option<String> {
    let words = ["exec", "-n", namespace, pod, "-c", container, "--", "cat", file];
    let output: Output = node.try_kubectl(&words, "");
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).unwrap())
}

/// Whether the marker is set in a pod.
pub fn is_frozen(node: &Node, namespace: &str, pod: &str) -> bool {
    let test = format!("test -e {MARKER} && echo yes || echo no");
    node.exec(namespace, pod, &["sh", "-c", &test]).trim() == "yes"
}
