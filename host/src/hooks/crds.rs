//! The definitions of BackupHook and RestoreHook, for clusters that do not have the backup extension of AKS.

use super::document::{GROUP, VERSION};
use serde_json::{Value, json};

/// The definitions of both resources, as objects to apply. Their schemas are structural: an API server drops or refuses
/// what they do not know, as whoever asks it to with `fieldValidation` wants it.
pub fn crds() -> [Value; 2] {
    let exec = |times: Value| {
        let mut properties = json!({
            "container": {"type": "string", "description": "Default: the first container of the pod."},
            "command": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string"},
                "description": "The program and its arguments; there is no shell.",
            },
            "onError": {"type": "string", "enum": ["Continue", "Fail"], "description": "Default: Continue."},
        });
        extend(&mut properties, times);
        json!({"type": "object", "required": ["command"], "properties": properties})
    };
    let in_backup = exec(json!({"timeout": text("Default: 30s.")}));
    let in_restore = exec(json!({
        "execTimeout": text("Default: 30s."),
        "waitTimeout": text("How long is waited for the container. Default: 5m."),
        "waitForReady": {"type": "boolean", "description": "Whether it must be ready, not only run. Default: false."},
    }));
    let of_backup = list(json!({
        "type": "object", "required": ["exec"], "properties": {"exec": in_backup},
    }));
    let of_restore = list(json!({
        "type": "object",
        "properties": {
            "exec": in_restore,
            "init": {
                "type": "object",
                "required": ["initContainers"],
                "properties": {"initContainers": list(anything())},
            },
        },
    }));
    let backup = json!({"preHooks": of_backup, "postHooks": of_backup});
    [
        definition("BackupHook", "backupHook", &backup),
        definition("RestoreHook", "restoreHook", &json!({"postHooks": of_restore})),
    ]
}

/// The definition of `kind`, whose hooks stand in the list `field` of `spec`, or in the older form in `spec` itself.
fn definition(kind: &str, field: &str, hooks: &Value) -> Value {
    let mut entry = json!({
        "name": {"type": "string"},
        "includedNamespaces": names("Namespaces, or patterns of them. Default: all."),
        "excludedNamespaces": names("Namespaces that are not meant, even if they are included."),
        "labelSelector": selector(),
        "plugin": plugin(),
    });
    extend(&mut entry, hooks.clone());
    let mut spec = entry.clone();
    let one = json!({"type": "object", "required": ["name"], "properties": entry});
    extend(&mut spec, json!({field: list(one)}));
    let plural = format!("{}s", kind.to_lowercase());
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{GROUP}")},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{
                "name": VERSION,
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "required": ["spec"],
                    "properties": {
                        "apiVersion": {"type": "string"},
                        "kind": {"type": "string"},
                        "metadata": {"type": "object"},
                        "spec": {"type": "object", "properties": spec},
                    },
                }},
            }],
        },
    })
}

fn plugin() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "description": "A plugin that decides what is done, instead of commands.",
        "properties": {
            "name": text("As `--plugin NAME=SOURCE` has it."),
            "config": anything(),
            "onError": {"type": "string", "enum": ["Continue", "Fail"], "description": "Default: Continue."},
            "timeout": text("For each moment around the pod, with all waiting."),
        },
    })
}

fn selector() -> Value {
    let expression = json!({
        "type": "object",
        "required": ["key", "operator"],
        "properties": {"key": {"type": "string"}, "operator": {"type": "string"}, "values": list(json!({"type": "string"}))},
    });
    json!({
        "type": "object",
        "nullable": true,
        "description": "Labels of the pods. Default: all.",
        "properties": {
            "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
            "matchExpressions": list(expression),
        },
    })
}

/// Members may be null, as in the documented templates.
fn list(items: Value) -> Value {
    json!({"type": "array", "nullable": true, "items": items})
}

fn names(description: &str) -> Value {
    json!({"type": "array", "nullable": true, "items": {"type": "string"}, "description": description})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn anything() -> Value {
    json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

fn extend(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
