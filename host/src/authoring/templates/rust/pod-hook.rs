//! Runs a command in a pod before the pod is backed up.

use lazarette_sdk::{Error, Event, Hook, Object, pods};
use serde::Deserialize;
use std::time::Duration;

/// The configuration, `{"command": ["redis-cli", "save"], "timeoutMs": 30000}`. What is misspelt is refused before
/// anything is changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RunBefore {
    command: Vec<String>,
    timeout_ms: u64,
}

impl Hook for RunBefore {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        match config.command.is_empty() {
            true => Err(Error::invalid_config("the command is empty", "/command")),
            false => Ok(config),
        }
    }

    fn run(&mut self, _pod: &Object, event: &Event) -> Result<(), Error> {
        // The phases are an open set: let pass those that are not known.
        if event.phase() != "before-backup" {
            return Ok(());
        }
        let output = pods::exec(None, &self.command, Duration::from_millis(self.timeout_ms))?;
        match output.exit_code {
            0 => Ok(()),
            code => Err(Error::new("command-failed", format!("{} ended with {code}", self.command.join(" ")))),
        }
    }
}

lazarette_sdk::export_hook!(RunBefore, manifest: "../manifest.json");

#[cfg(test)]
mod tests {
    use super::*;
    use lazarette_sdk::json;
    use lazarette_sdk::testing::{Fixture, PodScript, configure_with, hook};

    #[test]
    fn the_command_runs_before_the_backup() {
        let config = json!({"command": ["sync"], "timeoutMs": 1000});
        let mut plugin = configure_with(config, RunBefore::configure).unwrap();
        let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db"}}));
        let outcome = hook(&mut plugin, &pod, "before-backup", PodScript::new().on(&["sync"], 0, ""));
        assert_eq!((outcome.result, outcome.commands), (Ok(()), vec![vec!["sync".to_owned()]]));
    }
}
