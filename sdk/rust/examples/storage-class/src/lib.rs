//! Changes storage classes of claims and of the claim templates of stateful sets, where the new class is in the cluster.
//!
//! `{"classes": {"managed-premium": "fast"}}`. An object whose new class is missing cannot be restored: its pods would wait
//! for ever.

use lazarette_sdk::{Decision, Error, Modifier, Object, Value, cluster, json};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StorageClass {
    classes: BTreeMap<String, String>,
}

impl Modifier for StorageClass {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        let places = match object.identity().resource.as_str() {
            "persistentvolumeclaims" => vec!["/spec/storageClassName".to_owned()],
            "statefulsets" => templates(object),
            _ => Vec::new(),
        };
        let mut operations = Vec::new();
        for path in places {
            let Some(new) = object.text(&path).and_then(|old| self.classes.get(&old)) else {
                continue;
            };
            if cluster::get("storageclasses.storage.k8s.io", None, new)?.is_none() {
                decision.fail(
                    "no-storage-class",
                    &format!("the cluster has no storage class '{new}'"),
                );
                return Ok(());
            }
            operations.push(json!({"op": "replace", "path": path, "value": new}));
        }
        match operations.is_empty() {
            true => decision.skip("its storage class stays"),
            false => decision.json_patch(&operations.into()),
        }
        Ok(())
    }
}

/// Where the claim templates of a stateful set name their classes.
fn templates(object: &Object) -> Vec<String> {
    let templates = object.get("/spec/volumeClaimTemplates");
    let count = templates.as_ref().and_then(Value::as_array).map_or(0, Vec::len);
    (0..count)
        .map(|index| format!("/spec/volumeClaimTemplates/{index}/spec/storageClassName"))
        .collect()
}

lazarette_sdk::export_modifier!(StorageClass, manifest: "../manifest.json");
