//! What hooks would do, to be shown before they do it.

use super::{Action, Hook, OnError, Phase, Wait};
use crate::object::Object;
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;

/// Something that a hook would do in a pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod; of pods that a controller has yet to make, the controller in brackets.
    pub pod: String,
    /// When around the pod.
    pub phase: Phase,
    /// The hook.
    pub hook: String,
    /// The container that a command runs in, or the name of the init container that the pod gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The program and its arguments; empty where a plugin decides.
    pub command: Vec<String>,
    /// The plugin that decides; none for commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// How long it may take; none for an init container.
    #[serde(
        default,
        rename = "timeoutSeconds",
        skip_serializing_if = "Option::is_none",
        serialize_with = "seconds",
        deserialize_with = "of_seconds"
    )]
    pub timeout: Option<Duration>,
    /// What is waited for before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// What follows from a failure.
    pub on_error: OnError,
}

fn seconds<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    super::seconds::serialize(&time.unwrap_or_default(), serializer)
}

fn of_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    super::seconds::deserialize(deserializer).map(Some)
}

impl PlannedStep {
    /// What `hook` would do in `pod` at a moment, in its order.
    pub fn of(pod: &Object, hook: &Hook, phase: Phase) -> Vec<PlannedStep> {
        let step = PlannedStep {
            namespace: pod.id.namespace.clone().unwrap_or_default(),
            pod: pod.id.name.clone(),
            phase,
            hook: hook.label(),
            container: None,
            command: Vec::new(),
            plugin: None,
            timeout: None,
            wait: None,
            on_error: OnError::default(),
        };
        let commands = match &hook.action {
            Action::Commands(commands) => commands,
            Action::Plugin(plugin) => {
                return vec![PlannedStep {
                    plugin: Some(plugin.name.clone()),
                    timeout: Some(plugin.timeout),
                    on_error: plugin.on_error,
                    ..step
                }];
            }
        };
        let first = super::container_names(&pod.json).into_iter().next();
        let of_phase = commands.of(phase).iter().map(|command| PlannedStep {
            container: command.container.clone().or_else(|| first.clone()),
            command: command.argv.clone(),
            timeout: Some(command.timeout),
            wait: command.wait,
            on_error: command.on_error,
            ..step.clone()
        });
        let mut steps: Vec<PlannedStep> = of_phase.collect();
        if phase == Phase::BeforeRestore {
            steps.extend(commands.init_containers.iter().map(|container| {
                let text = |name| container.get(name).and_then(|text| text.as_str());
                PlannedStep {
                    container: text("name").map(str::to_owned),
                    command: words(container.get("command")),
                    ..step.clone()
                }
            }));
        }
        steps
    }
}

fn words(list: Option<&serde_json::Value>) -> Vec<String> {
    let words = list.and_then(|list| list.as_array()).into_iter().flatten();
    words
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect()
}
