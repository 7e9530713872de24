//! Hooks around the pods of a backup.

mod bracket;
mod failing;
mod node;
mod standing;

use super::*;
use crate::hooks::{Hook, Hooks, Side};
use crate::plugin::{GivenObjects, LookUps, Operation, PluginHost};
use crate::report::Code;
use node::Node;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

static HOST: LazyLock<PluginHost> = LazyLock::new(|| PluginHost::new(None).unwrap());

/// A pod of the namespace `shop` with one container `db`.
fn pod(name: &str) -> Value {
    with(
        with(
            object("Pod", &format!("shop/{name}")),
            "/spec",
            json!({"containers": [{"name": "db"}]}),
        ),
        "/metadata/uid",
        json!(format!("uid of {name}")),
    )
}

/// The same with a volume of this claim.
fn pod_with_claim(name: &str, claim: &str) -> Value {
    let volume = json!([{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]);
    with(pod(name), "/spec/volumes", volume)
}

/// One command of a hook: words, and whether a failure is one of the pod.
fn exec(words: &str, on_error: &str) -> Value {
    let command: Vec<&str> = words.split(' ').collect();
    json!({"exec": {"command": command, "onError": on_error, "timeout": "5s"}})
}

/// A BackupHook for all pods, with these commands before and after.
fn hook(before: Vec<Value>, after: Vec<Value>) -> Vec<Hook> {
    let resource = json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1",
        "kind": "BackupHook",
        "metadata": {"name": "it", "namespace": "default"},
        "spec": {"backupHook": [{"name": "hook", "preHooks": before, "postHooks": after}]},
    });
    Hook::of_resource(resource, "it").unwrap()
}

/// Freeze and thaw.
fn freeze_and_thaw() -> Vec<Hook> {
    hook(vec![exec("freeze", "Fail")], vec![exec("thaw", "Fail")])
}

fn prepared(hooks: Vec<Hook>, annotations: Option<Side>) -> Hooks<'static> {
    let operation = Operation {
        kind: "backup".to_owned(),
        now: jiff::Timestamp::UNIX_EPOCH,
        backup: "nightly".to_owned(),
        namespace_mappings: BTreeMap::new(),
        seed: [0; 32],
        schemas: Arc::default(),
        look_ups: LookUps::new(GivenObjects::new(vec![])),
    };
    Hooks::prepare(hooks, annotations, &HOST, &BTreeMap::new(), Arc::new(operation)).unwrap()
}

/// What a backup with hooks came to.
struct Ended {
    result: Result<BackupSummary, BackupError>,
    contents: Vec<String>,
    store: Arc<dyn Store>,
    _root: tempfile::TempDir,
}

impl Ended {
    fn summary(&self) -> &BackupSummary {
        self.result.as_ref().unwrap()
    }

    /// The codes of its errors, with their targets.
    fn errors(&self) -> Vec<(Code, &str)> {
        let errors = self.summary().errors.iter();
        errors
            .map(|error| (error.code, error.target.as_deref().unwrap_or_default()))
            .collect()
    }

    fn pods(&self) -> Vec<&str> {
        self.contents
            .iter()
            .filter_map(|id| id.strip_prefix("pods "))
            .collect()
    }

    async fn frozen(&self) -> Vec<String> {
        let left = crate::hooks::frozen(self.store.as_ref()).await.unwrap();
        assert_eq!(left.unreadable, []);
        left.frozen
            .iter()
            .flat_map(|frozen| frozen.pods.iter().map(|pod| pod.pod.to_string()))
            .collect()
    }
}

/// Back up a cluster whose pods are on `node`.
async fn back_up_with(
    node: &Node,
    hooks: &Hooks<'_>,
    max_freeze: Duration,
    cancellation: &Cancellation,
) -> Ended {
    let (root, store) = folder();
    let request = request("nightly");
    let hooking = Hooking {
        hooks,
        pods: node,
        max_freeze,
    };
    let result = create_with_hooks(
        &request,
        Some(hooking),
        node,
        store.as_ref(),
        &Progress::default(),
        cancellation,
    )
    .await;
    let contents = match &result {
        Ok(_) => contents(&store, &request.name).await,
        Err(_) => Vec::new(),
    };
    Ended {
        result,
        contents,
        store,
        _root: root,
    }
}

async fn back_up_pods(node: &Node, hooks: Vec<Hook>) -> Ended {
    back_up_with(
        node,
        &prepared(hooks, None),
        Hooking::MAX_FREEZE,
        &Cancellation::default(),
    )
    .await
}
