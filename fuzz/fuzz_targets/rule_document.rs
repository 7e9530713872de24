//! Any text as a document of rules: it is read or refused, and what was read explains itself.

#![no_main]

use lazarette::modify::Rules;
use lazarette_fuzz::object;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|document: &str| {
    let Ok(rules) = Rules::parse(document) else {
        return;
    };
    let json = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}], "priority": 1.5, "nodeName": null},
    });
    let pod = object("pods", "Pod", json).expect("a pod");
    assert_eq!(rules.explain(&pod).len(), rules.rules.len());
});
