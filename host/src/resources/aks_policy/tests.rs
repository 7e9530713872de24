//! Policies of AKS Backup in our terms.

use super::*;
use rstest::rstest;
use serde_json::{Value, json};

/// The template of `az dataprotection backup-policy get-default-policy-template`.
fn template() -> Value {
    let operational = json!({"dataStoreType": "OperationalStore", "objectType": "DataStoreInfoBase"});
    let vault = json!({"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"});
    json!({
        "name": "AKSPolicy1",
        "properties": {
            "datasourceTypes": ["Microsoft.ContainerService/managedClusters"],
            "objectType": "BackupPolicy",
            "policyRules": [
                {
                    "name": "BackupHourly",
                    "objectType": "AzureBackupRule",
                    "backupParameters": {"backupType": "Incremental", "objectType": "AzureBackupParams"},
                    "dataStore": operational,
                    "trigger": {
                        "objectType": "ScheduleBasedTriggerContext",
                        "schedule": {"repeatingTimeIntervals": ["R/2023-01-04T09:00:00+00:00/PT4H"]},
                        "taggingCriteria": [
                            {
                                "isDefault": false, "taggingPriority": 25,
                                "tagInfo": {"id": "Daily_", "tagName": "Daily"},
                                "criteria": [{"absoluteCriteria": ["FirstOfDay"], "objectType": "ScheduleBasedBackupCriteria"}],
                            },
                            {"isDefault": true, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}},
                        ],
                    },
                },
                {
                    "name": "Default", "isDefault": true, "objectType": "AzureRetentionRule",
                    "lifecycles": [{
                        "deleteAfter": {"duration": "P7D", "objectType": "AbsoluteDeleteOption"},
                        "sourceDataStore": operational,
                    }],
                },
                {
                    "name": "Daily", "isDefault": false, "objectType": "AzureRetentionRule",
                    "lifecycles": [
                        {
                            "deleteAfter": {"duration": "P7D", "objectType": "AbsoluteDeleteOption"},
                            "sourceDataStore": operational,
                            "targetDataStoreCopySettings": [{"copyAfter": {"objectType": "ImmediateCopyOption"}, "dataStore": vault}],
                        },
                        {"deleteAfter": {"duration": "P84D", "objectType": "AbsoluteDeleteOption"}, "sourceDataStore": vault},
                    ],
                },
            ],
        },
    })
}

/// The template with the value at `pointer` replaced; null removes it.
fn with(pointer: &str, value: Value) -> String {
    let mut document = template();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        Value::Object(fields) if value.is_null() => drop(fields.remove(key)),
        Value::Object(fields) => drop(fields.insert(key.to_owned(), value)),
        other => panic!("{other}"),
    }
    document.to_string()
}

#[test]
fn the_template_of_the_command_line_of_azure() {
    let (name, policy) = import(&template().to_string()).unwrap();
    assert_eq!(name.as_deref(), Some("AKSPolicy1"));
    let expected = json!({
        "schedule": {"interval": "R/2023-01-04T09:00:00+00:00/PT4H", "timeZone": "UTC"},
        "retention": [
            {"tag": "Default", "operational": "P7D"},
            {"tag": "Daily", "operational": "P7D", "vault": {"copy": "AtOnce", "keep": "P84D"}},
        ],
    });
    assert_eq!(serde_json::to_value(policy).unwrap(), expected);
}

#[test]
fn properties_alone_have_no_name() {
    let (name, policy) = import(&template()["properties"].to_string()).unwrap();
    assert_eq!(name, None);
    assert_eq!(policy, import(&template().to_string()).unwrap().1);
}

#[test]
fn a_rule_of_the_vault_alone_keeps_points_here_as_the_default_one() {
    let life = json!([{"deleteAfter": {"duration": "P90D", "objectType": "AbsoluteDeleteOption"},
        "sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"}}]);
    let (_, policy) = import(&with("/properties/policyRules/2/lifecycles", life)).unwrap();
    let expected = json!({"tag": "Daily", "operational": "P7D", "vault": {"copy": "AtOnce", "keep": "P90D"}});
    assert_eq!(serde_json::to_value(&policy.retention[1]).unwrap(), expected);
}

const TRIGGER: &str = "/properties/policyRules/0/trigger";

#[test]
fn windows_time_zones_are_translated() {
    let zone = format!("{TRIGGER}/schedule/timeZone");
    let (_, policy) = import(&with(&zone, json!("W. Europe Standard Time"))).unwrap();
    assert_eq!(policy.schedule.unwrap().time_zone, "Europe/Berlin");
}

const COPY: &str = "/properties/policyRules/2/lifecycles/0/targetDataStoreCopySettings/0/copyAfter";

#[rstest]
#[case::delay(json!({"objectType": "CustomCopyOption", "duration": "P3D"}), json!({"copy": "AfterDelay", "copyAfter": "P3D", "keep": "P84D"}))]
#[case::on_expiry(json!({"objectType": "CopyOnExpiryOption"}), json!({"copy": "OnExpiry", "keep": "P84D"}))]
fn ways_to_copy(#[case] option: Value, #[case] expected: Value) {
    let (_, policy) = import(&with(COPY, option)).unwrap();
    assert_eq!(
        serde_json::to_value(&policy.retention[1].vault).unwrap(),
        expected
    );
}

#[rstest]
#[case::another_source("/properties/datasourceTypes/0", json!("Microsoft.Compute/disks"), "datasourceTypes[0]", "another kind of source")]
#[case::a_missing_field(&format!("{TRIGGER}/taggingCriteria"), Value::Null, "policyRules[0].trigger", "missing field `taggingCriteria`")]
#[case::an_unknown_field(&format!("{TRIGGER}/jitter"), json!("PT2H"), "policyRules[0].trigger.jitter", "unknown field `jitter`")]
#[case::no_interval(&format!("{TRIGGER}/schedule/repeatingTimeIntervals"), json!([]), "policyRules[0].trigger.schedule.repeatingTimeIntervals", "one interval")]
#[case::a_compact_interval(&format!("{TRIGGER}/schedule/repeatingTimeIntervals"), json!(["R/20230104T090000Z/PT4H"]), "policyRules[0].trigger.schedule.repeatingTimeIntervals[0]", "is not a moment")]
#[case::a_time_zone_that_is_none(&format!("{TRIGGER}/schedule/timeZone"), json!("Mars Standard Time"), "policyRules[0].trigger.schedule.timeZone", "no time zone")]
#[case::custom_criteria(&format!("{TRIGGER}/taggingCriteria/0/criteria/0"), json!({"daysOfTheWeek": ["Monday"]}), "policyRules[0].trigger.taggingCriteria[0].criteria[0].daysOfTheWeek", "custom criteria")]
#[case::every_backup(&format!("{TRIGGER}/taggingCriteria/0/criteria/0"), json!({"absoluteCriteria": ["AllBackup"]}), "policyRules[0].trigger.taggingCriteria[0].criteria[0].absoluteCriteria", "FirstOfDay")]
#[case::a_priority_that_turns_the_order(&format!("{TRIGGER}/taggingCriteria/0/taggingPriority"), json!(100), "policyRules[0].trigger.taggingCriteria[1].taggingPriority", "must win")]
#[case::a_rule_that_no_tag_names("/properties/policyRules/2/name", json!("Audit"), "policyRules[2].name", "'Audit'")]
#[case::no_default_rule("/properties/policyRules/1/isDefault", json!(false), "policyRules", "isDefault: true")]
#[case::a_third_store("/properties/policyRules/2/lifecycles/1/sourceDataStore/dataStoreType", json!("ArchiveStore"), "policyRules[2].lifecycles[1].sourceDataStore.dataStoreType", "'ArchiveStore' is not supported")]
#[case::a_length_that_is_none("/properties/policyRules/1/lifecycles/0/deleteAfter/duration", json!("7 days"), "policyRules[1].lifecycles[0].deleteAfter.duration", "expected ISO 8601")]
#[case::a_delay_without_a_length(COPY, json!({"objectType": "CustomCopyOption"}), "policyRules[2].lifecycles[0].targetDataStoreCopySettings[0].copyAfter.duration", "P3D")]
#[case::a_copy_that_nobody_keeps("/properties/policyRules/2/lifecycles/1", json!({"deleteAfter": {"duration": "P1D", "objectType": "AbsoluteDeleteOption"}, "sourceDataStore": {"dataStoreType": "OperationalStore"}}), "policyRules[2].lifecycles[1].sourceDataStore.dataStoreType", "two life cycles")]
fn refused(#[case] pointer: &str, #[case] value: Value, #[case] field: &str, #[case] message: &str) {
    let error = import(&with(pointer, value)).unwrap_err();
    assert_eq!(error.field, field, "{error}");
    assert!(error.message.contains(message), "{error}");
}

#[test]
fn what_is_no_json_is_named_by_its_line() {
    let error = import("{\n\"name\": ,\n}").unwrap_err();
    assert_eq!(error.field, "line 2");
}
