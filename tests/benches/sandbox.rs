//! What the sandbox costs: `cargo bench --bench sandbox`.
//!
//! Each figure stands beside native code that does the same, measured in the same run. The bounds are those that the
//! project has set itself.

mod support;

use lazarette::object::{GroupResource, Object, ResourceType};
use lazarette::plugin::{
    BUILT_INS, Configured, Isolation, Operation, PluginHost, Settings, World, modifier_grants,
};
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use support::{header, median, operation, row, show, time};

const PATCH: &str = r#"[{"op":"add","path":"/metadata/labels/seen","value":"yes"}]"#;
const MISBEHAVING: &[u8] = include_bytes!("../fixtures/dist/misbehaving.wasm");

fn main() {
    let operation = operation();
    let host = PluginHost::new(None).expect("a host");
    header("", "sandbox", "native");
    per_object(&host, &operation);
    start();
}

fn per_object(host: &PluginHost, operation: &Arc<Operation>) {
    let native = measure(|object| {
        if object
            .json
            .pointer("/spec/containers/0/image")
            .map(ToString::to_string)
            .is_some()
        {
            let patch: json_patch::Patch = serde_json::from_str(black_box(PATCH)).expect("a patch");
            json_patch::patch(&mut object.json, &patch).expect("a patch that applies");
        }
    });
    let plugin = host.load("misbehaving", MISBEHAVING).expect("a plugin");
    let configure = |isolation| {
        let settings = Settings {
            isolation,
            ..Settings::new(json!({"do": "read-and-label"}))
        };
        host.configure(&plugin, settings, operation).expect("settings")
    };
    let batched = call(host, operation, &configure(Isolation::Batch));
    row(
        "a call that reads a pointer and returns a patch, applied",
        batched,
        native,
        "4 µs",
    );
    let fresh = call(host, operation, &configure(Isolation::Object));
    row(
        "the same, a fresh instance for each object",
        fresh,
        native,
        "25 µs more",
    );

    let settings = Settings {
        grants: modifier_grants(),
        ..Settings::new(json!({"patches": [
            {"op": "replace", "path": "/spec/containers/0/image", "value": "registry.example.com/web:2"},
            {"op": "add", "path": "/metadata/labels/seen", "value": "yes"},
        ]}))
    };
    let patch: json_patch::Patch = serde_json::from_value(json!([
        {"op": "replace", "path": "/spec/containers/0/image", "value": "registry.example.com/web:2"},
        {"op": "add", "path": "/metadata/labels/seen", "value": "yes"},
    ]))
    .expect("a patch");
    let native = measure(|object| json_patch::patch(&mut object.json, &patch).expect("a patch that applies"));
    let built_in = host.built_in("json-patch").expect("a built-in");
    let built_in = host.configure(&built_in, settings, operation).expect("settings");
    row(
        "json-patch, two operations, applied",
        call(host, operation, &built_in),
        native,
        "4 µs",
    );
}

/// Start-up with all built-ins from a warm cache.
fn start() {
    let cache = tempfile::tempdir().expect("a folder");
    let load = || {
        let host = PluginHost::new(Some(cache.path().to_owned())).expect("a host");
        for name in BUILT_INS {
            let hook = lazarette::plugin::Inspection::of(
                lazarette::plugin::built_in_component(name).expect("bytes"),
            );
            if hook.expect("an inspection").world != World::PodHook {
                black_box(host.built_in(name).expect("a built-in"));
            }
        }
    };
    load();
    let times: Vec<Duration> = (0..9).map(|_| time(load)).collect();
    println!(
        "{:<64} {:>10} {:>10} {:>8}   30 ms",
        "host with all built-ins, warm cache",
        show(median(times)),
        "",
        ""
    );
}

fn call(host: &PluginHost, operation: &Arc<Operation>, plugin: &Arc<Configured>) -> Duration {
    let mut batch = host.batch(operation);
    measure(|object| {
        batch.modify(plugin, object).expect("a modification");
    })
}

/// The median over rounds of the mean time of one call.
fn measure(mut call: impl FnMut(&mut Object)) -> Duration {
    const CALLS: u32 = 2_000;
    let mut object = pod();
    let rounds = (0..25).map(|_| time(|| (0..CALLS).for_each(|_| call(black_box(&mut object)))) / CALLS);
    median(rounds.collect())
}

/// A Pod of about 2.5 KB, as a Deployment makes it.
fn pod() -> Object {
    let of = ResourceType {
        resource: GroupResource::new("", "pods"),
        version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespaced: true,
    };
    Object::new(&of, pod_json()).expect("an object")
}

fn pod_json() -> Value {
    let environment: Vec<Value> = (0..12)
        .map(|n| json!({"name": format!("SETTING_{n}"), "value": format!("the value of setting number {n}")}))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "web-5d4f8c7b9-x2x7k", "namespace": "shop",
            "labels": {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop", "pod-template-hash": "5d4f8c7b9"},
            "annotations": {"example.com/checksum": "0f343b0931126a20f133d67c2b018a3b0f343b0931126a20f133d67c2b018a3b"},
        },
        "spec": {
            "serviceAccountName": "web", "nodeName": "node-1", "restartPolicy": "Always",
            "containers": [{
                "name": "web", "image": "registry.example.com/web:1", "env": environment,
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5},
                "livenessProbe": {"httpGet": {"path": "/alive", "port": 8080}, "periodSeconds": 15},
                "volumeMounts": [{"name": "settings", "mountPath": "/etc/web"}, {"name": "data", "mountPath": "/var/lib/web"}],
            }],
            "volumes": [
                {"name": "settings", "configMap": {"name": "web-settings"}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}},
            ],
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            ],
        },
    })
}
