//! Waiting until what was restored runs.
//!
//! The rules are those of `kubectl rollout status` and `kubectl wait`. A wait looks every two seconds, with one list for
//! each type that is waited for, and says what each workload waits for: an image that cannot be pulled, a pod that fits
//! on no node, a container that crashes again and again, a claim without a volume.

mod blockers;
mod readiness;
#[cfg(test)]
mod tests;

use crate::cluster::{Cluster, ClusterError, ListOptions};
use crate::object::{ObjectId, ResourceType};
use crate::report::{Cancellation, Code, Problem, Progress};
use blockers::blocker;
use futures::StreamExt;
use readiness::{Readiness, readiness};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long after a look the next one is taken.
const INTERVAL: Duration = Duration::from_secs(2);
/// The types that can be waited for, in the order in which they are looked at.
const WAITED_FOR: [(&str, &str); 6] = [
    ("", "persistentvolumeclaims"),
    ("", "pods"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
];

/// Something that is not ready, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// Who it is.
    pub object: ObjectId,
    /// What it waits for, or why it failed, in a sentence.
    pub reason: String,
    /// Whether it failed, so that waiting longer does not help.
    pub failed: bool,
}

/// `deployments.apps shop/web: 0 of 2 replicas are available`.
impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.object, self.reason)
    }
}

impl From<Pending> for Problem {
    fn from(pending: Pending) -> Problem {
        Problem::new(Code::NotReady, pending.reason).about(pending.object)
    }
}

/// Whether objects of this type can be waited for.
fn can_be_waited_for(id: &ObjectId) -> bool {
    WAITED_FOR
        .iter()
        .any(|(group, resource)| id.resource.is(group, resource))
}

/// Wait until `objects` are ready, for at most `limit`. Those of other types than can be waited for, and those that
/// somebody removes meanwhile, count as ready. What is still pending in the end is the result; `tell` is called with it
/// each time it changes. Ends early when all that is pending has failed.
pub async fn wait(
    cluster: &dyn Cluster,
    objects: impl IntoIterator<Item = ObjectId>,
    limit: Duration,
    progress: &Progress,
    cancellation: &Cancellation,
    tell: &mut (dyn FnMut(&[Pending]) + Send),
) -> Result<Vec<Pending>, Problem> {
    let mut wanted: BTreeSet<ObjectId> = objects.into_iter().filter(can_be_waited_for).collect();
    progress.begin("Waiting for what was restored", u64::try_from(wanted.len()).ok());
    let types = cluster.resource_types().await.map_err(Problem::from)?.types;
    let begun = Instant::now();
    let late = late_binding(cluster, &types).await.map_err(Problem::from)?;
    let mut told: Vec<Pending> = Vec::new();
    loop {
        let looked = look(cluster, &types, &wanted, &late).await;
        let last = begun.elapsed() + INTERVAL > limit;
        match looked {
            Ok(pending) => {
                let left: BTreeSet<ObjectId> = pending.iter().map(|pending| pending.object.clone()).collect();
                progress.advance(u64::try_from(wanted.len() - left.len()).unwrap_or_default());
                wanted = left;
                if pending != told {
                    tell(&pending);
                    told.clone_from(&pending);
                }
                if last || pending.iter().all(|pending| pending.failed) {
                    return Ok(pending);
                }
            }
            // A cluster that has just been restored is busy.
            Err(error) if !last && (error.is_retryable() || matches!(error, ClusterError::Expired(_))) => {}
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = cancellation.cancelled() => {}
        }
        cancellation.check()?;
    }
}

/// Those of `wanted` that are not ready now.
async fn look(
    cluster: &dyn Cluster,
    types: &[ResourceType],
    wanted: &BTreeSet<ObjectId>,
    late: &BTreeSet<String>,
) -> Result<Vec<Pending>, ClusterError> {
    let mut pending = Vec::new();
    for (group, resource) in WAITED_FOR {
        let of_type: BTreeSet<&ObjectId> = wanted
            .iter()
            .filter(|id| id.resource.is(group, resource))
            .collect();
        if of_type.is_empty() {
            continue;
        }
        let live = list(cluster, types, (group, resource), &of_type).await?;
        for object in live.iter().filter(|(id, _)| of_type.contains(id)) {
            pending.extend(examine(object).filter(|_| !binds_late(object, late)));
        }
    }
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    let pods = list(cluster, types, ("", "pods"), &wanted.iter().collect()).await?;
    Ok(pending
        .into_iter()
        .map(|(pending, object)| explain(pending, &object, &pods))
        .collect())
}

/// The storage classes that make a volume only when a pod comes.
async fn late_binding(
    cluster: &dyn Cluster,
    types: &[ResourceType],
) -> Result<BTreeSet<String>, ClusterError> {
    let classes = list(
        cluster,
        types,
        ("storage.k8s.io", "storageclasses"),
        &BTreeSet::new(),
    )
    .await?;
    let is_late = |class: &Value| {
        class.get("volumeBindingMode").and_then(Value::as_str) == Some("WaitForFirstConsumer")
    };
    Ok(classes
        .into_iter()
        .filter(|(_, class)| is_late(class))
        .map(|(id, _)| id.name)
        .collect())
}

/// Whether a claim waits for a pod, which is waited for itself.
fn binds_late((_, object): &Live, late: &BTreeSet<String>) -> bool {
    let class = object.pointer("/spec/storageClassName").and_then(Value::as_str);
    object.pointer("/spec/volumeName").is_none() && class.is_some_and(|class| late.contains(class))
}

/// The object, where it is not ready.
fn examine((id, object): &Live) -> Option<(Pending, Value)> {
    let (reason, failed) = match readiness(&id.resource, object) {
        Readiness::Ready => return None,
        Readiness::Failed(reason) => (reason, true),
        Readiness::Waits(reason) => (reason, false),
    };
    let pending = Pending {
        object: id.clone(),
        reason,
        failed,
    };
    Some((pending, object.clone()))
}

/// With what keeps its pods.
fn explain(mut pending: Pending, object: &Value, pods: &[Live]) -> Pending {
    if let Some(blocker) = blocker(object, pods.iter().map(|(_, pod)| pod)) {
        pending.reason = format!("{}; {blocker}", pending.reason);
    }
    pending
}

/// The namespace that all of them are in; none when they are in several.
fn namespace_of(ids: &BTreeSet<&ObjectId>) -> Option<String> {
    let namespaces: BTreeSet<_> = ids.iter().map(|id| &id.namespace).collect();
    match (namespaces.len(), namespaces.into_iter().next()) {
        (1, Some(namespace)) => namespace.clone(),
        _ => None,
    }
}

/// An object as it is now.
type Live = (ObjectId, Value);

/// The objects of a type that are in the namespace of `ids`, or in all where they are in several.
async fn list(
    cluster: &dyn Cluster,
    types: &[ResourceType],
    (group, resource): (&str, &str),
    ids: &BTreeSet<&ObjectId>,
) -> Result<Vec<Live>, ClusterError> {
    let Some(of) = types.iter().find(|of| of.resource.is(group, resource)) else {
        return Ok(Vec::new());
    };
    let options = ListOptions {
        namespace: namespace_of(ids),
        label_selector: None,
    };
    let mut pages = cluster.list(of, &options);
    let mut objects = Vec::new();
    while let Some(page) = pages.next().await {
        let parse = |json: &str| serde_json::from_str(json).ok();
        objects.extend(
            page?
                .items
                .into_iter()
                .filter_map(|item| Some((item.id, parse(&item.json)?))),
        );
    }
    Ok(objects)
}
