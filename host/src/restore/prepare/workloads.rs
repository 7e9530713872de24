//! Pods and jobs.

use super::{is_generated_token, items, map_mut, remove_members, retain_items, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Labels that the job controller makes from the `uid` of a job, which is another one after a restore.
const JOB_IDENTITY_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/// Marks a pod that a kubelet made from a file of its node.
const MIRROR_POD: &str = "kubernetes.io/config.mirror";

/// Why a pod is not restored.
pub(super) fn pod_left_out(pod: &Value) -> Option<String> {
    if let Some(phase @ ("Succeeded" | "Failed")) = text(pod, "/status/phase") {
        return Some(format!("the pod has ended ({phase})"));
    }
    if map_has(pod, "/metadata/annotations", MIRROR_POD) {
        return Some("a mirror pod is made by the kubelet of its node".to_owned());
    }
    let controller = items(pod, "/metadata/ownerReferences")
        .iter()
        .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    match (
        text(controller, "/kind")?,
        text(controller, "/name").unwrap_or_default(),
    ) {
        (kind @ ("DaemonSet" | "Job"), name) => Some(format!("{kind} {name} makes its pods itself")),
        _ => None,
    }
}

/// Why a job is not restored.
pub(super) fn job_left_out(job: &Value) -> Option<String> {
    text(job, "/status/completionTime").map(|time| format!("the job was completed at {time}"))
}

/// Free the pod from its node, its priority as a number (which the server computes from the class), ephemeral
/// containers (which the server takes from nobody who creates a pod) and the volume of a generated token.
pub(super) fn prepare_pod(pod: &mut Value) {
    let tokens = text(pod, "/spec/serviceAccountName")
        .map(|account| generated_token_volumes(pod, account))
        .unwrap_or_default();
    if let Some(spec) = map_mut(pod, "/spec") {
        for member in ["nodeName", "priority", "ephemeralContainers"] {
            spec.shift_remove(member);
        }
    }
    if tokens.is_empty() {
        return;
    }
    let named = |item: &Value| {
        item.get("name")
            .and_then(Value::as_str)
            .is_some_and(|name| tokens.contains(name))
    };
    retain_items(pod, "/spec", "volumes", |volume| !named(volume));
    for containers in ["containers", "initContainers"] {
        for index in 0..items(pod, &format!("/spec/{containers}")).len() {
            retain_items(
                pod,
                &format!("/spec/{containers}/{index}"),
                "volumeMounts",
                |mount| !named(mount),
            );
        }
    }
}

/// Names of the volumes that hold a generated token of the service account.
fn generated_token_volumes(pod: &Value, account: &str) -> BTreeSet<String> {
    items(pod, "/spec/volumes")
        .iter()
        .filter(|volume| {
            text(volume, "/secret/secretName").is_some_and(|secret| is_generated_token(secret, account))
        })
        .filter_map(|volume| Some(volume.get("name")?.as_str()?.to_owned()))
        .collect()
}

/// Drop the labels that hold the job's old identity. A job that chooses its pods by itself has none of them.
pub(super) fn prepare_job(job: &mut Value) {
    remove_members(job, "/spec/selector", "matchLabels", &JOB_IDENTITY_LABELS);
    if job
        .pointer("/spec/selector")
        .and_then(Value::as_object)
        .is_some_and(serde_json::Map::is_empty)
        && let Some(spec) = map_mut(job, "/spec")
    {
        spec.shift_remove("selector");
    }
    remove_members(job, "/spec/template/metadata", "labels", &JOB_IDENTITY_LABELS);
}

/// Whether the map at `pointer` has the member `key`.
fn map_has(json: &Value, pointer: &str, key: &str) -> bool {
    json.pointer(pointer).and_then(|map| map.get(key)).is_some()
}
