//! Resources for a cluster: `lazarette import policy`, `install` and `enable`.

use crate::harness::Workplace;
use serde_json::json;

const POLICY: &str = r#"{
  "name": "AKSPolicy1",
  "properties": {
    "datasourceTypes": ["Microsoft.ContainerService/managedClusters"],
    "objectType": "BackupPolicy",
    "policyRules": [
      {
        "name": "BackupHourly", "objectType": "AzureBackupRule",
        "backupParameters": {"backupType": "Incremental", "objectType": "AzureBackupParams"},
        "dataStore": {"dataStoreType": "OperationalStore", "objectType": "DataStoreInfoBase"},
        "trigger": {
          "objectType": "ScheduleBasedTriggerContext",
          "schedule": {"repeatingTimeIntervals": ["R/2023-01-04T09:00:00+00:00/PT4H"], "timeZone": "Romance Standard Time"},
          "taggingCriteria": [
            {"isDefault": true, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}
          ]
        }
      },
      {
        "name": "Default", "isDefault": true, "objectType": "AzureRetentionRule",
        "lifecycles": [{
          "deleteAfter": {"duration": "P7D", "objectType": "AbsoluteDeleteOption"},
          "sourceDataStore": {"dataStoreType": "OperationalStore", "objectType": "DataStoreInfoBase"}
        }]
      }
    ]
  }
}"#;

#[test]
fn a_policy_of_aks_becomes_a_resource() {
    let workplace = Workplace::empty();
    workplace.write("policy.json", POLICY);
    let resource = workplace.json(&["import", "policy", "policy.json"]);
    let expected = json!({
        "apiVersion": "lazarette.dev/v1alpha1",
        "kind": "BackupPolicy",
        "metadata": {"name": "akspolicy1"},
        "spec": {
            "schedule": {"interval": "R/2023-01-04T09:00:00+00:00/PT4H", "timeZone": "Europe/Paris"},
            "retention": [{"tag": "Default", "operational": "P7D"}],
        },
    });
    assert_eq!(resource, expected);
    let named = workplace.done(&["import", "policy", "policy.json", "--name", "nightly"]);
    assert!(named.contains("name: nightly"), "{named}");
}

#[test]
fn what_cannot_be_said_names_file_and_field() {
    let workplace = Workplace::empty();
    workplace.write("policy.json", &POLICY.replace("OperationalStore", "ArchiveStore"));
    let ran = workplace.run(&["import", "policy", "policy.json"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    for part in [
        "policy.json",
        "policyRules[0].dataStore.dataStoreType",
        "ArchiveStore",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

#[test]
fn a_namespace_is_protected_in_one_go() {
    let workplace = Workplace::empty();
    let words = [
        "enable",
        "shop",
        "--strategy",
        "month",
        "--location",
        "store",
        "--service-account",
        "backup",
    ];
    let list = workplace.json(&words);
    assert_eq!(
        list["items"][0]["spec"]["retention"],
        json!([{"tag": "Default", "operational": "P30D"}])
    );
    let instance = &list["items"][1];
    assert_eq!(instance["metadata"], json!({"name": "shop", "namespace": "shop"}));
    assert_eq!(
        instance["spec"]["selection"]["includedNamespaces"],
        json!(["shop"])
    );
    assert_eq!(instance["spec"]["serviceAccountName"], "backup");
}

/// Where runs may work with the rights of others.
fn token_bindings(words: &[&str]) -> Vec<(String, String)> {
    let list = Workplace::empty().json(&[&["install", "--image", "image"], words].concat());
    let bindings = list["items"].as_array().unwrap().iter();
    let of_tokens = bindings.filter(|item| item["roleRef"]["name"] == "lazarette-controller-tokens");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    of_tokens
        .map(|item| (text(&item["kind"]), text(&item["metadata"]["namespace"])))
        .collect()
}

#[test]
fn runs_may_be_kept_to_some_namespaces() {
    let everywhere = ("ClusterRoleBinding".to_owned(), String::new());
    assert_eq!(token_bindings(&[]), [everywhere]);
    let some = ["shop", "blog"].map(|namespace| ("RoleBinding".to_owned(), namespace.to_owned()));
    assert_eq!(token_bindings(&["--namespaces", "shop,blog"]), some);
}
