//! Adds labels that an object does not have yet.

use lazarette_sdk::{Decision, Error, Modifier, Object, json};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The configuration, `{"labels": {"team": "shop"}}`. What is misspelt is refused before anything is changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddLabels {
    labels: BTreeMap<String, String>,
}

impl Modifier for AddLabels {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        match config.labels.is_empty() {
            true => Err(Error::invalid_config("there is no label to add", "/labels")),
            false => Ok(config),
        }
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        // Only the labels are copied out of the object, not all of it.
        let present: BTreeMap<String, String> = object.get_as("/metadata/labels")?.unwrap_or_default();
        let missing: BTreeMap<&String, &String> =
            self.labels.iter().filter(|(key, _)| !present.contains_key(*key)).collect();
        match missing.is_empty() {
            true => decision.skip("it has these labels"),
            false => decision.merge_patch(&json!({"metadata": {"labels": missing}})),
        }
        Ok(())
    }
}

lazarette_sdk::export_modifier!(AddLabels, manifest: "../manifest.json");

#[cfg(test)]
mod tests {
    use super::*;
    use lazarette_sdk::testing::{Fixture, configure, modify};

    #[test]
    fn a_missing_label_is_added() {
        let mut plugin: AddLabels = configure(json!({"labels": {"team": "shop"}})).unwrap();
        let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
        let outcome = modify(&mut plugin, &pod).unwrap();
        assert_eq!(outcome.object["metadata"]["labels"], json!({"team": "shop"}));
    }
}
