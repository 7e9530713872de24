//! Pods that may stand still: what is kept in the store from before their before-hooks until after their after-hooks, so
//! that after a kill somebody else can run the latter.

use super::{Action, Attendance, Hook, HookResult, Hooks, Phase, PodFacts, PodSelection, Pods, PreparedHook};
use crate::object::{GroupResource, Object, ObjectId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Pods of a cluster that may stand still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThawRecord {
    /// Address of the cluster, as whoever wrote this names it.
    pub cluster: String,
    /// Since when.
    pub since: Timestamp,
    /// The pods.
    pub pods: Vec<FrozenPod>,
}

/// A pod that may stand still, and what is needed to run its after-hooks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrozenPod {
    /// Which one.
    #[serde(flatten)]
    pub pod: PodName,
    /// Its containers that commands can run in, the first one first.
    pub containers: Vec<String>,
    /// Its hooks, in their order.
    pub hooks: Vec<FrozenHook>,
    /// What plugins kept about it before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<PodFacts>,
}

/// Which pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its id: another pod of the same name is not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

/// A hook of such a pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrozenHook {
    /// Its name in its resource.
    pub name: String,
    /// Where it is written.
    pub origin: String,
    /// What it does.
    pub action: Action,
}

/// `shop/db-0`.
impl std::fmt::Display for PodName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl PodName {
    /// The name of `pod`.
    pub fn of(pod: &Object) -> Self {
        let uid = pod.json.pointer("/metadata/uid").and_then(|uid| uid.as_str());
        PodName {
            namespace: pod.id.namespace.clone().unwrap_or_default(),
            name: pod.id.name.clone(),
            uid: uid.map(str::to_owned),
        }
    }
}

impl FrozenPod {
    /// `pod`, whose `hooks` are about to run.
    pub fn new(pod: &Object, hooks: &[Arc<PreparedHook>]) -> Self {
        let frozen = |prepared: &Arc<PreparedHook>| FrozenHook {
            name: prepared.hook.name.clone(),
            origin: prepared.hook.origin.clone(),
            action: prepared.hook.action.clone(),
        };
        FrozenPod {
            pod: PodName::of(pod),
            containers: super::container_names(&pod.json),
            hooks: hooks.iter().map(frozen).collect(),
            facts: Vec::new(),
        }
    }

    /// The hooks themselves.
    pub fn to_hooks(&self) -> Vec<Hook> {
        let hook = |frozen: &FrozenHook| Hook {
            name: frozen.name.clone(),
            origin: frozen.origin.clone(),
            selection: PodSelection::default(),
            action: frozen.action.clone(),
        };
        self.hooks.iter().map(hook).collect()
    }

    /// The pod, as far as hooks need it.
    fn object(&self) -> Object {
        let PodName { namespace, name, uid } = &self.pod;
        let containers: Vec<_> = self.containers.iter().map(|name| json!({"name": name})).collect();
        Object {
            id: ObjectId {
                resource: GroupResource::new("", "pods"),
                namespace: Some(namespace.clone()),
                name: name.clone(),
            },
            version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            json: json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "uid": uid},
                "spec": {"containers": containers},
            }),
        }
    }

    /// Run its after-hooks, which are `hooks`, all of them. What was run, and what came of each.
    pub async fn thaw(&self, hooks: &Hooks<'_>, pods: &dyn Pods) -> (Attendance, Vec<HookResult>) {
        let pod = self.object();
        let access = pods.reach(&pod);
        let mut attendance = Attendance::new(hooks, pod, hooks.all(), access, self.facts.clone());
        let mut results = Vec::new();
        for hook in attendance.hooks() {
            results.push(attendance.run(&hook, Phase::AfterBackup, Some("thaw")).await);
        }
        (attendance, results)
    }
}
