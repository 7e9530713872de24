//! Service accounts that exist already: every namespace gets one called `default` before a restore comes to it. Also
//! where existing objects are left alone it gets what it lacks of the backup, as Velero does: pods could not pull their
//! images otherwise.

use serde_json::{Map, Value, json};

/// Lists of objects that a service account names. What is only in the backup is added.
const LISTS: [&str; 2] = ["secrets", "imagePullSecrets"];

/// Maps of `metadata`. Keys that are only in the backup are added.
const MAPS: [&str; 2] = ["labels", "annotations"];

/// The live service account with what it lacks of `wanted`; none where it lacks nothing.
pub(super) fn merged(wanted: &Value, live: &Value) -> Option<Value> {
    let mut merged = live.clone();
    for name in LISTS {
        add_by_name(&mut merged, wanted, name);
    }
    for name in MAPS {
        add_keys(&mut merged, wanted, name);
    }
    (merged != *live).then_some(merged)
}

fn add_by_name(account: &mut Value, wanted: &Value, list: &str) {
    let wanted = wanted.get(list).and_then(Value::as_array);
    for entry in wanted.into_iter().flatten() {
        let Some(account) = account.as_object_mut() else {
            return;
        };
        let present = account.entry(list).or_insert_with(|| json!([]));
        let Some(present) = present.as_array_mut() else {
            return;
        };
        if !present.iter().any(|other| other.get("name") == entry.get("name")) {
            present.push(entry.clone());
        }
    }
}

fn add_keys(account: &mut Value, wanted: &Value, map: &str) {
    let wanted = wanted
        .get("metadata")
        .and_then(|metadata| metadata.get(map)?.as_object());
    for (key, value) in wanted.into_iter().flatten() {
        let Some(metadata) = account.get_mut("metadata").and_then(Value::as_object_mut) else {
            return;
        };
        let present = metadata.entry(map).or_insert_with(|| Value::Object(Map::new()));
        if let Some(present) = present.as_object_mut()
            && !present.contains_key(key)
        {
            present.insert(key.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::lacks_nothing(json!({"imagePullSecrets": [{"name": "a"}]}), json!({"imagePullSecrets": [{"name": "b"}, {"name": "a"}]}), None)]
    #[case::lacks_a_secret(
        json!({"imagePullSecrets": [{"name": "a"}]}), json!({"imagePullSecrets": [{"name": "b"}]}),
        Some(json!({"imagePullSecrets": [{"name": "b"}, {"name": "a"}]}))
    )]
    #[case::has_no_list(json!({"secrets": [{"name": "a"}]}), json!({}), Some(json!({"secrets": [{"name": "a"}]})))]
    #[case::annotations(
        json!({"metadata": {"annotations": {"role": "old", "new": "1"}}}), json!({"metadata": {"annotations": {"role": "live"}}}),
        Some(json!({"metadata": {"annotations": {"role": "live", "new": "1"}}}))
    )]
    #[case::odd(json!({"secrets": "x", "metadata": 1}), json!({"secrets": 2}), None)]
    fn it_gets_what_it_lacks(#[case] wanted: Value, #[case] live: Value, #[case] expected: Option<Value>) {
        assert_eq!(merged(&wanted, &live), expected);
    }
}
