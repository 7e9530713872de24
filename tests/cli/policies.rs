//! `lazarette import policy`

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
