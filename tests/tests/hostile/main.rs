//! A bad plugin can do no harm: hostile components, each with what the host answers.

mod importing;
mod in_pods;
mod looking_up;
mod planning;
mod raw;
mod returning;
mod running;
mod together;

use lazarette::object::{Object, ResourceTypes, Schemas, guess_object};
use lazarette::plugin::{
    Configured, GivenObjects, Limits, LookUps, Modified, Operation, PluginError, PluginHost, Settings,
    default_cache,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const MISBEHAVING: &[u8] = include_bytes!("../../fixtures/dist/misbehaving.wasm");
const LOOKING: &[u8] = include_bytes!("../../fixtures/dist/looking.wasm");
const HOOKING: &[u8] = include_bytes!("../../fixtures/dist/hooking.wasm");
const CAPRICIOUS: &[u8] = include_bytes!("../../fixtures/dist/capricious.wasm");
const AMBIENT: &[u8] = include_bytes!("../../fixtures/dist/ambient.wasm");

/// The host, shared by all tests: compiling plugins is what takes time.
fn host() -> &'static PluginHost {
    static HOST: OnceLock<PluginHost> = OnceLock::new();
    HOST.get_or_init(|| PluginHost::new(default_cache()).unwrap())
}

fn operation() -> Arc<Operation> {
    operation_on(LookUps::none())
}

fn operation_on(look_ups: Arc<LookUps>) -> Arc<Operation> {
    Arc::new(Operation {
        kind: "test".into(),
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        backup: String::new(),
        namespace_mappings: BTreeMap::new(),
        seed: [7; 32],
        schemas: Arc::new(Schemas::default()),
        look_ups,
    })
}

/// An operation in whose cluster there are these objects.
fn operation_among(objects: Vec<Object>) -> Arc<Operation> {
    operation_on(LookUps::new(GivenObjects::new(objects)))
}

fn pod() -> Object {
    let json = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "uid": "1", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]},
    });
    guess_object(json, &ResourceTypes::built_in()).unwrap()
}

fn limits() -> Limits {
    Limits {
        deadline: Duration::from_millis(200),
        memory: 32 << 20,
        output: 4 << 20,
        ..Limits::default()
    }
}

fn settings(config: Value, grants: &[&str]) -> Settings {
    Settings {
        limits: limits(),
        grants: grants.iter().map(|&grant| grant.to_owned()).collect(),
        ..Settings::new(config)
    }
}

fn configure(
    component: &[u8],
    settings: Settings,
    operation: &Arc<Operation>,
) -> Result<Arc<Configured>, PluginError> {
    let plugin = host().load("hostile", component)?;
    host().configure(&plugin, settings, operation)
}

/// What becomes of a pod in the hands of a component.
fn modify(component: &[u8], config: Value) -> (Object, Result<Modified, PluginError>) {
    let operation = operation();
    let mut object = pod();
    let plugin =
        configure(component, settings(config, &[]), &operation).unwrap_or_else(|error| panic!("{error}"));
    let result = host().batch(&operation).modify(&plugin, &mut object);
    (object, result)
}

/// That a component fails on a pod with this code, saying this, and leaves the pod as it was.
#[track_caller]
fn fails(component: &[u8], config: Value, code: &str, message: &str) {
    let (object, result) = modify(component, config);
    let error = result.unwrap_err();
    assert_eq!(error.kind.code().name(), code, "{error}");
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(object, pod(), "an object that a plugin failed on is as it was");
}
