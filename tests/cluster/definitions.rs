//! The definitions of BackupHook and RestoreHook in a real API server: what it takes, and what it refuses.

use crate::harness::Workplace;
use lazarette_tests::cluster::{Cluster, Options};
use lazarette_tests::wait;
use rstest::rstest;
use serde_json::{Value, json};
use std::process::Output;
use std::sync::OnceLock;

/// A server of their own, which knows both definitions as the program prints them.
fn defined() -> &'static Cluster {
    static DEFINED: OnceLock<Cluster> = OnceLock::new();
    DEFINED.get_or_init(|| {
        let cluster = Cluster::with(&Options {
            without_controllers: true,
            ..Options::default()
        });
        cluster.apply(&Workplace::empty().done(&["crds"]));
        // Not every part of a server knows of a new definition at once.
        wait::until("both are served", || {
            let listed = cluster.try_kubectl(&["get", "backuphooks,restorehooks", "-A"], "");
            listed.status.success().then_some(())
        });
        cluster
    })
}

/// Create a resource as `kubectl create` does, which refuses fields that the schema does not have.
fn create(resource: &Value) -> Output {
    let words = ["create", "--validate=strict", "-f", "-"];
    defined().try_kubectl(&words, &resource.to_string())
}

fn resource(kind: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1", "kind": kind,
        "metadata": {"generateName": "hooks-", "namespace": "default"}, "spec": spec,
    })
}

fn in_backup(fields: &Value) -> Value {
    let mut exec = json!({"command": ["fsfreeze", "--freeze", "/data"]});
    exec.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    json!({"backupHook": [{"name": "a", "preHooks": [{"exec": exec}]}]})
}

#[rstest]
#[case::backup(include_str!("../hooks/documented/backup.yaml"))]
#[case::restore(include_str!("../hooks/documented/restore.yaml"))]
fn the_documented_templates_are_taken(#[case] template: &str) {
    defined().kubectl_with(&["create", "--validate=strict", "-f", "-"], template);
    defined().kubectl_with(&["delete", "-f", "-"], template);
}

#[rstest]
#[case::fields_of_a_command("BackupHook", in_backup(&json!({"container": "db", "onError": "Fail", "timeout": "10s"})))]
#[case::older_form("BackupHook", json!({"name": "a", "preHooks": [{"exec": {"command": ["sync"]}}]}))]
#[case::plugin(
    "BackupHook",
    json!({"backupHook": [{"name": "a", "plugin": {"name": "pg", "config": {"any": {"thing": 1}}, "timeout": "1m"}}]})
)]
#[case::selection(
    "RestoreHook",
    json!({"restoreHook": [{
        "name": "a", "includedNamespaces": ["shop*"], "excludedNamespaces": null,
        "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}]},
        "postHooks": [
            {"exec": {"command": ["x"], "execTimeout": "1s", "waitTimeout": "2s", "waitForReady": true}},
            {"init": {"initContainers": [{"name": "a", "image": "b", "env": [{"name": "C", "value": "d"}]}]}},
        ],
    }]})
)]
fn what_the_program_reads_is_taken(#[case] kind: &str, #[case] spec: Value) {
    let created = create(&resource(kind, &spec));
    let stderr = String::from_utf8_lossy(&created.stderr);
    assert!(created.status.success(), "{stderr}");
}

#[rstest]
#[case::field_of_a_command("BackupHook", in_backup(&json!({"timeOut": "10s"})), "timeOut")]
#[case::field_of_a_restore("BackupHook", in_backup(&json!({"execTimeout": "10s"})), "execTimeout")]
#[case::field_of_an_entry("BackupHook", json!({"backupHook": [{"name": "a", "preHook": []}]}), "preHook")]
#[case::field_of_the_spec("RestoreHook", json!({"restoreHooks": []}), "restoreHooks")]
#[case::on_error("BackupHook", in_backup(&json!({"onError": "Ignore"})), "Unsupported value: \"Ignore\"")]
#[case::command_line("BackupHook", in_backup(&json!({"command": "echo a"})), "must be of type array")]
#[case::no_command("BackupHook", in_backup(&json!({"command": []})), "command")]
#[case::no_name("BackupHook", json!({"backupHook": [{"preHooks": []}]}), "name")]
fn what_the_program_would_refuse_the_server_refuses(
    #[case] kind: &str,
    #[case] spec: Value,
    #[case] message: &str,
) {
    let created = create(&resource(kind, &spec));
    let stderr = String::from_utf8_lossy(&created.stderr);
    assert!(!created.status.success() && stderr.contains(message), "{stderr}");
}
