//! The backup wins, but for objects that carry an annotation.

use lazarette_sdk::{Decision, Error, Object, Resolver};
use serde::Deserialize;

/// The configuration, `{"annotation": "example.com/keep"}`. What is misspelt is refused before anything is changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupWins {
    annotation: String,
}

impl Resolver for BackupWins {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        match config.annotation.is_empty() {
            true => Err(Error::invalid_config("the annotation has no name", "/annotation")),
            false => Ok(config),
        }
    }

    fn resolve(&mut self, _wanted: &Object, live: &Object, decision: &Decision) -> Result<(), Error> {
        // In a JSON pointer `/` is written as `~1`.
        let name = self.annotation.replace('~', "~0").replace('/', "~1");
        match live.text(&format!("/metadata/annotations/{name}")).as_deref() {
            Some("true") => decision.skip("it is marked to be kept"),
            _ => decision.replace(),
        }
        Ok(())
    }
}

lazarette_sdk::export_resolver!(BackupWins, manifest: "../manifest.json");

#[cfg(test)]
mod tests {
    use super::*;
    use lazarette_sdk::json;
    use lazarette_sdk::testing::{Fixture, Verdict, configure_with, resolve};

    #[test]
    fn the_backup_wins() {
        let config = json!({"annotation": "example.com/keep"});
        let mut plugin = configure_with(config, BackupWins::configure).unwrap();
        let object = Fixture::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}));
        let outcome = resolve(&mut plugin, &object, &object).unwrap();
        assert_eq!(outcome.verdict, Verdict::Replace);
    }
}
