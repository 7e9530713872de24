//! Built-in plugin: the `patches` of a resource modifier, as Velero and AKS Backup take them.
//!
//! They are JSON patches (RFC 6902) with liberties: an index may count from the end (`-1`), have a sign or leading zeros;
//! a `test` that fails is no error but drops the patch. The host applies strict patches only, so this plugin looks where
//! each path leads in the object, and hands over what it means there.

mod document;
mod operation;
mod path;
mod value;

use document::{Document, PartialCopy};
use lazarette_sdk::{Decision, Error, Modifier, Object};
use operation::{Operation, Stop, Strict};
use serde::Deserialize;

/// The plugin.
pub struct JsonPatch {
    operations: Vec<Operation>,
    /// Where operations build upon each other: the pointer to the smallest part of the object that holds all of them.
    shared: Option<String>,
}

/// What it is configured with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The operations, in order: `{"op": "replace", "path": "/spec/replicas", "value": 3}`.
    patches: Vec<Operation>,
}

impl Modifier for JsonPatch {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Error> {
        let operations = config.patches;
        let shared =
            operation::build_upon_each_other(&operations).then(|| operation::shared_part(&operations));
        Ok(JsonPatch { operations, shared })
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        let patch = match &self.shared {
            // Each operation is carried out on a copy, for the next one to see.
            Some(pointer) => self.strict(&mut PartialCopy::of(object, pointer)),
            // Each operation sees the object as it is, and reads no more than it needs.
            None => self.strict(&mut &*object),
        };
        match patch {
            Ok(patch) if patch.is_empty() => {}
            Ok(patch) => decision.json_patch_text(&serde_json::to_string(&patch)?),
            Err(Stop::TestFailed) => decision.skip("test failed"),
            Err(Stop::Failed(error)) => return Err(error),
        }
        Ok(())
    }
}

impl JsonPatch {
    /// What the operations mean in `document`, as a strict patch.
    fn strict<'o>(&'o self, document: &mut impl Document) -> Result<Vec<Strict<'o>>, Stop> {
        let mut patch = Vec::with_capacity(self.operations.len());
        for operation in &self.operations {
            patch.extend(operation.strict(document)?);
        }
        Ok(patch)
    }
}

lazarette_sdk::export_modifier!(JsonPatch, manifest: "../manifest.json");

#[cfg(test)]
mod tests;
