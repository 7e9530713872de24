//! Which pods of a backup have hooks.

use super::outcome::{Hooked, Taken};
use crate::backup::selection::Selection;
use crate::cluster::{Cluster, ClusterError, RawObject};
use crate::doctor::{hook_rights, hooks_forbidden, missing_rights};
use crate::hooks::{Hooks, Phase, PreparedHook, Side, container_names};
use crate::object::{Object, ObjectKey, ResourceType};
use crate::report::{Code, Problem};
use futures::TryStreamExt;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A pod that has hooks.
pub(super) struct FoundPod {
    /// The pod as it was listed.
    pub raw: RawObject,
    /// The same, parsed.
    pub pod: Object,
    /// Its hooks, in their order.
    pub hooks: Vec<Arc<PreparedHook>>,
}

impl FoundPod {
    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey::new(self.pod.id.namespace.as_deref(), &self.pod.id.name)
    }
}

/// The pods that the backup takes and that have hooks which can run. What speaks against others goes into `hooked`.
pub(super) async fn find(
    selection: &Selection,
    hooks: &Hooks<'_>,
    cluster: &dyn Cluster,
    hooked: &mut Hooked,
) -> Result<Vec<FoundPod>, ClusterError> {
    let Some(of) = selection.types.iter().find(|of| of.resource.is("", "pods")) else {
        return Ok(Vec::new());
    };
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for options in selection.lists_of(of) {
        let mut pages = cluster.list(of, &options);
        while let Some(page) = pages.try_next().await? {
            for raw in page.items {
                if selection.wants(&raw) && hooks.may_be_for(&raw) {
                    seen.insert(ObjectKey::new(raw.id.namespace.as_deref(), &raw.id.name));
                    found.extend(look_at(of, raw, hooks, hooked));
                }
            }
        }
    }
    hooked.seen = Some(seen);
    without_forbidden(found, cluster, hooked).await
}

/// `raw` with its hooks; none where it has none that can run.
pub(super) fn look_at(
    of: &ResourceType,
    raw: RawObject,
    hooks: &Hooks<'_>,
    hooked: &mut Hooked,
) -> Option<FoundPod> {
    let pod = Object::new(of, serde_json::from_str(&raw.json).ok()?)?;
    let hooks = match hooks.of_pod(&pod) {
        Ok(hooks) => hooks,
        Err(error) => {
            hooked.errors.push(error.into());
            return None;
        }
    };
    let acts =
        |hook: &Arc<PreparedHook>| hook.hook.acts(Phase::BeforeBackup) || hook.hook.acts(Phase::AfterBackup);
    let mut found = FoundPod {
        hooks: hooks.into_iter().filter(acts).collect(),
        pod,
        raw,
    };
    if found.hooks.is_empty() {
        return None;
    }
    if let Some(phase @ ("Succeeded" | "Failed")) =
        found.pod.json.pointer("/status/phase").and_then(Value::as_str)
    {
        let message = format!("the pod has ended ({phase}), so its hooks do not run");
        hooked
            .warnings
            .push(Problem::new(Code::HookNotRun, message).about(&found.pod.id));
        return None;
    }
    drop_without_thaw(&mut found, hooked);
    (!found.hooks.is_empty()).then_some(found)
}

/// Drop hooks whose after-hooks name a container that the pod does not have: what they begin nobody could end.
fn drop_without_thaw(found: &mut FoundPod, hooked: &mut Hooked) {
    let containers = container_names(&found.pod.json);
    let missing = |hook: &PreparedHook| {
        let named = hook.hook.commands(Phase::AfterBackup).iter();
        let mut named = named.filter_map(|command| command.container.clone());
        named.find(|name| !containers.contains(name))
    };
    let mut kept = Vec::new();
    for hook in std::mem::take(&mut found.hooks) {
        let Some(container) = missing(&hook) else {
            kept.push(hook);
            continue;
        };
        let message = format!(
            "{} does not run: the pod has no container '{container}' for its after-hook; it has {}",
            hook.hook.label(),
            containers.join(", ")
        );
        hooked
            .errors
            .push(Problem::new(Code::HookContainerMissing, message).about(&found.pod.id));
        if hook.hook.can_fail_pod(Phase::BeforeBackup) {
            hooked.pods.insert(found.key(), Taken::Nothing);
        }
    }
    found.hooks = match hooked.pods.contains_key(&found.key()) {
        true => Vec::new(),
        false => kept,
    };
}

/// Those of `found` that are in namespaces where the user may run commands.
async fn without_forbidden(
    found: Vec<FoundPod>,
    cluster: &dyn Cluster,
    hooked: &mut Hooked,
) -> Result<Vec<FoundPod>, ClusterError> {
    let namespaces: BTreeSet<_> = found.iter().map(|found| found.pod.id.namespace.clone()).collect();
    let needed = namespaces
        .iter()
        .flat_map(|namespace| hook_rights(Side::Backup, namespace.as_deref()));
    let needed = match cluster.is_live() {
        true => needed.collect(),
        false => Vec::new(),
    };
    let missing = missing_rights(cluster, needed).await?;
    let mut allowed = Vec::new();
    for found in found {
        let namespace = &found.pod.id.namespace;
        if !missing.iter().any(|right| right.namespace == *namespace) {
            allowed.push(found);
            continue;
        }
        if found
            .hooks
            .iter()
            .any(|hook| hook.hook.can_fail_pod(Phase::BeforeBackup))
        {
            hooked.pods.insert(found.key(), Taken::Nothing);
        }
    }
    hooked.errors.extend(hooks_forbidden(&missing));
    Ok(allowed)
}
