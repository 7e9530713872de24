//! Built-in plugin: the `strategicPatches` of a resource modifier.
//!
//! A strategic merge patch is like a JSON merge patch, but lists are merged element by element where the API says by
//! which key, and directives (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say what a
//! patch alone could not. The result is what an API server makes of it.
//!
//! Most of such a patch is a JSON merge patch already, and goes to the host as it is. Only lists that are merged and
//! objects with directives are read, merged here (`merge`, `list`), and written back as a whole.

mod directive;
mod list;
mod merge;
mod order;
mod schema;
mod sparse;

use lazarette_sdk::{Decision, Error, Modifier, Object, Value};
use schema::Schema;
use serde::Deserialize;
use serde_json::Map;

/// The plugin.
pub struct StrategicMergePatch {
    patches: Vec<Map<String, Value>>,
}

/// What it is configured with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The patches, in order.
    patches: Vec<Map<String, Value>>,
}

impl Modifier for StrategicMergePatch {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Error> {
        for (index, patch) in config.patches.iter().enumerate() {
            directive::check_members(patch, &format!("/patches/{index}"))?;
        }
        Ok(StrategicMergePatch {
            patches: config.patches,
        })
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        let schema = Schema::of(object);
        match self.patches.as_slice() {
            // Read only what the patch needs.
            [patch] => sparse::apply(object, patch, &schema, decision)?,
            // Each patch sees what those before it did.
            patches => {
                let before = object.value();
                let mut after = before.as_object().cloned().unwrap_or_default();
                for patch in patches {
                    after = merge::objects(after, patch, "", &schema)?;
                }
                decision.change(&before, &Value::Object(after));
            }
        }
        for pointer in schema.replaced() {
            let message = "nothing is known about the elements of this list: it was replaced as a whole";
            decision.note("list-replaced", message, Some(&pointer));
        }
        Ok(())
    }
}

lazarette_sdk::export_modifier!(StrategicMergePatch, manifest: "../manifest.json");

#[cfg(test)]
mod tests;
