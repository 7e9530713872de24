//! What keeps the pods of a workload from being ready.

use super::readiness::condition;
use crate::object::LabelSelector;
use serde_json::Value;

/// Messages of a scheduler on a large cluster are long.
const LONGEST_MESSAGE: usize = 300;

/// What keeps a pod of `object`, or `object` itself where it is a pod: the first such thing, in words.
pub(super) fn blocker<'a>(object: &Value, pods: impl Iterator<Item = &'a Value>) -> Option<String> {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if text("/kind") == "Pod" {
        return of_pod(object);
    }
    let selector = LabelSelector::from_json(object.pointer("/spec/selector")?).ok()?;
    let namespace = object.pointer("/metadata/namespace");
    pods.filter(|pod| pod.pointer("/metadata/namespace") == namespace)
        .filter(|pod| selector.matches(labels(pod)))
        .find_map(|pod| {
            let name = pod.pointer("/metadata/name").and_then(Value::as_str)?;
            Some(format!("pod {name}: {}", of_pod(pod)?))
        })
}

fn labels(pod: &Value) -> impl Iterator<Item = (&str, &str)> + Clone {
    let labels = pod.pointer("/metadata/labels").and_then(Value::as_object);
    labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

fn of_pod(pod: &Value) -> Option<String> {
    let scheduled = condition(pod, "PodScheduled")
        .filter(|condition| condition.get("status").and_then(Value::as_str) == Some("False"));
    if let Some(message) = scheduled.and_then(|condition| condition.get("message")?.as_str()) {
        return Some(format!("it fits on no node: {}", shorten(message)));
    }
    let statuses = ["initContainerStatuses", "containerStatuses"];
    let statuses = statuses
        .into_iter()
        .filter_map(|name| pod.pointer(&format!("/status/{name}"))?.as_array());
    if let Some(blocker) = statuses.flatten().find_map(of_container) {
        return Some(blocker);
    }
    let phase = pod
        .pointer("/status/phase")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let bound = pod.pointer("/spec/nodeName").is_some();
    (phase == "Pending" && !bound).then(|| "no node was chosen for it yet".to_owned())
}

fn of_container(status: &Value) -> Option<String> {
    let text = |pointer: &str| {
        status
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let name = text("/name");
    let message = match text("/state/waiting/message") {
        "" => String::new(),
        message => format!(": {}", shorten(message)),
    };
    match text("/state/waiting/reason") {
        "" | "ContainerCreating" | "PodInitializing" => None,
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => Some(format!(
            "the image {} of container {name} cannot be pulled{message}",
            text("/image")
        )),
        "CrashLoopBackOff" => {
            let code = status
                .pointer("/lastState/terminated/exitCode")
                .and_then(Value::as_i64);
            let code = code
                .map(|code| format!(", with exit code {code}"))
                .unwrap_or_default();
            Some(format!("container {name} ends again and again{code}"))
        }
        reason => Some(format!("container {name} waits: {reason}{message}")),
    }
}

fn shorten(message: &str) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}
