//! Built-in plugin: BackupHook and RestoreHook, commands in the containers of a pod.
//!
//! The host reads the resources, selects the pods and passes on the commands of one hook; which command runs when, and
//! what follows from a failure, is decided here. Each command that is run stands in the report, whether it fails the
//! pod or not.

use lazarette_sdk::{Error, Event, Hook, Object, Value, pods};
use serde::Deserialize;
use std::time::Duration;

/// The commands of one hook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExecHooks {
    /// Before the pod and its volumes are backed up.
    #[serde(default)]
    before_backup: Vec<Exec>,
    /// After that, whatever happened.
    #[serde(default)]
    after_backup: Vec<Exec>,
    /// Init containers that the pod gets before it is created.
    #[serde(default)]
    before_restore: Vec<Value>,
    /// After the pod was restored and its container runs.
    #[serde(default)]
    after_restore: Vec<Exec>,
}

/// One command.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Exec {
    /// Where to run it: the first container of the pod if none is named.
    #[serde(default)]
    container: Option<String>,
    /// The program and its arguments; there is no shell.
    command: Vec<String>,
    /// Whether a failure is one of the pod.
    #[serde(default)]
    on_error: OnError,
    /// How long it may run.
    timeout_ms: u64,
    /// How long to wait for the container, after a restore.
    #[serde(default)]
    wait_timeout_ms: Option<u64>,
    /// Whether the container must be ready, not only run.
    #[serde(default)]
    wait_for_ready: bool,
}

/// How long to wait before a command after a backup is tried again: 32 s in all, in which an API server is back that was
/// started anew.
const PAUSES: [Duration; 7] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(8),
    Duration::from_secs(8),
];

/// What follows from a failure.
#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
enum OnError {
    /// It is reported, and the next command runs. The default, as documented for AKS Backup.
    #[default]
    Continue,
    /// The pod's remaining commands do not run, and the pod has failed.
    Fail,
}

impl Hook for ExecHooks {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        let phases = [
            ("beforeBackup", &config.before_backup),
            ("afterBackup", &config.after_backup),
            ("afterRestore", &config.after_restore),
        ];
        for (phase, commands) in phases {
            if let Some(index) = commands.iter().position(|exec| exec.command.is_empty()) {
                return Err(Error::invalid_config(
                    "the command is empty",
                    format!("/{phase}/{index}/command"),
                ));
            }
        }
        Ok(config)
    }

    fn run(&mut self, _pod: &Object, event: &Event) -> Result<(), Error> {
        match event.phase().as_str() {
            "before-backup" => run_until_failure(&self.before_backup),
            "after-backup" => run_all(&self.after_backup),
            "before-restore" => {
                self.before_restore
                    .iter()
                    .for_each(|container| event.add_init_container(container));
                Ok(())
            }
            "after-restore" => run_until_failure(&self.after_restore),
            _ => Ok(()),
        }
    }
}

/// Run commands in order; one that fails and must not ends the rest.
fn run_until_failure(commands: &[Exec]) -> Result<(), Error> {
    commands.iter().try_for_each(Exec::run)
}

/// Run all commands, since the first may be what thaws a file system and the second what starts a database again. The
/// first failure that must not be is returned in the end. Where the pod cannot be reached, each is tried again for a
/// while: it may have been frozen.
fn run_all(commands: &[Exec]) -> Result<(), Error> {
    let run = |command: &Exec| command.judge(command.persist());
    commands.iter().map(run).fold(Ok(()), Result::and)
}

impl Exec {
    /// Run the command. An error only where a failure is one of the pod.
    fn run(&self) -> Result<(), Error> {
        self.judge(self.attempt())
    }

    /// Run the command, and again where the connection to it broke.
    fn persist(&self) -> Result<(), Error> {
        let mut attempt = self.attempt();
        for pause in PAUSES {
            match &attempt {
                Err(error) if error.code == "connection" => pods::sleep(pause),
                _ => break,
            }
            attempt = self.attempt();
        }
        attempt
    }

    /// An error only where a failure is one of the pod.
    fn judge(&self, attempt: Result<(), Error>) -> Result<(), Error> {
        match attempt {
            Err(error) if self.on_error == OnError::Fail => Err(error),
            Err(error) => {
                lazarette_sdk::warn!("{error}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn attempt(&self) -> Result<(), Error> {
        let container = self.container.as_deref();
        if let Some(time) = self.wait_timeout_ms {
            let condition = if self.wait_for_ready { "ready" } else { "running" };
            pods::wait(container, condition, Duration::from_millis(time))?;
        }
        let output = pods::exec(container, &self.command, Duration::from_millis(self.timeout_ms))?;
        match output.exit_code {
            0 => Ok(()),
            code => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(Error::new(
                    "hook-failed",
                    format!("{:?} ended with {code}: {}", self.command, said.trim()),
                ))
            }
        }
    }
}

lazarette_sdk::export_hook!(ExecHooks, manifest: "../manifest.json");

#[cfg(test)]
mod tests {
    use super::*;
    use lazarette_sdk::json;
    use lazarette_sdk::testing::{Fixture, HookOutcome, PodScript, configure_with, hook};

    fn pod() -> Fixture {
        Fixture::new(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "shop"}}),
        )
    }

    fn run(config: Value, phase: &str, script: PodScript) -> HookOutcome {
        let mut plugin = configure_with(config, ExecHooks::configure).unwrap();
        hook(&mut plugin, &pod(), phase, script)
    }

    fn command(name: &str, on_error: &str) -> Value {
        json!({"command": [name], "onError": on_error, "timeoutMs": 30000})
    }

    #[test]
    fn commands_run_in_order_in_their_phase() {
        let config = json!({
            "beforeBackup": [command("freeze", "Fail"), command("note", "Fail")],
            "afterBackup": [command("thaw", "Fail")],
        });
        let script = PodScript::new()
            .on(&["freeze"], 0, "")
            .on(&["note"], 0, "")
            .on(&["thaw"], 0, "");
        let before = run(config.clone(), "before-backup", script.clone());
        assert_eq!(
            (before.result, before.commands),
            (Ok(()), vec![vec!["freeze".to_owned()], vec!["note".to_owned()]])
        );
        let after = run(config.clone(), "after-backup", script.clone());
        assert_eq!(after.commands, [["thaw"]]);
        assert!(run(config, "a-phase-of-tomorrow", script).commands.is_empty());
    }

    #[test]
    fn a_failure_that_must_not_be_ends_what_comes_before_a_backup() {
        let config = json!({"beforeBackup": [command("freeze", "Fail"), command("note", "Fail")]});
        let outcome = run(config, "before-backup", PodScript::new().on(&["freeze"], 3, ""));
        assert_eq!(outcome.result.unwrap_err().code, "hook-failed");
        assert_eq!(outcome.commands.len(), 1);
    }

    #[test]
    fn a_failure_is_let_pass_by_default() {
        let config =
            json!({"beforeBackup": [{"command": ["freeze"], "timeoutMs": 1}, command("note", "Fail")]});
        let script = PodScript::new()
            .fails(&["freeze"], "timeout")
            .on(&["note"], 0, "");
        let outcome = run(config, "before-backup", script);
        assert_eq!((outcome.result, outcome.commands.len()), (Ok(()), 2));
    }

    #[test]
    fn a_command_after_a_backup_is_tried_again_where_the_connection_broke() {
        let config =
            json!({"afterBackup": [command("thaw", "Fail")], "beforeBackup": [command("thaw", "Fail")]});
        let script = PodScript::new()
            .fails(&["thaw"], "connection")
            .on(&["thaw"], 0, "");
        let after = run(config.clone(), "after-backup", script.clone());
        assert_eq!((after.result, after.commands.len()), (Ok(()), 2));
        let before = run(config, "before-backup", script);
        assert_eq!(
            (before.result.unwrap_err().code.as_str(), before.commands.len()),
            ("connection", 1)
        );
    }

    #[test]
    fn everything_after_a_backup_runs_and_the_first_failure_is_returned() {
        let config = json!({"afterBackup": [command("thaw", "Fail"), command("start", "Fail")]});
        let script = PodScript::new()
            .fails(&["thaw"], "timeout")
            .fails(&["start"], "pod-gone");
        let outcome = run(config, "after-backup", script);
        assert_eq!(outcome.result.unwrap_err().code, "timeout");
        assert_eq!(outcome.commands.len(), 2);
    }

    #[test]
    fn init_containers_are_added_before_a_restore() {
        let wait = json!({"name": "wait", "image": "busybox"});
        let config = json!({"beforeRestore": [wait]});
        let outcome = run(config.clone(), "before-restore", PodScript::new());
        assert_eq!((outcome.result, outcome.init_containers), (Ok(()), vec![wait]));
        assert!(
            run(config, "after-restore", PodScript::new())
                .init_containers
                .is_empty()
        );
    }

    #[test]
    fn a_wrong_configuration_is_refused_with_its_place() {
        let refusal = |config| configure_with(config, ExecHooks::configure).err().unwrap();
        let empty = refusal(json!({"afterBackup": [{"command": [], "timeoutMs": 1}]}));
        assert_eq!(empty.pointer.as_deref(), Some("/afterBackup/0/command"));
        let misspelt = refusal(json!({"afterBackup": [{"comand": ["x"], "timeoutMs": 1}]}));
        assert!(misspelt.message.contains("comand"), "{misspelt}");
        assert_eq!(misspelt.pointer.as_deref(), Some("/afterBackup/0/comand"));
    }
}
