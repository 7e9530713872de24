//! When an object is ready.

use crate::object::GroupResource;
use serde_json::Value;

/// Whether an object is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// It is, or nothing is to be waited for.
    Ready,
    /// Not yet, and why.
    Waits(String),
    /// It will not be, and why.
    Failed(String),
}

/// Whether an object is ready, by its status.
pub(super) fn readiness(of: &GroupResource, object: &Value) -> Readiness {
    match (of.group.as_str(), of.resource.as_str()) {
        ("", "pods") => pod(object),
        ("", "persistentvolumeclaims") => claim(object),
        ("batch", "jobs") => job(object),
        ("apps", _) if !is_observed(object) => {
            Readiness::Waits("its controller has not seen it yet".to_owned())
        }
        ("apps", "deployments") => deployment(object),
        ("apps", "statefulsets") => stateful_set(object),
        ("apps", "daemonsets") => daemon_set(object),
        _ => Readiness::Ready,
    }
}

/// The `status` of the condition `name`.
pub(super) fn condition<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    conditions?
        .iter()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(name))
}

/// Whether the condition `name` is true.
fn is_true(object: &Value, name: &str) -> bool {
    condition(object, name).and_then(|condition| condition.get("status")?.as_str()) == Some("True")
}

/// What a condition says in words.
fn message(object: &Value, name: &str) -> String {
    let text = |field: &str| condition(object, name).and_then(|condition| condition.get(field)?.as_str());
    text("message").or(text("reason")).unwrap_or_default().to_owned()
}

fn number(object: &Value, pointer: &str) -> Option<u64> {
    object.pointer(pointer).and_then(Value::as_u64)
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn is_observed(object: &Value) -> bool {
    let observed = number(object, "/status/observedGeneration");
    observed.is_some() && observed >= number(object, "/metadata/generation")
}

fn deployment(object: &Value) -> Readiness {
    if let Some(deadline) = condition(object, "Progressing").filter(|condition| {
        condition.get("reason").and_then(Value::as_str) == Some("ProgressDeadlineExceeded")
    }) {
        let message = deadline
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or("its deadline has passed");
        return Readiness::Waits(message.to_owned());
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let status = |name: &str| number(object, &format!("/status/{name}")).unwrap_or_default();
    if status("updatedReplicas") < wanted {
        return of_replicas(status("updatedReplicas"), wanted, "up to date");
    }
    if status("replicas") > status("updatedReplicas") {
        let old = status("replicas") - status("updatedReplicas");
        return Readiness::Waits(format!("{old} old replicas are still there"));
    }
    match status("availableReplicas") < status("updatedReplicas") {
        true => of_replicas(
            status("availableReplicas"),
            status("updatedReplicas"),
            "available",
        ),
        false => Readiness::Ready,
    }
}

fn stateful_set(object: &Value) -> Readiness {
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let ready = number(object, "/status/readyReplicas").unwrap_or_default();
    if ready < wanted {
        return of_replicas(ready, wanted, "ready");
    }
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or_default();
    let updated = number(object, "/status/updatedReplicas").unwrap_or_default();
    let to_update = wanted.saturating_sub(partition);
    match text(object, "/spec/updateStrategy/type") != "OnDelete" && updated < to_update {
        true => of_replicas(updated, to_update, "up to date"),
        false => Readiness::Ready,
    }
}

fn daemon_set(object: &Value) -> Readiness {
    let status = |name: &str| number(object, &format!("/status/{name}")).unwrap_or_default();
    let wanted = status("desiredNumberScheduled");
    let on_delete = text(object, "/spec/updateStrategy/type") == "OnDelete";
    if !on_delete && status("updatedNumberScheduled") < wanted {
        return of_replicas(status("updatedNumberScheduled"), wanted, "up to date");
    }
    match status("numberAvailable") < wanted {
        true => of_replicas(status("numberAvailable"), wanted, "available"),
        false => Readiness::Ready,
    }
}

fn of_replicas(there: u64, wanted: u64, what: &str) -> Readiness {
    let noun = if wanted == 1 { "replica is" } else { "replicas are" };
    Readiness::Waits(format!("{there} of {wanted} {noun} {what}"))
}

fn job(object: &Value) -> Readiness {
    let suspended = object
        .pointer("/spec/suspend")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    if suspended || is_true(object, "Complete") || is_true(object, "SuccessCriteriaMet") {
        return Readiness::Ready;
    }
    if is_true(object, "Failed") {
        return Readiness::Failed(format!("it failed: {}", message(object, "Failed")));
    }
    let succeeded = number(object, "/status/succeeded").unwrap_or_default();
    match number(object, "/spec/completions") {
        Some(wanted) => Readiness::Waits(format!("{succeeded} of {wanted} completions are there")),
        None => Readiness::Waits("it is not complete".to_owned()),
    }
}

/// A pod of a controller counts with that: it may be replaced at any moment.
fn pod(object: &Value) -> Readiness {
    let owners = object
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array);
    let is_controller = |owner: &Value| {
        owner
            .get("controller")
            .and_then(Value::as_bool)
            .unwrap_or_default()
    };
    if owners.is_some_and(|owners| owners.iter().any(is_controller)) {
        return Readiness::Ready;
    }
    match text(object, "/status/phase") {
        "Succeeded" => Readiness::Ready,
        "Failed" => {
            let reason = [text(object, "/status/message"), text(object, "/status/reason")];
            let reason = reason
                .into_iter()
                .find(|reason| !reason.is_empty())
                .unwrap_or("its containers failed");
            Readiness::Failed(format!("it failed: {reason}"))
        }
        _ if is_true(object, "Ready") => Readiness::Ready,
        "" | "Pending" => Readiness::Waits("it does not run yet".to_owned()),
        _ => Readiness::Waits("it runs, and is not ready".to_owned()),
    }
}

fn claim(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        "Bound" => Readiness::Ready,
        "Lost" => Readiness::Failed(format!("its volume {} is gone", text(object, "/spec/volumeName"))),
        _ if text(object, "/spec/volumeName").is_empty() => {
            Readiness::Waits("it has no volume yet".to_owned())
        }
        _ => Readiness::Waits(format!(
            "it is not bound to its volume {} yet",
            text(object, "/spec/volumeName")
        )),
    }
}
