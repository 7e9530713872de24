//! Resource modifiers from the document to the changed object, through the built-in plugins in the sandbox.

mod documented;
mod remembered;
mod rules;
mod server;
mod vectors;

use lazarette::modify::{CompiledRules, Rules};
use lazarette::object::{GroupResource, Object, ObjectId, Schemas};
use lazarette::plugin::{LookUps, Operation, PluginHost, default_cache};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The host, shared by all tests: compiling plugins is what takes time.
fn host() -> &'static PluginHost {
    static HOST: OnceLock<PluginHost> = OnceLock::new();
    HOST.get_or_init(|| PluginHost::new(default_cache()).unwrap())
}

fn operation(schemas: Schemas) -> Arc<Operation> {
    Arc::new(Operation {
        kind: "test".into(),
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        backup: String::new(),
        namespace_mappings: BTreeMap::new(),
        seed: [0; 32],
        schemas: Arc::new(schemas),
        look_ups: LookUps::none(),
    })
}

/// An object of a type, named as in a rule.
fn object(group_resource: &str, json: Value) -> Object {
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let (resource, group) = group_resource.split_once('.').unwrap_or((group_resource, ""));
    let id = ObjectId {
        resource: GroupResource::new(group, resource),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name").unwrap_or_default(),
    };
    let api_version = text("/apiVersion").unwrap_or_default();
    let version = api_version.rsplit('/').next().unwrap_or_default().to_owned();
    Object {
        id,
        version,
        kind: text("/kind").unwrap_or_default(),
        json,
    }
}

/// Read and compile a document; what refuses it, as the user reads it.
fn compile(document: &str, operation: &Arc<Operation>) -> Result<CompiledRules, Vec<String>> {
    let rules = Rules::parse(document)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    rules
        .compile(host(), operation, &BTreeMap::new())
        .map_err(|error| vec![error.to_string()])
}

/// What a document makes of an object, and the problems of rules that failed; or what refuses it.
fn modify(document: &str, group_resource: &str, json: Value) -> Result<(Value, Vec<String>), Vec<String>> {
    let operation = operation(Schemas::default());
    let rules = compile(document, &operation)?;
    let mut object = object(group_resource, json);
    let outcome = rules.apply(&mut host().batch(&operation), &mut object);
    Ok((object.json, outcome.problems().map(ToString::to_string).collect()))
}
