//! Built-in plugin: leave what exists as it is.
//!
//! The default when an object to restore exists already, as in AKS Backup ("Skip") and Velero ("none").

use lazarette_sdk::{Decision, Error, Object, Resolver};
use serde::Deserialize;

struct ConflictSkip;

/// There is nothing to configure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

impl Resolver for ConflictSkip {
    type Config = Config;

    fn configure(_: Config) -> Result<Self, Error> {
        Ok(ConflictSkip)
    }

    fn resolve(&mut self, _wanted: &Object, _live: &Object, decision: &Decision) -> Result<(), Error> {
        decision.skip("exists already");
        Ok(())
    }
}

lazarette_sdk::export_resolver!(ConflictSkip, manifest: "../manifest.json");
