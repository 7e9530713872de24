//! Which claims of a cluster snapshots can be cut of.

use super::candidate::{Candidate, bound_volume, claim_id, driver, storage_class};
use super::class::{SnapshotClass, choose};
use super::kinds::{SnapshotTypes, volumes};
use super::text;
use crate::cluster::{Cluster, ClusterError, ListOptions};
use crate::object::ResourceType;
use crate::report::{Code, Problem};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use std::collections::BTreeMap;

/// How many volumes are read at a time.
const AT_A_TIME: usize = 16;

/// What there is to take, and what cannot be taken.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Claims of which snapshots are to be cut, in the order in which they were given.
    pub candidates: Vec<Candidate>,
    /// The other claims, with the reason for each.
    pub not_taken: Vec<Problem>,
    /// The classes of the cluster.
    pub classes: Vec<SnapshotClass>,
}

/// Look which of `claims` snapshots can be cut of. `told` names classes for drivers.
pub async fn survey(
    cluster: &dyn Cluster,
    types: Option<&SnapshotTypes>,
    claims: Vec<Value>,
    told: &BTreeMap<String, String>,
) -> Result<Survey, ClusterError> {
    let mut found = Survey {
        classes: match types {
            Some(types) => classes(cluster, &types.classes).await?,
            None => Vec::new(),
        },
        ..Survey::default()
    };
    let of = volumes();
    let reading: Vec<BoxFuture<'_, _>> = claims
        .into_iter()
        .map(|claim| with_volume(cluster, &of, claim).boxed())
        .collect();
    let with_volumes: Vec<_> = stream::iter(reading).buffered(AT_A_TIME).try_collect().await?;
    for (claim, volume) in with_volumes {
        let namespace = text(&claim, "/metadata/namespace").unwrap_or_default();
        let id = claim_id(namespace, text(&claim, "/metadata/name").unwrap_or_default());
        match look(&claim, volume.as_ref(), types.is_some(), told, &found.classes) {
            Ok(candidate) => found.candidates.push(candidate),
            Err(problem) => found.not_taken.push(problem.about(id)),
        }
    }
    Ok(found)
}

/// A claim, and the volume that it names, if that is there.
async fn with_volume(
    cluster: &dyn Cluster,
    of: &ResourceType,
    claim: Value,
) -> Result<(Value, Option<Value>), ClusterError> {
    let volume = match text(&claim, "/spec/volumeName") {
        Some(name) => cluster.get(of, None, name).await?,
        None => None,
    };
    Ok((claim, volume))
}

/// A claim with its volume: what is to be cut, or why nothing can be.
fn look(
    claim: &Value,
    volume: Option<&Value>,
    is_served: bool,
    told: &BTreeMap<String, String>,
    classes: &[SnapshotClass],
) -> Result<Candidate, Problem> {
    let name = bound_volume(claim)?;
    let driver = driver(claim, volume)?;
    if !is_served {
        let message =
            "the cluster does not serve snapshot.storage.k8s.io: no snapshot of its volume can be cut";
        return Err(Problem::new(Code::SnapshotsNotServed, message));
    }
    let class = choose(driver, claim, told, classes)
        .map_err(|message| Problem::new(Code::SnapshotClassMissing, message))?;
    let string = |pointer: &str| text(claim, pointer).unwrap_or_default().to_owned();
    Ok(Candidate {
        namespace: string("/metadata/namespace"),
        claim: string("/metadata/name"),
        volume: name.to_owned(),
        driver: driver.to_owned(),
        class: class.name.clone(),
        storage_class: storage_class(claim).unwrap_or_default().to_owned(),
        mode: text(claim, "/spec/volumeMode").unwrap_or("Filesystem").to_owned(),
    })
}

/// The classes of a cluster.
pub(crate) async fn classes(
    cluster: &dyn Cluster,
    of: &ResourceType,
) -> Result<Vec<SnapshotClass>, ClusterError> {
    let mut pages = cluster.list(of, &ListOptions::default());
    let mut classes = Vec::new();
    while let Some(page) = pages.try_next().await? {
        let objects = page.items.into_iter();
        let parsed = objects.filter_map(|object| serde_json::from_str(&object.json).ok());
        classes.extend(parsed.filter_map(SnapshotClass::new));
    }
    Ok(classes)
}
