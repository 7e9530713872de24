//! What several fuzz targets need: a host, and random objects in which random paths lead somewhere.

use arbitrary::{Result, Unstructured};
use lazarette::object::{GroupResource, Object, ResourceType, Schemas};
use lazarette::plugin::{Batch, Configured, LookUps, Operation, Plugin, PluginHost, Settings, modifier_grants};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The host of all runs: what is compiled once is compiled.
pub static HOST: LazyLock<PluginHost> = LazyLock::new(|| PluginHost::new(None).expect("a host"));

/// An operation in which nothing was decided so far.
pub fn operation() -> Arc<Operation> {
    Arc::new(Operation {
        kind: "test".into(),
        now: jiff::Timestamp::UNIX_EPOCH,
        backup: "nightly".into(),
        namespace_mappings: BTreeMap::new(),
        seed: [0; 32],
        schemas: Arc::new(Schemas::default()),
        look_ups: LookUps::none(),
    })
}

/// The object `json` of a built-in type.
pub fn object(resource: &str, kind: &str, json: Value) -> Option<Object> {
    let of = ResourceType {
        resource: resource.parse::<GroupResource>().ok()?,
        version: "v1".into(),
        kind: kind.into(),
        namespaced: true,
    };
    Object::new(&of, json)
}

/// A built-in modifier with `patches`; none where it refuses them.
pub fn configured(plugin: &Arc<Plugin>, patches: Value, operation: &Arc<Operation>) -> Option<Arc<Configured>> {
    let settings = Settings {
        grants: modifier_grants(),
        ..Settings::new(json!({"patches": patches}))
    };
    HOST.configure(plugin, settings, operation).ok()
}

/// Have a modifier change `object`: called, and by what is remembered of it. Both must come to the same, and what failed
/// must have changed nothing.
pub fn modify(plugin: &Arc<Configured>, operation: &Arc<Operation>, object: &Object) {
    let run = |batch: &mut Batch| {
        let mut changed = object.clone();
        let result = batch.modify(plugin, &mut changed);
        assert!(result.is_ok() || changed == *object, "a failure left traces");
        assert!(changed.json.is_object());
        (result, changed)
    };
    let mut batch = HOST.batch(operation);
    let called = run(&mut batch);
    assert_eq!(run(&mut batch), called);
}

/// A JSON value whose members have the names `names`, at most `depth` deep.
pub fn value(u: &mut Unstructured, names: &[&str], depth: usize) -> Result<Value> {
    let kinds = if depth == 0 { 5 } else { 7 };
    Ok(match u.int_in_range(0..=kinds)? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => json!(u.int_in_range(-2..=2)?),
        3 => json!(u.arbitrary::<f64>()?),
        4 => json!(u.arbitrary::<i64>()?),
        5 => json!(*u.choose(names)?),
        6 => {
            let length = u.int_in_range(0..=3)?;
            Value::Array((0..length).map(|_| value(u, names, depth - 1)).collect::<Result<_>>()?)
        }
        _ => Value::Object(members(u, names, depth - 1)?),
    })
}

/// Up to three members with names of `names`.
pub fn members(u: &mut Unstructured, names: &[&str], depth: usize) -> Result<Map<String, Value>> {
    let length = u.int_in_range(0..=3)?;
    (0..length)
        .map(|_| Ok((u.choose(names)?.to_string(), value(u, names, depth)?)))
        .collect()
}
