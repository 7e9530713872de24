//! Random strategic merge patches with all directives, through the plugin in the sandbox, on random Pods.

#![no_main]

use arbitrary::{Result, Unstructured};
use lazarette::plugin::Plugin;
use lazarette_fuzz::{HOST, configured, members, modify, object, operation, value};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

static PLUGIN: LazyLock<Arc<Plugin>> =
    LazyLock::new(|| HOST.built_in("strategic-merge-patch").expect("a plugin"));

/// Names of lists that are merged, of their keys, and of directives.
const NAMES: [&str; 16] = [
    "containers",
    "env",
    "ports",
    "containerPort",
    "name",
    "finalizers",
    "volumes",
    "args",
    "a",
    "$patch",
    "$retainKeys",
    "$setElementOrder/containers",
    "$setElementOrder/finalizers",
    "$deleteFromPrimitiveList/finalizers",
    "replace",
    "delete",
];

fuzz_target!(|data: &[u8]| {
    drop(run(&mut Unstructured::new(data)));
});

fn run(u: &mut Unstructured) -> Result<()> {
    let mut metadata = members(u, &NAMES, 2)?;
    metadata.insert("name".into(), json!("web"));
    let json = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": part(u)?});
    let length = u.int_in_range(1..=2)?;
    let patches = (0..length)
        .map(|_| Ok(json!({"spec": part(u)?, "metadata": members(u, &NAMES, 2)?})))
        .collect::<Result<Value>>()?;
    let operation = operation();
    if let Some((plugin, pod)) = configured(&PLUGIN, patches, &operation).zip(object("pods", "Pod", json)) {
        modify(&plugin, &operation, &pod);
    }
    Ok(())
}

/// A random part of a Pod, in which containers often have names.
fn part(u: &mut Unstructured) -> Result<Value> {
    let mut part = members(u, &NAMES, 4)?;
    if u.arbitrary()? {
        let length = u.int_in_range(0..=3)?;
        let container = |_| {
            let mut container = members(u, &NAMES, 2)?;
            container.insert("name".into(), json!(*u.choose(&["a", "b", "c"])?));
            Ok(Value::Object(container))
        };
        part.insert("containers".into(), (0..length).map(container).collect::<Result<_>>()?);
        part.insert("extra".into(), value(u, &NAMES, 1)?);
    }
    Ok(Value::Object(part))
}
