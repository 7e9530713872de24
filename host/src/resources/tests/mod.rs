//! The definitions, and what resources say in the terms of the library.

use super::*;
use rstest::rstest;
use serde_json::{Value, json};

/// Whatever the server is to show about a field stands in its comment; a schema without one is a hole in `kubectl explain`.
#[test]
fn every_field_is_explained() {
    for definition in definitions().unwrap() {
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap().to_owned();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        for part in ["spec", "status"] {
            explained(&schema["properties"][part], &format!("{kind}.{part}"));
        }
    }
}

fn explained(schema: &Value, place: &str) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        assert!(field["description"].is_string(), "{place} is not explained");
        explained(field, &place);
        explained(&field["items"], &place);
    }
}

#[test]
fn every_kind_is_found_by_a_short_name_and_the_category() {
    for definition in definitions().unwrap() {
        let names = &definition["spec"]["names"];
        assert_eq!(names["categories"], json!(["lazarette"]), "{names}");
        assert_eq!(names["shortNames"].as_array().map(Vec::len), Some(1), "{names}");
        assert_eq!(definition["spec"]["group"], GROUP);
        assert_eq!(definition["spec"]["versions"][0]["name"], VERSION);
    }
}

#[rstest]
#[case(Strategy::Week)]
#[case(Strategy::Month)]
#[case(Strategy::DisasterRecovery)]
fn presets_are_policies(#[case] strategy: Strategy) {
    let policy = strategy.policy().read().unwrap();
    assert_eq!(policy.uses_vault(), strategy == Strategy::DisasterRecovery);
    assert_eq!(strategy.to_string().parse(), Ok(strategy));
}

fn policy(spec: Value) -> Result<crate::policy::Policy, crate::policy::PolicyError> {
    serde_json::from_value::<BackupPolicySpec>(spec).unwrap().read()
}

#[rstest]
#[case::both_schedules(json!({"schedule": {"interval": "R/2026-01-04T09:00:00Z/PT4H", "cron": "@daily"}, "retention": []}), "schedule")]
#[case::a_bad_window(json!({"schedule": {"cron": "@daily", "startWindow": "2h"}, "retention": []}), "schedule.startWindow")]
#[case::a_bad_length(json!({"retention": [{"tag": "Default", "operational": "a week"}]}), "retention[0].operational")]
#[case::a_delay_without_a_length(json!({"retention": [{"tag": "Default", "operational": "P7D", "vault": {"copy": "AfterDelay", "keep": "P1Y"}}]}), "retention[0].vault.copyAfter")]
#[case::a_bad_length_in_the_vault(json!({"retention": [{"tag": "Default", "operational": "P7D", "vault": {"copy": "AtOnce", "keep": "P0D"}}]}), "retention[0].vault.keep")]
fn a_policy_that_cannot_be_used_names_the_field(#[case] spec: Value, #[case] field: &str) {
    assert_eq!(policy(spec).unwrap_err().field, field);
}

#[test]
fn a_condition_keeps_its_time_until_its_status_changes() {
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    let condition = |status, second| Condition::new("Ready", status, "Reason", "message", at(second));
    let mut conditions = Conditions::new();
    condition(ConditionStatus::False, 1).put(&mut conditions, Some(1));
    condition(ConditionStatus::False, 2).put(&mut conditions, Some(2));
    assert_eq!(
        (
            conditions.len(),
            conditions[0].last_transition_time,
            conditions[0].observed_generation
        ),
        (1, at(1), Some(2))
    );
    condition(ConditionStatus::True, 3).put(&mut conditions, Some(2));
    assert_eq!(conditions[0].last_transition_time, at(3));
}
