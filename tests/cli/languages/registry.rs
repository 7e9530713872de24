//! Takes images from another registry.

use lazarette_sdk::{Decision, Error, Modifier, Object, Value, json};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registry {
    from: String,
    to: String,
}

impl Modifier for Registry {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        let list = "/spec/template/spec/containers";
        let containers: Vec<Value> = object.get_as(list)?.unwrap_or_default();
        for (index, container) in containers.iter().enumerate() {
            let image = container["image"].as_str().unwrap_or_default();
            if let Some(rest) = image.strip_prefix(&format!("{}/", self.from)) {
                let path = format!("{list}/{index}/image");
                let image = format!("{}/{rest}", self.to);
                lazarette_sdk::info!("{path} is now {image}");
                decision.json_patch(&json!([{"op": "replace", "path": path, "value": image}]));
            }
        }
        Ok(())
    }
}

lazarette_sdk::export_modifier!(Registry, manifest: "../manifest.json");
