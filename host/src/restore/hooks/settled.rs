//! When the hooks of a pod may begin.

use crate::hooks::{Action, Command, Phase, PreparedHook, Standing, container_names};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Whether it is of no use to wait any longer with the hooks of a pod: the container of the first command runs, or it is
/// certain that it will not. What the others wait for, they wait for on their turn.
pub(super) fn is_settled(live: &Value, hooks: &[Arc<PreparedHook>]) -> bool {
    let containers = container_names(live);
    let first = first_command(hooks);
    let named = first.and_then(|command| command.container.as_ref());
    let Some(container) = named.or(containers.first()) else {
        return true;
    };
    let for_ready = first
        .and_then(|command| command.wait)
        .is_some_and(|wait| wait.for_ready);
    match Standing::of(Some(live), None, container) {
        Standing::Waiting(_) => !containers.contains(container),
        Standing::Running => !for_ready,
        _ => true,
    }
}

/// How long the hooks of a pod wait for it at most.
pub(super) fn longest_wait(hooks: &[Arc<PreparedHook>]) -> Duration {
    let of_hook = |hook: &Arc<PreparedHook>| match &hook.hook.action {
        Action::Commands(commands) => {
            let waits = commands.of(Phase::AfterRestore).iter();
            waits
                .filter_map(|command| command.wait)
                .map(|wait| wait.timeout)
                .max()
        }
        Action::Plugin(plugin) => Some(plugin.timeout),
    };
    hooks.iter().filter_map(of_hook).max().unwrap_or_default()
}

fn first_command(hooks: &[Arc<PreparedHook>]) -> Option<&Command> {
    let first = hooks.iter().find(|hook| hook.hook.acts(Phase::AfterRestore))?;
    first.hook.commands(Phase::AfterRestore).first()
}
