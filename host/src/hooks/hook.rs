//! A hook: which pods, and what is done in them.

use super::{Command, OnError, Phase, PodSelection};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// A hook of a resource, of the annotations of a pod, or of a plugin that the user brings.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its name in its resource; for people.
    pub name: String,
    /// Where it is written: `BackupHook default/databases`, `hooks.yaml:3`, `annotations`.
    pub origin: String,
    /// Which pods it is for.
    pub selection: PodSelection,
    /// What is done there.
    pub action: Action,
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It runs commands; the built-in plugin `exec-hooks` does that.
    Commands(Commands),
    /// What a plugin decides.
    Plugin(PluginUse),
}

/// The commands of a hook, by phase, each in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Commands {
    /// Before the pod and its volumes are backed up.
    pub before_backup: Vec<Command>,
    /// After that, whatever happened.
    pub after_backup: Vec<Command>,
    /// Init containers that the pod gets before it is created, as Kubernetes has them in `spec.initContainers`. The
    /// first one runs first, before those of the pod.
    pub init_containers: Vec<Value>,
    /// After the pod was restored and its container runs.
    pub after_restore: Vec<Command>,
}

/// A plugin that the user brings, as a hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginUse {
    /// Under which name the user brings it.
    pub name: String,
    /// What it is configured with: an object. Where that is empty, what the user configures it with.
    pub config: Value,
    /// What follows when it fails.
    pub on_error: OnError,
    /// How long it may take at each moment, with all its waiting.
    #[serde(with = "super::seconds", rename = "timeoutSeconds")]
    pub timeout: Duration,
}

impl Hook {
    /// `databases/hook1`: how the hook is named in reports.
    pub fn label(&self) -> String {
        match self.name.is_empty() {
            true => self.origin.clone(),
            false => format!("{} ({})", self.name, self.origin),
        }
    }

    /// The commands of a phase; none where a plugin decides.
    pub fn commands(&self, phase: Phase) -> &[Command] {
        match &self.action {
            Action::Commands(commands) => commands.of(phase),
            Action::Plugin(_) => &[],
        }
    }

    /// Whether there is anything to do in a phase.
    pub fn acts(&self, phase: Phase) -> bool {
        match &self.action {
            Action::Commands(commands) => match phase {
                Phase::BeforeRestore => !commands.init_containers.is_empty(),
                phase => !commands.of(phase).is_empty(),
            },
            Action::Plugin(_) => true,
        }
    }

    /// Whether a failure in a phase is one of the pod.
    pub fn can_fail_pod(&self, phase: Phase) -> bool {
        match &self.action {
            Action::Commands(commands) => commands
                .of(phase)
                .iter()
                .any(|command| command.on_error == OnError::Fail),
            Action::Plugin(plugin) => plugin.on_error == OnError::Fail,
        }
    }
}

impl Commands {
    /// Those of a phase.
    pub fn of(&self, phase: Phase) -> &[Command] {
        match phase {
            Phase::BeforeBackup => &self.before_backup,
            Phase::AfterBackup => &self.after_backup,
            Phase::BeforeRestore => &[],
            Phase::AfterRestore => &self.after_restore,
        }
    }

    /// The configuration of the plugin `exec-hooks` that runs them.
    pub fn config(&self) -> Value {
        let list = |commands: &[Command]| commands.iter().map(config_of).collect::<Vec<_>>();
        let parts = [
            ("beforeBackup", list(&self.before_backup)),
            ("afterBackup", list(&self.after_backup)),
            ("beforeRestore", self.init_containers.clone()),
            ("afterRestore", list(&self.after_restore)),
        ];
        let given = parts.into_iter().filter(|(_, list)| !list.is_empty());
        let given = given.map(|(name, list)| (name.to_owned(), Value::Array(list)));
        Value::Object(given.collect())
    }
}

fn config_of(command: &Command) -> Value {
    let milliseconds = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    json!({
        "container": command.container,
        "command": command.argv,
        "onError": command.on_error,
        "timeoutMs": milliseconds(command.timeout),
        "waitTimeoutMs": command.wait.map(|wait| milliseconds(wait.timeout)),
        "waitForReady": command.wait.is_some_and(|wait| wait.for_ready),
    })
}
