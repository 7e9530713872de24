//! Pods and controllers on their way into the cluster: which hooks they have, and what hooks give a pod before it is
//! created.

use super::super::diff::Diff;
use super::super::item::{Item, Slot};
use super::super::pipeline::lock;
use super::super::report::Note;
use super::RestoreHooks;
use super::pod::UncreatedPod;
use super::registry::HookedPod;
use super::workload::{Workload, template};
use crate::hooks::{Attendance, HookError, Phase, PlannedStep, PreparedHook};
use crate::object::Object;
use crate::report::Problem;
use serde_json::{Value, json};
use std::sync::Arc;

/// The init container of Velero that stays the first one: it waits for the data of volumes.
const WAITS_FOR_DATA: &str = "restore-wait";

impl RestoreHooks<'_> {
    /// Look at an object that is placed: a pod gets what its hooks give it before it is created.
    pub(in crate::restore) async fn placed(&self, slot: Slot) -> Slot {
        let Slot::Open(item) = slot else {
            return slot;
        };
        let object = in_cluster(&item);
        if item.of.resource.is("", "pods") {
            return self.placed_pod(item, object).await;
        }
        let Some(template) = template(&object) else {
            return Slot::Open(item);
        };
        if let Some(hooks) = self.hooks_of(&template)
            && self.may_run(&object).await
        {
            let workload = Workload {
                target: object.id.clone(),
                of: item.of.clone(),
                object,
                template,
                hooks,
            };
            lock(&self.registry)
                .placed_workloads
                .insert(item.report.id.clone(), workload);
        }
        Slot::Open(item)
    }

    async fn placed_pod(&self, mut item: Box<Item>, pod: Object) -> Slot {
        let hooks = match self.hooks.of_pod(&pod) {
            Ok(hooks) => hooks,
            Err(error) => {
                self.note(error);
                return Slot::Open(item);
            }
        };
        let acting = hooks.iter().filter(|hook| hook.hook.acts(Phase::BeforeRestore));
        let acting: Vec<Arc<PreparedHook>> = acting.cloned().collect();
        if let Err(problem) = self.before(&mut item, &pod, acting).await {
            return item.fail(problem);
        }
        let acts = hooks.iter().any(|hook| hook.hook.acts(Phase::AfterRestore));
        if acts && self.may_run(&pod).await {
            let hooked = HookedPod::new(&pod, hooks);
            lock(&self.registry).placed.insert(item.report.id.clone(), hooked);
        }
        Slot::Open(item)
    }

    /// Have the hooks `acting` add init containers to the pod. The problem is one that the pod is not restored for.
    async fn before(
        &self,
        item: &mut Item,
        pod: &Object,
        acting: Vec<Arc<PreparedHook>>,
    ) -> Result<(), Problem> {
        if acting.is_empty() {
            return Ok(());
        }
        let steps = acting.iter();
        let steps = steps.flat_map(|hook| PlannedStep::of(pod, &hook.hook, Phase::BeforeRestore));
        lock(&self.registry).before.extend(steps);
        let (access, facts) = (Arc::new(UncreatedPod), self.facts(&pod.id));
        let mut attendance = Attendance::new(&self.hooks, pod.clone(), acting, access, facts);
        let mut added = Vec::new();
        for hook in attendance.hooks() {
            let before = attendance.init_containers().len();
            let result = attendance.run(&hook, Phase::BeforeRestore, None).await;
            if result.problems.is_empty() {
                let containers = attendance.init_containers().split_off(before);
                let notes = containers
                    .iter()
                    .map(|container| note(&hook.hook.label(), container));
                item.report.notes.extend(notes);
                added.extend(containers);
            }
            if let (true, Some(problem)) = (result.fails_pod, result.problems.first()) {
                return Err(problem.clone());
            }
            lock(&self.registry).problems.extend(result.problems);
        }
        let before = self.planned.then(|| item.wanted.json.clone());
        add(&mut item.wanted.json, added);
        if let Some(before) = before {
            show_change(item, &before);
        }
        Ok(())
    }

    /// Whether the user may run commands in pods of the namespace of `object`.
    async fn may_run(&self, object: &Object) -> bool {
        let namespace = object.id.namespace.as_deref().unwrap_or_default();
        self.rights.may_run(namespace).await.unwrap_or_else(|problem| {
            lock(&self.registry).problems.push(problem);
            false
        })
    }

    /// The hooks that run in pods of a template after they are created; none where there are none.
    fn hooks_of(&self, template: &Object) -> Option<Vec<Arc<PreparedHook>>> {
        // What is wrong with annotations is told of the pods themselves.
        let hooks = self.hooks.of_pod(template).ok()?;
        let acts = hooks.iter().any(|hook| hook.hook.acts(Phase::AfterRestore));
        acts.then_some(hooks)
    }

    fn note(&self, error: HookError) {
        lock(&self.registry).problems.push(error.into());
    }
}

/// The placed object under the identity that it gets in the cluster.
fn in_cluster(item: &Item) -> Object {
    Object {
        id: item.report.target.clone(),
        ..item.wanted.clone()
    }
}

/// Have the report show how the object has changed since it was as in `before`.
fn show_change(item: &mut Item, before: &Value) {
    let of = &item.wanted.id.resource;
    let change = Diff::between(of, before, &item.wanted.json, &item.secrets);
    item.report.modification = match (item.report.modification.take(), change) {
        (Some(earlier), Some(change)) => Some(earlier.then(change)),
        (earlier, change) => earlier.or(change),
    };
}

fn note(hook: &str, container: &Value) -> Note {
    let text = |member| container.get(member).and_then(Value::as_str).unwrap_or_default();
    let message = format!(
        "{hook} adds the init container '{}' of image {}",
        text("name"),
        text("image")
    );
    Note::new("init-container-added", message, "/spec/initContainers")
}

/// Put `containers` before the init containers of `pod`, but after one that waits for the data of volumes. One of the
/// same name is replaced: it is from an earlier restore.
fn add(pod: &mut Value, containers: Vec<Value>) {
    if containers.is_empty() {
        return;
    }
    let Some(spec) = pod.pointer_mut("/spec").and_then(Value::as_object_mut) else {
        return;
    };
    let mut present = match spec.remove("initContainers") {
        Some(Value::Array(present)) => present,
        _ => Vec::new(),
    };
    let name = |container: &Value| container.get("name").cloned();
    present.retain(|known| !containers.iter().any(|added| name(added) == name(known)));
    let waits = present.first().and_then(name) == Some(json!(WAITS_FOR_DATA));
    let place = usize::from(waits);
    present.splice(place..place, containers);
    spec.insert("initContainers".to_owned(), Value::Array(present));
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(json!({"spec": {}}), &["a", "b"])]
    #[case::null(json!({"spec": {"initContainers": null}}), &["a", "b"])]
    #[case::others(json!({"spec": {"initContainers": [{"name": "x"}]}}), &["a", "b", "x"])]
    #[case::of_velero(
        json!({"spec": {"initContainers": [{"name": "restore-wait"}, {"name": "x"}]}}),
        &["restore-wait", "a", "b", "x"]
    )]
    #[case::from_an_earlier_restore(json!({"spec": {"initContainers": [{"name": "b"}, {"name": "x"}]}}), &["a", "b", "x"])]
    fn init_containers_come_first(#[case] mut pod: Value, #[case] expected: &[&str]) {
        add(&mut pod, vec![json!({"name": "a"}), json!({"name": "b"})]);
        let containers = pod["spec"]["initContainers"].as_array().unwrap();
        let names: Vec<_> = containers
            .iter()
            .map(|container| container["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn nothing_is_added_to_what_is_no_pod() {
        let mut odd = json!({"spec": []});
        add(&mut odd, vec![json!({"name": "a"})]);
        assert_eq!(odd, json!({"spec": []}));
    }
}
