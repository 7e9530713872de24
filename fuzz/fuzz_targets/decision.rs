//! Any texts in the decisions of a plugin: they are carried out or refused, and what was refused changed nothing.

#![no_main]

use arbitrary::{Result, Unstructured};
use lazarette::plugin::{Grants, Plugin, Settings};
use lazarette_fuzz::{HOST, modify, object, operation};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// A plugin that says what its configuration says.
const PARROT: &[u8] = include_bytes!("../../tests/fixtures/dist/misbehaving.wasm");

static PLUGIN: LazyLock<Arc<Plugin>> = LazyLock::new(|| HOST.load("parrot", PARROT).expect("a plugin"));

const METHODS: [&str; 7] = ["json-patch", "merge-patch", "skip", "fail", "rename", "replace", "note"];

/// Texts that come close to what is expected.
const TEXTS: [&str; 8] = [
    r#"[{"op": "add", "path": "/metadata/labels/a", "value": null}]"#,
    r#"[{"op": "move", "from": "/spec", "path": "/metadata/name"}]"#,
    r#"[{"op": "copy", "from": "", "path": "/spec/a"}, {"op": "copy", "from": "", "path": "/spec/b"}]"#,
    r#"[{"op": "remove", "path": "/metadata"}]"#,
    r#"{"metadata": {"name": "a/../b", "namespace": "other"}}"#,
    r#"{"kind": "Secret", "metadata": null}"#,
    "[]",
    "{}",
];

fuzz_target!(|data: &[u8]| {
    drop(run(&mut Unstructured::new(data)));
});

fn run(u: &mut Unstructured) -> Result<()> {
    let length = u.int_in_range(0..=3)?;
    let calls = (0..length).map(|_| call(u)).collect::<Result<Value>>()?;
    let json = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "shop", "labels": {"a": "b"}}, "spec": {"a": [1, 2]},
    });
    let mut settings = Settings::new(json!({"do": "say", "calls": calls}));
    if u.arbitrary()? {
        settings.grants = Grants(["object.rename", "object.retype"].map(str::to_owned).into());
    }
    let operation = operation();
    let plugin = HOST.configure(&PLUGIN, settings, &operation).expect("settings");
    modify(&plugin, &operation, &object("configmaps", "ConfigMap", json).expect("an object"));
    Ok(())
}

/// A method of a decision, and what it is called with.
fn call(u: &mut Unstructured) -> Result<Value> {
    let text = if u.arbitrary()? {
        u.choose(&TEXTS)?.to_string()
    } else {
        u.arbitrary::<String>()?
    };
    Ok(json!({"method": u.choose(&METHODS)?, "text": text}))
}
