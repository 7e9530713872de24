//! How a container stands: read from the pod as the cluster has it.

use serde_json::Value;

/// Reasons of a waiting container that no patience helps against.
const NEVER: [&str; 2] = ["InvalidImageName", "ErrImageNeverPull"];

/// Reasons of a container that waits for an image that could not be had. The node tries again, with growing pauses.
const PULLING_FAILS: [&str; 5] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// The code of the contract for a pod, or a container, that has ended.
pub(super) const ENDED: &str = "pod-ended";

/// How a container stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs, and is ready.
    Ready,
    /// It runs.
    Running,
    /// It does not run now, and may later. With the reason, as a clause.
    Waiting(String),
    /// Its image could not be had so far, which rarely changes. With the reason.
    PullFails(String),
    /// Its image will never be had.
    NoImage(String),
    /// The pod, or the container for good, has ended.
    Ended(String),
    /// The pod is gone or going.
    Gone(String),
}

impl Standing {
    /// How `container` of the pod stands, which is `live` now. A pod with another `uid` is another one.
    pub fn of(live: Option<&Value>, uid: Option<&str>, container: &str) -> Self {
        let Some(live) = live else {
            return Standing::Gone("the pod is not there any more".to_owned());
        };
        if uid.is_some_and(|uid| text(live, "/metadata/uid") != Some(uid)) {
            return Standing::Gone("the pod is gone, and there is another one of its name".to_owned());
        }
        if text(live, "/metadata/deletionTimestamp").is_some() {
            return Standing::Gone("the pod is being deleted".to_owned());
        }
        if let Some(phase @ ("Succeeded" | "Failed")) = text(live, "/status/phase") {
            return Standing::Ended(format!(
                "the pod has ended: {}",
                with_details(phase, live.get("status"))
            ));
        }
        let statuses = ["/status/containerStatuses", "/status/initContainerStatuses"];
        let mut statuses = statuses
            .iter()
            .filter_map(|list| live.pointer(list)?.as_array())
            .flatten();
        match statuses.find(|status| text(status, "/name") == Some(container)) {
            Some(status) => of_container(container, status, live),
            None => Standing::Waiting(not_begun(live)),
        }
    }

    /// Why no command can run in the container: the code of the contract and a sentence.
    pub(super) fn reason(&self) -> Option<(&'static str, &str)> {
        match self {
            Standing::Ready | Standing::Running => None,
            Standing::Waiting(reason) => Some(("not-running", reason)),
            Standing::PullFails(reason) | Standing::NoImage(reason) => Some(("image-pull", reason)),
            Standing::Ended(reason) => Some((ENDED, reason)),
            Standing::Gone(reason) => Some(("pod-gone", reason)),
        }
    }
}

/// The containers of a pod that commands can run in: those of its `spec.containers`, then its sidecars, which are init
/// containers that are always restarted.
pub fn containers(pod: &Value) -> Vec<String> {
    let named = |list: &str| pod.pointer(list).and_then(Value::as_array).into_iter().flatten();
    let is_sidecar =
        |container: &&Value| container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
    named("/spec/containers")
        .chain(named("/spec/initContainers").filter(is_sidecar))
        .filter_map(|container| container.get("name")?.as_str())
        .map(str::to_owned)
        .collect()
}

fn of_container(container: &str, status: &Value, pod: &Value) -> Standing {
    if status.pointer("/state/running").is_some() {
        return match status.get("ready") {
            Some(Value::Bool(true)) => Standing::Ready,
            _ => Standing::Running,
        };
    }
    if let Some(terminated) = status.pointer("/state/terminated") {
        let code = terminated
            .get("exitCode")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let reason = format!("container {container} has ended with exit code {code}");
        let ended_well = code == 0;
        return match text(pod, "/spec/restartPolicy") {
            Some("Never") => Standing::Ended(reason),
            Some("OnFailure") if ended_well => Standing::Ended(reason),
            _ => Standing::Waiting(reason),
        };
    }
    let waiting = status.pointer("/state/waiting");
    let reason = waiting
        .and_then(|waiting| text(waiting, "/reason"))
        .unwrap_or("not started yet");
    let message = format!("container {container} waits: {}", with_details(reason, waiting));
    match reason {
        reason if NEVER.contains(&reason) => Standing::NoImage(message),
        reason if PULLING_FAILS.contains(&reason) => Standing::PullFails(message),
        _ => Standing::Waiting(message),
    }
}

/// Why the containers of a pod have no status: mostly because no node was found.
fn not_begun(pod: &Value) -> String {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let unscheduled = conditions.into_iter().flatten().find(|condition| {
        text(condition, "/type") == Some("PodScheduled") && text(condition, "/status") == Some("False")
    });
    match unscheduled {
        Some(condition) => {
            let reason = text(condition, "/reason").unwrap_or("Unscheduled");
            format!("the pod has no node: {}", with_details(reason, Some(condition)))
        }
        None => "the pod was not started yet".to_owned(),
    }
}

/// A reason, and what `of` says of it in its `message`.
fn with_details(reason: &str, of: Option<&Value>) -> String {
    match of.and_then(|of| text(of, "/message")) {
        Some(message) if !message.is_empty() => format!("{reason}: {message}"),
        _ => reason.to_owned(),
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn waiting(reason: &str) -> Value {
        json!({"status": {"containerStatuses": [
            {"name": "web", "ready": false, "state": {"waiting": {"reason": reason, "message": "m"}}},
        ]}})
    }

    fn state(restart_policy: &str, state: Value, ready: bool) -> Value {
        json!({"spec": {"restartPolicy": restart_policy}, "status": {"phase": "Running", "containerStatuses": [
            {"name": "log", "ready": true, "state": {"running": {}}},
            {"name": "web", "ready": ready, "state": state},
        ]}})
    }

    #[rstest]
    #[case::ready(state("Always", json!({"running": {}}), true), Standing::Ready)]
    #[case::running(state("Always", json!({"running": {}}), false), Standing::Running)]
    #[case::restarts(
        state("Always", json!({"terminated": {"exitCode": 0}}), false),
        Standing::Waiting("container web has ended with exit code 0".into())
    )]
    #[case::fails_and_restarts(
        state("OnFailure", json!({"terminated": {"exitCode": 1}}), false),
        Standing::Waiting("container web has ended with exit code 1".into())
    )]
    #[case::done(
        state("OnFailure", json!({"terminated": {"exitCode": 0}}), false),
        Standing::Ended("container web has ended with exit code 0".into())
    )]
    #[case::ended(
        state("Never", json!({"terminated": {"exitCode": 3}}), false),
        Standing::Ended("container web has ended with exit code 3".into())
    )]
    #[case::pulls(waiting("ErrImagePull"), Standing::PullFails("container web waits: ErrImagePull: m".into()))]
    #[case::no_image(waiting("InvalidImageName"), Standing::NoImage("container web waits: InvalidImageName: m".into()))]
    #[case::crashes(waiting("CrashLoopBackOff"), Standing::Waiting("container web waits: CrashLoopBackOff: m".into()))]
    #[case::no_node(
        json!({"status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"},
        ]}}),
        Standing::Waiting("the pod has no node: Unschedulable: 0/1 nodes".into())
    )]
    #[case::not_begun(json!({"status": {}}), Standing::Waiting("the pod was not started yet".into()))]
    #[case::sidecar(
        json!({"status": {"initContainerStatuses": [{"name": "web", "ready": true, "state": {"running": {}}}]}}),
        Standing::Ready
    )]
    #[case::pod_ended(
        json!({"status": {"phase": "Failed", "message": "evicted"}}),
        Standing::Ended("the pod has ended: Failed: evicted".into())
    )]
    #[case::deleted(
        json!({"metadata": {"deletionTimestamp": "now"}, "status": {"phase": "Running"}}),
        Standing::Gone("the pod is being deleted".into())
    )]
    #[case::odd(json!({"status": {"containerStatuses": [7, {"name": "web"}]}}), Standing::Waiting(
        "container web waits: not started yet".into()
    ))]
    fn a_container_stands(#[case] pod: Value, #[case] expected: Standing) {
        assert_eq!(Standing::of(Some(&pod), None, "web"), expected);
    }

    #[rstest]
    #[case::gone(None, "not there")]
    #[case::another(Some(json!({"metadata": {"uid": "2"}})), "another one")]
    fn a_pod_is_gone(#[case] live: Option<Value>, #[case] message: &str) {
        let standing = Standing::of(live.as_ref(), Some("1"), "web");
        assert!(
            matches!(&standing, Standing::Gone(reason) if reason.contains(message)),
            "{standing:?}"
        );
    }

    #[test]
    fn commands_run_in_containers_and_sidecars() {
        let pod = json!({"spec": {
            "initContainers": [{"name": "setup"}, {"name": "proxy", "restartPolicy": "Always"}],
            "containers": [{"name": "web"}, {"name": "log"}],
        }});
        assert_eq!(containers(&pod), ["web", "log", "proxy"]);
        assert!(containers(&json!({"spec": 7})).is_empty());
    }
}
