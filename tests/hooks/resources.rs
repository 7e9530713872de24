//! BackupHooks and RestoreHooks of the tests.

use crate::pods::MARKER;
use serde_json::{Value, json};

/// The API of both.
const API_VERSION: &str = "clusterbackup.dataprotection.microsoft.com/v1alpha1";

/// A BackupHook with these entries.
pub fn backup_hook(entries: &Value) -> String {
    resource("BackupHook", "backupHook", entries)
}

/// A RestoreHook with these entries.
pub fn restore_hook(entries: &Value) -> String {
    resource("RestoreHook", "restoreHook", entries)
}

fn resource(kind: &str, list: &str, entries: &Value) -> String {
    json!({
        "apiVersion": API_VERSION, "kind": kind,
        "metadata": {"name": "hooks", "namespace": "default"},
        "spec": {list: entries},
    })
    .to_string()
}

/// A command of a hook.
pub fn exec(command: &[&str]) -> Value {
    json!({"exec": {"command": command}})
}

/// A line for the shell as a command of a hook, with further fields of `exec`.
pub fn shell(line: &str, fields: &Value) -> Value {
    let mut hook = exec(&["/bin/sh", "-c", line]);
    let all = hook["exec"].as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    hook
}

/// A BackupHook that runs `before`, sets the marker, and clears it afterwards. Every clearing is counted in a file beside
/// the marker.
pub fn freezing(before: &Value) -> String {
    let fail = json!({"onError": "Fail"});
    let freeze = shell(&format!("touch {MARKER}"), &fail);
    let thaw = shell(&format!("rm -f {MARKER}; echo thawed >> {MARKER}.log"), &fail);
    let mut pre = vec![freeze];
    pre.extend(before.as_array().unwrap().clone());
    backup_hook(&json!([{"name": "freeze", "preHooks": pre, "postHooks": [thaw]}]))
}
