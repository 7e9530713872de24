//! The hooks of an operation, with the plugins that carry them out.

use super::{Action, Command, Hook, HookError, Phase, Side, of_annotations};
use crate::cluster::RawObject;
use crate::modify::ThirdParty;
use crate::object::Object;
use crate::plugin::{Batch, Configured, Grants, Operation, Plugin, PluginError, PluginHost, Settings};
use crate::report::{Code, Problem, ResultOf, did_you_mean};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The built-in plugin that runs commands.
pub(super) const EXEC: &str = "exec-hooks";

/// Time that a plugin gets beside that of its commands, to begin and to end.
const MARGIN: Duration = Duration::from_secs(5);

/// Time that `exec-hooks` goes on trying to reach a pod whose after-hook must run. What its waits amount to.
const PERSISTENCE: Duration = Duration::from_secs(40);

/// The hooks of an operation, with the plugins that carry them out.
pub struct Hooks<'h> {
    host: &'h PluginHost,
    operation: Arc<Operation>,
    exec: Arc<Plugin>,
    hooks: Vec<Arc<PreparedHook>>,
    /// Whether annotations of pods count, and which.
    annotations: Option<Side>,
    /// Those of annotations, by configuration: pods of one controller have the same.
    of_annotations: Mutex<BTreeMap<String, Arc<Configured>>>,
}

/// A hook with the plugin that carries it out.
pub struct PreparedHook {
    /// The hook.
    pub hook: Hook,
    pub(super) plugin: Arc<Configured>,
}

impl<'h> Hooks<'h> {
    /// Load and configure what carries out `hooks`. A plugin that nobody brings and a configuration that is refused are
    /// errors here, before anything has happened.
    pub fn prepare(
        hooks: Vec<Hook>,
        annotations: Option<Side>,
        host: &'h PluginHost,
        brought: &BTreeMap<String, ThirdParty>,
        operation: Arc<Operation>,
    ) -> ResultOf<Self> {
        let mut prepared = Hooks {
            exec: host.built_in(EXEC)?,
            host,
            operation,
            hooks: Vec::new(),
            annotations,
            of_annotations: Mutex::default(),
        };
        for hook in hooks {
            let plugin = prepared.plugin_of(&hook, brought)?;
            prepared.hooks.push(Arc::new(PreparedHook { hook, plugin }));
        }
        Ok(prepared)
    }

    fn plugin_of(&self, hook: &Hook, brought: &BTreeMap<String, ThirdParty>) -> ResultOf<Arc<Configured>> {
        let plugin = match &hook.action {
            Action::Commands(commands) => return Ok(self.exec_hooks(commands.config())?),
            Action::Plugin(plugin) => plugin,
        };
        let Some(found) = brought.get(&plugin.name) else {
            let message = format!(
                "there is no plugin '{}': bring it with --plugin {}=SOURCE{}",
                plugin.name,
                plugin.name,
                did_you_mean(&plugin.name, brought.keys())
            );
            return Err(Problem::new(Code::InvalidHooks, message).about(hook.label()));
        };
        let has_own = plugin.config.as_object().is_some_and(|config| !config.is_empty());
        let settings = match has_own {
            true => Settings {
                config: plugin.config.clone(),
                ..found.settings.clone()
            },
            false => found.settings.clone(),
        };
        let configured = self.host.configure(&found.plugin, settings, &self.operation);
        configured.map_err(|error| Problem::from(error).about(hook.label()))
    }

    fn exec_hooks(&self, config: Value) -> Result<Arc<Configured>, PluginError> {
        let settings = Settings {
            grants: Grants(["pods.exec".to_owned()].into()),
            ..Settings::new(config)
        };
        self.host.configure(&self.exec, settings, &self.operation)
    }

    /// The operation that plugins are called in.
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// Whether any pod can have a hook.
    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty() && self.annotations.is_none()
    }

    /// All of them, in their order.
    pub(super) fn all(&self) -> Vec<Arc<PreparedHook>> {
        self.hooks.clone()
    }

    /// Instances for one pod, from its first moment to its last.
    pub(super) fn batch(&self) -> Batch {
        self.host.batch(&self.operation)
    }

    /// Whether `pod` may have a hook, as far as that can be told before it is parsed.
    pub fn may_be_for(&self, pod: &RawObject) -> bool {
        let labels = || {
            pod.labels
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
        };
        let namespace = pod.id.namespace.as_deref().unwrap_or_default();
        let selects = |hook: &Arc<PreparedHook>| hook.hook.selection.takes(namespace, labels());
        let is_annotated = || pod.json.contains(".velero.io/");
        self.hooks.iter().any(selects) || self.annotations.is_some() && is_annotated()
    }

    /// The hooks for `pod`, in the order in which they run. Annotations of the pod, where they count, stand in the place
    /// of the commands of all others at the moments that they are for, as in Velero.
    pub fn of_pod(&self, pod: &Object) -> Result<Vec<Arc<PreparedHook>>, HookError> {
        let selected = self.hooks.iter().filter(|hook| hook.hook.selection.fits(pod));
        let selected: Vec<Arc<PreparedHook>> = selected.cloned().collect();
        let Some(side) = self.annotations else {
            return Ok(selected);
        };
        let Some(annotated) = of_annotations(pod, side)? else {
            return Ok(selected);
        };
        let refuse = |error: PluginError| HookError {
            place: pod.id.to_string(),
            field: None,
            message: error.to_string(),
        };
        let mut hooks = Vec::new();
        for prepared in selected {
            let without = without_those_of(&prepared.hook, &annotated);
            match without {
                None => hooks.push(prepared),
                Some(Hook {
                    action: Action::Commands(commands),
                    ..
                }) if commands == Default::default() => {}
                Some(hook) => hooks.push(self.annotated(hook).map_err(refuse)?),
            }
        }
        hooks.push(self.annotated(annotated).map_err(refuse)?);
        Ok(hooks)
    }

    /// A hook of commands that only some pods have.
    fn annotated(&self, hook: Hook) -> Result<Arc<PreparedHook>, PluginError> {
        let config = match &hook.action {
            Action::Commands(commands) => commands.config(),
            Action::Plugin(plugin) => plugin.config.clone(),
        };
        let mut known = self.of_annotations.lock().unwrap_or_else(PoisonError::into_inner);
        let key = config.to_string();
        let plugin = match known.get(&key) {
            Some(plugin) => Arc::clone(plugin),
            None => {
                let plugin = self.exec_hooks(config)?;
                known.insert(key, Arc::clone(&plugin));
                plugin
            }
        };
        Ok(Arc::new(PreparedHook { hook, plugin }))
    }
}

/// `hook` without its commands at those moments that `annotated` has some for; none where nothing changes.
fn without_those_of(hook: &Hook, annotated: &Hook) -> Option<Hook> {
    let Action::Commands(commands) = &hook.action else {
        return None;
    };
    let mut left = commands.clone();
    if annotated.acts(Phase::BeforeBackup) {
        left.before_backup.clear();
    }
    if annotated.acts(Phase::AfterBackup) {
        left.after_backup.clear();
    }
    if annotated.acts(Phase::BeforeRestore) {
        left.init_containers.clear();
    }
    if annotated.acts(Phase::AfterRestore) {
        left.after_restore.clear();
    }
    (left != *commands).then(|| Hook {
        action: Action::Commands(left),
        ..hook.clone()
    })
}

impl PreparedHook {
    /// The name of the plugin, under which it keeps facts.
    pub fn plugin(&self) -> &str {
        self.plugin.name()
    }

    /// How long the hook may take at a moment, with all its waiting.
    pub fn deadline(&self, phase: Phase) -> Duration {
        let commands = match &self.hook.action {
            Action::Plugin(plugin) => return plugin.timeout,
            Action::Commands(commands) => commands.of(phase),
        };
        let of_command = |command: &Command| {
            let time = command.timeout + command.wait.map(|wait| wait.timeout).unwrap_or_default();
            match phase {
                Phase::AfterBackup => time * 2 + PERSISTENCE,
                _ => time,
            }
        };
        commands.iter().map(of_command).sum::<Duration>() + MARGIN
    }
}
