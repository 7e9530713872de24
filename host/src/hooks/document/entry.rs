//! The entries of the resources.

use super::Entry;
use super::read::{globs, selector, time, words};
use crate::hooks::{Action, Command, Commands, Hook, OnError, PluginUse, PodSelection, Wait};
use crate::object::{Glob, LabelSelector};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// What is wrong with an entry that does nothing.
const NOTHING_TO_DO: &str = "a hook does nothing: expected preHooks, postHooks or plugin";

/// What is wrong with an entry that says twice what is done.
const TWO_WAYS: &str = "a hook has both a plugin and commands: make a hook of each";

/// An entry of a BackupHook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BackupEntry {
    name: String,
    #[serde(default, deserialize_with = "globs")]
    included_namespaces: Vec<Glob>,
    #[serde(default, deserialize_with = "globs")]
    excluded_namespaces: Vec<Glob>,
    #[serde(default, deserialize_with = "selector")]
    label_selector: LabelSelector,
    #[serde(default)]
    pre_hooks: Option<Vec<InBackup>>,
    #[serde(default)]
    post_hooks: Option<Vec<InBackup>>,
    #[serde(default)]
    plugin: Option<Plugin>,
}

/// An entry of a RestoreHook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RestoreEntry {
    name: String,
    #[serde(default, deserialize_with = "globs")]
    included_namespaces: Vec<Glob>,
    #[serde(default, deserialize_with = "globs")]
    excluded_namespaces: Vec<Glob>,
    #[serde(default, deserialize_with = "selector")]
    label_selector: LabelSelector,
    #[serde(default)]
    post_hooks: Option<Vec<InRestore>>,
    #[serde(default)]
    plugin: Option<Plugin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InBackup {
    exec: BackupExec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BackupExec {
    #[serde(default)]
    container: Option<String>,
    #[serde(deserialize_with = "words")]
    command: Vec<String>,
    #[serde(default)]
    on_error: Option<OnError>,
    #[serde(default, deserialize_with = "time")]
    timeout: Option<Duration>,
}

/// One of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InRestore {
    #[serde(default)]
    exec: Option<RestoreExec>,
    #[serde(default)]
    init: Option<RestoreInit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RestoreExec {
    #[serde(default)]
    container: Option<String>,
    #[serde(deserialize_with = "words")]
    command: Vec<String>,
    #[serde(default)]
    on_error: Option<OnError>,
    #[serde(default, deserialize_with = "time")]
    exec_timeout: Option<Duration>,
    #[serde(default, deserialize_with = "time")]
    wait_timeout: Option<Duration>,
    #[serde(default)]
    wait_for_ready: Option<bool>,
}

/// Init containers, as Velero has them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RestoreInit {
    #[serde(deserialize_with = "super::read::init_containers")]
    init_containers: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Plugin {
    name: String,
    #[serde(default, deserialize_with = "super::read::config")]
    config: Option<Value>,
    #[serde(default)]
    on_error: Option<OnError>,
    #[serde(default, deserialize_with = "time")]
    timeout: Option<Duration>,
}

impl Plugin {
    /// The plugin, which may take `time` where nothing is said.
    fn into_use(self, time: Duration) -> Action {
        Action::Plugin(PluginUse {
            name: self.name,
            config: self.config.unwrap_or_else(|| json!({})),
            on_error: self.on_error.unwrap_or_default(),
            timeout: self.timeout.unwrap_or(time),
        })
    }
}

impl Entry for BackupEntry {
    fn into_hook(self) -> Result<Hook, &'static str> {
        let commands = |list: Option<Vec<InBackup>>| {
            let list = list.into_iter().flatten();
            list.map(|one| one.exec.into_command()).collect::<Vec<_>>()
        };
        let commands = Commands {
            before_backup: commands(self.pre_hooks),
            after_backup: commands(self.post_hooks),
            ..Commands::default()
        };
        let plugin = self.plugin.map(|plugin| plugin.into_use(Command::TIMEOUT));
        hook(
            self.name,
            PodSelection {
                included_namespaces: self.included_namespaces,
                excluded_namespaces: self.excluded_namespaces,
                labels: self.label_selector,
            },
            commands,
            plugin,
        )
    }
}

impl Entry for RestoreEntry {
    fn into_hook(self) -> Result<Hook, &'static str> {
        let mut commands = Commands::default();
        for part in self.post_hooks.into_iter().flatten() {
            match (part.exec, part.init) {
                (Some(exec), None) => commands.after_restore.push(exec.into_command()),
                (None, Some(init)) => commands.init_containers.extend(init.init_containers),
                _ => return Err("each of postHooks is either exec or init"),
            }
        }
        let time = Command::TIMEOUT + Command::WAIT_TIMEOUT;
        let plugin = self.plugin.map(|plugin| plugin.into_use(time));
        hook(
            self.name,
            PodSelection {
                included_namespaces: self.included_namespaces,
                excluded_namespaces: self.excluded_namespaces,
                labels: self.label_selector,
            },
            commands,
            plugin,
        )
    }
}

impl BackupExec {
    fn into_command(self) -> Command {
        Command {
            container: self.container.filter(|name| !name.is_empty()),
            argv: self.command,
            on_error: self.on_error.unwrap_or_default(),
            timeout: self.timeout.unwrap_or(Command::TIMEOUT),
            wait: None,
        }
    }
}

impl RestoreExec {
    fn into_command(self) -> Command {
        Command {
            container: self.container.filter(|name| !name.is_empty()),
            argv: self.command,
            on_error: self.on_error.unwrap_or_default(),
            timeout: self.exec_timeout.unwrap_or(Command::TIMEOUT),
            wait: Some(Wait {
                timeout: self.wait_timeout.unwrap_or(Wait::DEFAULT.timeout),
                for_ready: self.wait_for_ready.unwrap_or(Wait::DEFAULT.for_ready),
            }),
        }
    }
}

fn hook(
    name: String,
    selection: PodSelection,
    commands: Commands,
    plugin: Option<Action>,
) -> Result<Hook, &'static str> {
    let action = match (plugin, commands == Commands::default()) {
        (Some(plugin), true) => plugin,
        (Some(_), false) => return Err(TWO_WAYS),
        (None, true) => return Err(NOTHING_TO_DO),
        (None, false) => Action::Commands(commands),
    };
    Ok(Hook {
        name,
        origin: String::new(),
        selection,
        action,
    })
}
