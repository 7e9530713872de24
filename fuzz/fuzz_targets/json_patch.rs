//! Random JSON patches in Velero's dialect, through the plugin in the sandbox, on random objects.

#![no_main]

use arbitrary::{Result, Unstructured};
use lazarette::plugin::Plugin;
use lazarette_fuzz::{HOST, configured, members, modify, object, operation, value};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

static PLUGIN: LazyLock<Arc<Plugin>> = LazyLock::new(|| HOST.built_in("json-patch").expect("a plugin"));

const NAMES: [&str; 6] = ["a", "b", "0", "a/b", "~", ""];
const SEGMENTS: [&str; 14] = [
    "a", "b", "0", "1", "-1", "-2", "-", "+1", "01", "a~1b", "~0", "", "metadata", "spec",
];
const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

fuzz_target!(|data: &[u8]| {
    drop(run(&mut Unstructured::new(data)));
});

fn run(u: &mut Unstructured) -> Result<()> {
    let mut json = Value::Object(members(u, &NAMES, 3)?);
    json["spec"] = value(u, &NAMES, 3)?;
    json["metadata"] = json!({"name": "web", "namespace": "shop", "labels": {"a": "b"}});
    (json["apiVersion"], json["kind"]) = (json!("v1"), json!("Pod"));
    let length = u.int_in_range(0..=5)?;
    let patches = (0..length).map(|_| operation_of(u)).collect::<Result<Value>>()?;
    let operation = operation();
    if let Some((plugin, pod)) = configured(&PLUGIN, patches, &operation).zip(object("pods", "Pod", json)) {
        modify(&plugin, &operation, &pod);
    }
    Ok(())
}

fn operation_of(u: &mut Unstructured) -> Result<Value> {
    let op = *u.choose(&OPERATIONS)?;
    let mut operation = json!({"op": op, "path": path(u)?});
    match op {
        "move" | "copy" => operation["from"] = json!(path(u)?),
        "remove" => {}
        _ => operation["value"] = value(u, &NAMES, 2)?,
    }
    Ok(operation)
}

fn path(u: &mut Unstructured) -> Result<String> {
    let length = u.int_in_range(0..=4)?;
    let segment = |_| Ok(format!("/{}", u.choose(&SEGMENTS)?));
    (0..length).map(segment).collect()
}
