//! Makes `host/src/object/schemas/built_in.txt` from the OpenAPI document (version 2) of an API server:
//!
//! ```sh
//! kubectl get --raw /openapi/v2 | cargo run -p lazarette-tests --bin generate-schemas > host/src/object/schemas/built_in.txt
//! ```
//!
//! or from the file `api/openapi-spec/swagger.json` in the sources of Kubernetes, which does not say its version:
//!
//! ```sh
//! cargo run -p lazarette-tests --bin generate-schemas swagger.json v1.36.0 > host/src/object/schemas/built_in.txt
//! ```
//!
//! The format of what comes out is described in its first lines.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Read;

const HEADER: &str = "\
# How the lists of Kubernetes' own kinds are merged. Made by `generate-schemas`; do not edit.
#
# `type NAME` begins a type; its fields follow, those only that are merged or lead to such:
#   FIELD SHAPE TYPE [key=MERGE_KEY] [strategy=STRATEGIES] [list=KEYS]
# SHAPE: `.` a value, `[]` a list, `{}` a map. TYPE: of the value, the elements or the values; `-` where it has no such
# fields. `key` and `strategy` are those of strategic merge patches; `list` the keys of a list of type map, empty for one
# of type set. `kind GROUP VERSION KIND TYPE` says which type a kind is; GROUP is `-` for the core group.
";

fn main() -> Result<(), Box<dyn Error>> {
    let text = match std::env::args().nth(1) {
        Some(path) if path != "-" => std::fs::read_to_string(path)?,
        _ => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    let document: Value = serde_json::from_str(&text)?;
    let definitions = document["definitions"]
        .as_object()
        .ok_or("this is no OpenAPI document of version 2")?;
    let version = std::env::args().nth(2);
    let version = version
        .as_deref()
        .or(document["info"]["version"].as_str())
        .unwrap_or("unknown");
    print!("{}", table(version, definitions));
    Ok(())
}

/// The whole file.
fn table(version: &str, definitions: &Map<String, Value>) -> String {
    let types: BTreeMap<&str, Vec<Field>> = definitions
        .iter()
        .map(|(name, definition)| (name.as_str(), fields(definition)))
        .collect();
    let wanted = wanted(&types);
    let kinds: BTreeMap<String, &str> = definitions
        .iter()
        .filter(|(name, _)| wanted.contains(name.as_str()))
        .flat_map(|(name, definition)| kinds(definition).map(|kind| (kind, name.as_str())))
        .collect();
    let mut reached = BTreeSet::new();
    kinds
        .values()
        .for_each(|name| reach(name, &types, &wanted, &mut reached));

    let mut text = format!("{HEADER}# Kubernetes {version}\n");
    for name in reached {
        text += &format!("type {name}\n");
        let fields = types
            .get(name)
            .into_iter()
            .flatten()
            .filter(|field| field.is_wanted(&wanted));
        text.extend(fields.map(|field| field.line(&wanted)));
    }
    text.extend(kinds.iter().map(|(kind, name)| format!("kind {kind} {name}\n")));
    text
}

/// Add `name` and the types that its fields lead to.
fn reach<'t>(
    name: &'t str,
    types: &'t BTreeMap<&str, Vec<Field>>,
    wanted: &BTreeSet<&str>,
    reached: &mut BTreeSet<&'t str>,
) {
    if wanted.contains(name) && reached.insert(name) {
        let fields = types.get(name).into_iter().flatten();
        fields
            .filter_map(|field| field.of.as_deref())
            .for_each(|of| reach(of, types, wanted, reached));
    }
}

/// A field of a type, as far as merging is concerned.
struct Field {
    name: String,
    shape: &'static str,
    of: Option<String>,
    merge_key: Option<String>,
    strategy: Option<String>,
    list_keys: Option<String>,
}

impl Field {
    fn is_merged(&self) -> bool {
        self.merge_key.is_some() || self.strategy.is_some() || self.list_keys.is_some()
    }

    fn is_wanted(&self, wanted: &BTreeSet<&str>) -> bool {
        self.is_merged() || self.of.as_deref().is_some_and(|of| wanted.contains(of))
    }

    fn line(&self, wanted: &BTreeSet<&str>) -> String {
        let of = self.of.as_deref().filter(|of| wanted.contains(of)).unwrap_or("-");
        let mut line = format!("  {} {} {of}", self.name, self.shape);
        for (name, value) in [
            ("key", &self.merge_key),
            ("strategy", &self.strategy),
            ("list", &self.list_keys),
        ] {
            line.extend(value.iter().map(|value| format!(" {name}={value}")));
        }
        line + "\n"
    }
}

fn fields(definition: &Value) -> Vec<Field> {
    let properties = definition["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| field(name, property))
        .collect()
}

fn field(name: &str, property: &Value) -> Field {
    let (shape, of) = match property["type"].as_str() {
        Some("array") => ("[]", &property["items"]),
        Some("object") => ("{}", &property["additionalProperties"]),
        _ => (".", property),
    };
    let text = |key: &str| property[key].as_str().map(str::to_owned);
    let list_keys = match (shape, property["x-kubernetes-list-type"].as_str()) {
        ("[]", Some("set")) => Some(String::new()),
        ("[]", Some("map")) => {
            let keys = property["x-kubernetes-list-map-keys"].as_array();
            Some(
                keys.into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join(","),
            )
        }
        _ => None,
    };
    Field {
        name: name.to_owned(),
        shape,
        of: of["$ref"]
            .as_str()
            .and_then(|reference| reference.rsplit('/').next())
            .map(str::to_owned),
        merge_key: text("x-kubernetes-patch-merge-key"),
        strategy: text("x-kubernetes-patch-strategy"),
        list_keys,
    }
}

/// The types that have fields which are merged, or lead to such types.
fn wanted<'t>(types: &BTreeMap<&'t str, Vec<Field>>) -> BTreeSet<&'t str> {
    let mut wanted = BTreeSet::new();
    loop {
        let before = wanted.len();
        for (name, fields) in types {
            if fields.iter().any(|field| field.is_wanted(&wanted)) {
                wanted.insert(*name);
            }
        }
        if wanted.len() == before {
            return wanted;
        }
    }
}

/// `GROUP VERSION KIND` of each kind that objects of this type have. Lists are no objects.
fn kinds(definition: &Value) -> impl Iterator<Item = String> {
    let is_object =
        !definition["properties"]["metadata"].is_null() && definition["properties"]["items"].is_null();
    let kinds = definition["x-kubernetes-group-version-kind"]
        .as_array()
        .filter(|_| is_object);
    kinds.into_iter().flatten().filter_map(|kind| {
        let group = kind["group"]
            .as_str()
            .filter(|group| !group.is_empty())
            .unwrap_or("-");
        Some(format!(
            "{group} {} {}",
            kind["version"].as_str()?,
            kind["kind"].as_str()?
        ))
    })
}
