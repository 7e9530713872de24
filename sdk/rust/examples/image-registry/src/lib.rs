//! Takes images from another registry, in every pod spec: those of pods, of workloads and of their templates.
//!
//! `{"rules": [{"from": "docker.io/", "to": "mirror.example.com/docker/"}]}`: the first rule fits whose `from` an image
//! begins with. Short names are meant as container runtimes mean them: `nginx` is `docker.io/library/nginx`.

use lazarette_sdk::{Decision, Error, Modifier, Object, Value, json};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageRegistry {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    from: String,
    to: String,
}

/// Where the pod spec of an object can be, by what stands above it.
const POD_SPECS: [&str; 3] = [
    "/spec",
    "/spec/template/spec",
    "/spec/jobTemplate/spec/template/spec",
];

/// The lists of containers in a pod spec.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

impl Modifier for ImageRegistry {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        match config.rules.iter().position(|rule| rule.from.is_empty()) {
            Some(index) => Err(Error::invalid_config(
                "every image begins with nothing",
                format!("/rules/{index}/from"),
            )),
            None => Ok(config),
        }
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        let mut operations = Vec::new();
        for list in POD_SPECS
            .iter()
            .flat_map(|spec| CONTAINERS.map(|list| format!("{spec}/{list}")))
        {
            // Only the lists of containers are read: of a custom resource, say, nothing at all.
            let Some(Value::Array(containers)) = object.get(&list) else {
                continue;
            };
            for (index, container) in containers.iter().enumerate() {
                let image = container.get("image").and_then(Value::as_str);
                if let Some(moved) = image.and_then(|image| self.moved(image)) {
                    let path = format!("{list}/{index}/image");
                    operations.push(json!({"op": "replace", "path": path, "value": moved}));
                }
            }
        }
        match operations.is_empty() {
            true => decision.skip("no image is of these registries"),
            false => decision.json_patch(&operations.into()),
        }
        Ok(())
    }
}

impl ImageRegistry {
    /// Where `image` is to be taken from; none where no rule fits.
    fn moved(&self, image: &str) -> Option<String> {
        let full = full_name(image);
        let rule = self.rules.iter().find(|rule| full.starts_with(&rule.from))?;
        Some(format!("{}{}", rule.to, &full[rule.from.len()..]))
    }
}

/// The name of an image with its registry.
fn full_name(image: &str) -> String {
    match image.split_once('/') {
        None => format!("docker.io/library/{image}"),
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => image.to_owned(),
        Some(_) => format!("docker.io/{image}"),
    }
}

lazarette_sdk::export_modifier!(ImageRegistry, manifest: "../manifest.json");
