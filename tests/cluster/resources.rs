//! The definitions of the custom resources, as an API server takes them: what it refuses, and what `kubectl` shows.

use crate::harness::Workplace;
use lazarette_tests::cluster::{self, Cluster};
use rstest::rstest;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// A cluster in which the resources are defined.
fn defined() -> &'static Cluster {
    static DEFINED: OnceLock<&Cluster> = OnceLock::new();
    DEFINED.get_or_init(|| {
        let cluster = cluster::first();
        let workplace = Workplace::with_cluster(cluster.kubeconfig());
        cluster.apply(&workplace.done(&["crds", "--without-hooks"]));
        let kinds = ["locations", "policies", "instances", "s"].map(|kind| format!("backup{kind}"));
        let others = ["restores", "recoverypoints", "plugins"].map(str::to_owned);
        for kind in kinds.into_iter().chain(others) {
            let name = format!("crd/{kind}.lazarette.dev");
            cluster.kubectl(&["wait", "--for=condition=Established", &name]);
        }
        cluster
    })
}

fn resource(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "lazarette.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// Try to create a resource, with unknown fields refused. What the server says when it does not want it.
fn create(namespace: &str, resource: &Value) -> Result<(), String> {
    let words = ["-n", namespace, "create", "--validate=strict", "-f", "-"];
    let output = defined().try_kubectl(&words, &resource.to_string());
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

#[rstest]
#[case::location("BackupLocation", json!({"store": "azure:account/container", "credential": {"name": "sas"}, "tier": "Vault"}))]
#[case::policy_with_an_interval("BackupPolicy", json!({
    "schedule": {"interval": "R/2026-01-04T09:00:00+00:00/PT4H", "timeZone": "Europe/Berlin", "startWindow": "PT2H"},
    "retention": [
        {"tag": "Default", "operational": "P7D"},
        {"tag": "Daily", "operational": "P7D", "vault": {"copy": "AtOnce", "keep": "P84D"}},
        {"tag": "Yearly", "operational": "P30D", "vault": {"copy": "AfterDelay", "copyAfter": "P3D", "keep": "P10Y"}},
    ],
}))]
#[case::policy_with_cron("BackupPolicy", json!({"schedule": {"cron": "30 2 * * *"}, "retention": [{"tag": "Default", "operational": "P7D"}]}))]
#[case::policy_without_a_schedule("BackupPolicy", json!({"retention": [{"tag": "Default", "operational": "P7D"}]}))]
#[case::instance("BackupInstance", json!({
    "policy": "nightly", "location": "store", "serviceAccountName": "backup",
    "selection": {"includedNamespaces": ["shop"], "clusterResources": "never"},
    "hooks": [{"name": "databases"}], "protection": "StopAndKeepForever",
}))]
#[case::backup("Backup", json!({"instance": "shop", "retentionTag": "Yearly"}))]
#[case::restore("Restore", json!({"recoveryPoint": "shop-1", "serviceAccountName": "restore", "namespaceMappings": {"shop": "test"}, "conflictPolicy": "Patch"}))]
#[case::recovery_point("RecoveryPoint", json!({"backup": "shop-1", "createdAt": "2026-01-04T09:00:00Z", "state": "Whole"}))]
#[case::plugin("Plugin", json!({"source": "oci://registry.example.com/label:1.0", "digest": format!("sha256:{}", "0".repeat(64)), "config": {"any": ["thing"]}}))]
fn taken(#[case] kind: &str, #[case] spec: Value) {
    let namespace = defined().namespace("resources");
    let name = format!("{namespace}-taken");
    assert_eq!(create(&namespace, &resource(kind, &name, &spec)), Ok(()));
}

#[rstest]
#[case::a_store_of_no_kind("BackupLocation", json!({"store": "s3:bucket"}), "spec.store")]
#[case::an_unknown_field("BackupLocation", json!({"store": "file:/backups", "bucket": "b"}), "unknown field \"spec.bucket\"")]
#[case::both_schedules("BackupPolicy", json!({"schedule": {"cron": "@daily", "interval": "R/2026-01-04T09:00:00Z/PT4H"}, "retention": [{"tag": "Default", "operational": "P7D"}]}), "give either interval or cron")]
#[case::no_schedule_in_it("BackupPolicy", json!({"schedule": {"timeZone": "UTC"}, "retention": [{"tag": "Default", "operational": "P7D"}]}), "give either interval or cron")]
#[case::a_compact_interval("BackupPolicy", json!({"schedule": {"interval": "R/20260104T090000Z/PT4H"}, "retention": [{"tag": "Default", "operational": "P7D"}]}), "spec.schedule.interval")]
#[case::no_default("BackupPolicy", json!({"retention": [{"tag": "Daily", "operational": "P7D"}]}), "a rule with the tag Default")]
#[case::a_tag_twice("BackupPolicy", json!({"retention": [{"tag": "Default", "operational": "P7D"}, {"tag": "Default", "operational": "P8D"}]}), "Duplicate value")]
#[case::a_tag_that_is_none("BackupPolicy", json!({"retention": [{"tag": "Hourly", "operational": "P7D"}]}), "Unsupported value: \"Hourly\"")]
#[case::a_delay_without_a_length("BackupPolicy", json!({"retention": [{"tag": "Default", "operational": "P7D", "vault": {"copy": "AfterDelay", "keep": "P84D"}}]}), "copyAfter goes with copy: AfterDelay")]
#[case::a_length_that_is_none("BackupPolicy", json!({"retention": [{"tag": "Default", "operational": "7d"}]}), "spec.retention[0].operational")]
#[case::an_instance_without_an_account("BackupInstance", json!({"policy": "nightly", "location": "store"}), "spec.serviceAccountName: Required value")]
#[case::a_backup_of_nothing("Backup", json!({}), "spec.instance: Required value")]
#[case::a_digest_that_is_none("Plugin", json!({"source": "oci://r/p:1", "digest": "sha256:12"}), "spec.digest")]
fn refused(#[case] kind: &str, #[case] spec: Value, #[case] message: &str) {
    let namespace = defined().namespace("resources");
    let refusal = create(
        &namespace,
        &resource(kind, &format!("{namespace}-refused"), &spec),
    )
    .unwrap_err();
    assert!(refusal.contains(message), "{refusal}");
}

#[rstest]
#[case::the_store_of_a_location("BackupLocation", json!({"store": "file:/a"}), json!({"store": "file:/b"}), "make another BackupLocation")]
#[case::the_location_of_an_instance("BackupInstance", json!({"policy": "p", "location": "a", "serviceAccountName": "s"}), json!({"location": "b"}), "make another BackupInstance")]
#[case::the_instance_of_a_run("Backup", json!({"instance": "a"}), json!({"instance": "b"}), "make another Backup")]
#[case::a_cancelled_run("Backup", json!({"instance": "a", "cancel": true}), json!({"cancel": false}), "a run that was cancelled stays so")]
#[case::the_account_of_a_restore("Restore", json!({"recoveryPoint": "a", "serviceAccountName": "s"}), json!({"serviceAccountName": "admin"}), "make another Restore")]
fn cannot_be_changed(#[case] kind: &str, #[case] spec: Value, #[case] change: Value, #[case] message: &str) {
    let namespace = defined().namespace("resources");
    let name = format!("{namespace}-fixed");
    assert_eq!(create(&namespace, &resource(kind, &name, &spec)), Ok(()));
    let patch = json!({"spec": change}).to_string();
    let kind = format!("{}.lazarette.dev", kind.to_lowercase());
    let words = [
        "-n",
        &namespace,
        "patch",
        &kind,
        &name,
        "--type=merge",
        "-p",
        &patch,
    ];
    let output = defined().try_kubectl(&words, "");
    let refusal = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && refusal.contains(message), "{refusal}");
}

#[test]
fn defaults_are_filled_in() {
    let namespace = defined().namespace("resources");
    let spec =
        json!({"schedule": {"cron": "@daily"}, "retention": [{"tag": "Default", "operational": "P7D"}]});
    let name = format!("{namespace}-defaults");
    assert_eq!(
        create(&namespace, &resource("BackupPolicy", &name, &spec)),
        Ok(())
    );
    let live = defined().get(&["backuppolicy", &name]);
    assert_eq!(live["spec"]["schedule"]["timeZone"], "UTC");
}

#[rstest]
#[case("backuppolicy.spec.schedule", &["interval", "R/2026-01-04T09:00:00+00:00/PT4H", "startWindow", "IANA name"])]
#[case("backuppolicy.spec.retention", &["tag", "-required-", "Yearly", "vault"])]
#[case("backupinstance.spec", &["protection", "StopAndKeepForever", "serviceAccountName", "with whose rights"])]
#[case("backup", &["What it leaves is a RecoveryPoint", "spec", "status"])]
#[case("recoverypoint.spec", &["state", "Whole, Partial, Damaged"])]
#[case("plugin.spec.digest", &["SHA-256 of the component"])]
fn kubectl_explains(#[case] field: &str, #[case] parts: &[&str]) {
    defined();
    // What is served for kubectl follows the definitions after a moment.
    let text = lazarette_tests::wait::until("the definitions are explained", || {
        let output = defined().try_kubectl(&["explain", field], "");
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).unwrap())
    });
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn kubectl_shows_what_matters_in_columns() {
    let namespace = defined().namespace("resources");
    let spec = json!({"policy": "nightly", "location": "store", "serviceAccountName": "backup"});
    assert_eq!(
        create(&namespace, &resource("BackupInstance", "shop", &spec)),
        Ok(())
    );
    let status = json!({"status": {
        "conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": "2026-01-04T09:00:00Z"}],
        "lastRun": {"name": "shop-1", "phase": "Completed"}, "points": 7,
    }});
    let words = [
        "-n",
        &namespace,
        "patch",
        "binst",
        "shop",
        "--subresource=status",
        "--type=merge",
        "-p",
        &status.to_string(),
    ];
    defined().kubectl(&words);
    let table = defined().kubectl(&["-n", &namespace, "get", "binst"]);
    let columns: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expected = [
        "NAME",
        "POLICY",
        "LOCATION",
        "PROTECTION",
        "READY",
        "LAST-RUN",
        "LAST-SUCCESS",
        "POINTS",
        "AGE",
    ];
    assert_eq!(columns[0], expected);
    assert_eq!(
        columns[1][..6],
        ["shop", "nightly", "store", "Active", "True", "Completed"],
        "{table}"
    );
    // One word for all of them.
    let all = defined().kubectl(&["-n", &namespace, "get", "lazarette", "-o", "name"]);
    assert!(all.contains("backupinstance.lazarette.dev/shop"), "{all}");
}
