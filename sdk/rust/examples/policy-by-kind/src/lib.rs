//! A conflict policy for each kind. `merge` is a three-way merge: what was changed in the cluster since the last
//! `kubectl apply` stays, and what differs between that and the backup comes from the backup.
//!
//! `{"kinds": {"ConfigMap": "merge", "Deployment": "replace"}, "otherwise": "keep"}`

mod merge;

use lazarette_sdk::{Decision, Error, Object, Resolver, Value};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyByKind {
    kinds: BTreeMap<String, Policy>,
    #[serde(default)]
    otherwise: Policy,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    #[default]
    Keep,
    Replace,
    Merge,
}

/// Where `kubectl apply` keeps what it applied last.
const LAST_APPLIED: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

impl Resolver for PolicyByKind {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn resolve(&mut self, wanted: &Object, live: &Object, decision: &Decision) -> Result<(), Error> {
        match self
            .kinds
            .get(&wanted.identity().kind)
            .copied()
            .unwrap_or(self.otherwise)
        {
            Policy::Keep => decision.skip("objects of this kind stay as they are"),
            Policy::Replace => decision.replace(),
            Policy::Merge => merge(wanted, live, decision)?,
        }
        Ok(())
    }
}

fn merge(wanted: &Object, live: &Object, decision: &Decision) -> Result<(), Error> {
    let Some(text) = live.text(LAST_APPLIED) else {
        decision.skip("it was not applied by kubectl, so there is nothing to merge against");
        return Ok(());
    };
    let base: Value = serde_json::from_str(&text).map_err(|error| Error::from(error).at(LAST_APPLIED))?;
    let before = live.value();
    let mut after = before.clone();
    for part in ["spec", "data"] {
        let merged = merge::three_way(base.get(part), wanted.value().get(part), before.get(part));
        match (merged, after.as_object_mut()) {
            (Some(merged), Some(after)) => drop(after.insert(part.to_owned(), merged)),
            (None, Some(after)) => drop(after.remove(part)),
            _ => {}
        }
    }
    match after == before {
        true => decision.skip("the merge changes nothing"),
        false => decision.change(&before, &after),
    }
    Ok(())
}

lazarette_sdk::export_resolver!(PolicyByKind, manifest: "../manifest.json");
