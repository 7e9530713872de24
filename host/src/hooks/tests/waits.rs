//! Waits of a hook for its containers.

use super::*;
use crate::object::Schemas;
use crate::plugin::{ExecOutput, LookUps, Operation, PluginHost, Pod, PodError, PodSession};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A pod of which the container `late` never runs; commands in others end well.
#[derive(Default)]
struct LatePod {
    /// How long was to be waited, wait by wait, and for what.
    waits: Mutex<Vec<(String, Duration)>>,
}

#[async_trait]
impl Pod for LatePod {
    async fn exec(&self, _: Option<&str>, _: &[String], _: Duration) -> Result<ExecOutput, PodError> {
        Ok(ExecOutput::default())
    }

    async fn open(&self, _: Option<&str>, _: &[String]) -> Result<Box<dyn PodSession>, PodError> {
        Err(PodError::new("not-running", "no sessions here"))
    }

    async fn wait(&self, container: Option<&str>, condition: &str, time: Duration) -> Result<(), PodError> {
        self.waits.lock().unwrap().push((condition.to_owned(), time));
        match container {
            Some("late") => Err(PodError::new("timeout", "container late is not running after 5s")),
            _ => Ok(()),
        }
    }
}

/// Run the hook of a RestoreHook with these commands in `pod`.
async fn run_in(pod: Arc<LatePod>, commands: Value) -> Vec<Attempt> {
    let resource = json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1",
        "kind": "RestoreHook",
        "metadata": {"name": "warm-up"},
        "spec": {"restoreHook": [{"name": "a", "postHooks": commands}]},
    });
    let host = PluginHost::new(None).unwrap();
    let parsed = Hook::of_resource(resource, "it").unwrap();
    let hooks = Hooks::prepare(parsed, None, &host, &BTreeMap::new(), operation()).unwrap();
    let object = super::pod(
        "db-0",
        json!({"spec": {"containers": [{"name": "db"}, {"name": "late"}]}}),
    );
    let mut attendance = Attendance::new(&hooks, object, hooks.all(), pod, Vec::new());
    for hook in attendance.hooks() {
        attendance.run(&hook, Phase::AfterRestore, None).await;
    }
    attendance.attempts()
}

fn operation() -> Arc<Operation> {
    Arc::new(Operation {
        kind: "restore".into(),
        now: jiff::Timestamp::UNIX_EPOCH,
        backup: "nightly".into(),
        namespace_mappings: BTreeMap::new(),
        seed: [0; 32],
        schemas: Arc::new(Schemas::default()),
        look_ups: LookUps::none(),
    })
}

/// In the report, the program stands that did not run.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_in_vain_is_kept_with_the_command_that_did_not_run() {
    let command =
        |container: &str, name: &str| json!({"exec": {"container": container, "command": [name, "--now"]}});
    let commands = json!([
        command("db", "first"),
        command("late", "second"),
        command("db", "third")
    ]);
    let attempts = run_in(Arc::default(), commands).await;
    let programs: Vec<&str> = attempts
        .iter()
        .map(|attempt| attempt.command[0].as_str())
        .collect();
    assert_eq!(programs, ["first", "second", "third"]);
    let problem = attempts[1].problem().unwrap();
    assert_eq!(
        problem.to_string(),
        "pods shop/db-0: after-restore a (RestoreHook warm-up): [\"second\", \"--now\"] in container late: \
         not run: container late is not running after 5s"
    );
}

/// In Velero the longest wait, or one without a limit, holds for all hooks of a pod.
#[tokio::test(flavor = "multi_thread")]
async fn each_hook_waits_for_as_long_as_it_says() {
    let commands = json!([
        {"exec": {"command": ["first"], "waitTimeout": "2s"}},
        {"exec": {"command": ["second"], "waitTimeout": "1h", "waitForReady": true}},
        {"exec": {"command": ["third"]}},
    ]);
    let pod = Arc::new(LatePod::default());
    run_in(Arc::clone(&pod), commands).await;
    let waits = pod.waits.lock().unwrap();
    let expected = [("running", 2), ("ready", 3600), ("running", 300)];
    let expected = expected.map(|(condition, seconds)| (condition.to_owned(), Duration::from_secs(seconds)));
    assert_eq!(*waits, expected);
}
