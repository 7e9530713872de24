//! What earlier backups and restores left in a cluster, and nobody needs any more.

use super::content;
use super::kinds::{SnapshotTypes, claims};
use super::origin::{HELPS, Origin, WRITER};
use super::text;
use crate::archive::{ArchiveError, writer_of};
use crate::cluster::{Cluster, ClusterError, ListOptions};
use crate::object::{ObjectId, ResourceType};
use crate::report::Problem;
use crate::store::Store;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;

/// An object of the snapshot API that nobody needs any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Who it is.
    pub id: ObjectId,
    /// Why nobody needs it.
    pub reason: String,
    /// Whether the snapshot in the storage is to go with it.
    with_snapshot: bool,
}

/// The orphans in a cluster, by their labels: snapshots of backups that `store` had and has no more, requests for snapshots
/// of backups that are finished, and what helped restores whose claims are bound or gone. What belongs to backups in other
/// stores, and what carries no label of ours, is none of them. Nor is what belongs to a backup that is being made.
pub async fn orphans(cluster: &dyn Cluster, store: &dyn Store) -> Result<Vec<Orphan>, Problem> {
    let discovery = cluster.resource_types().await?;
    let Some(types) = SnapshotTypes::of(&discovery.types) else {
        return Ok(Vec::new());
    };
    let mut search = Search {
        store,
        address: Origin::store_of(store),
        backups: BTreeMap::new(),
        found: Vec::new(),
    };
    for object in labelled(cluster, &types.snapshots, WRITER).await? {
        search.look_at_request(&object, &types).await?;
    }
    for object in labelled(cluster, &types.contents, WRITER).await? {
        search.look_at_content(&object, &types).await?;
    }
    let mut found = search.found;
    found.extend(idle_helpers(cluster, &types).await?);
    Ok(found)
}

/// How far a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Gone,
    BeingMade,
    Finished,
}

struct Search<'a> {
    store: &'a dyn Store,
    address: String,
    /// The stages of backups, by name and writer.
    backups: BTreeMap<(String, String), Stage>,
    found: Vec<Orphan>,
}

impl Search<'_> {
    /// The stage of the backup that an object is of; none where that is not for this store to say.
    async fn stage(&mut self, object: &Value) -> Result<Option<(Origin, Stage)>, ArchiveError> {
        let Some(origin) = Origin::of(object).filter(|origin| origin.store == self.address) else {
            return Ok(None);
        };
        let key = (origin.backup.to_string(), origin.writer.clone());
        if let Some(stage) = self.backups.get(&key) {
            return Ok(Some((origin, *stage)));
        }
        let stage = match writer_of(self.store, &origin.backup).await? {
            // A later backup of the same name has other snapshots.
            Some(writer) if writer.id.as_ref().is_some_and(|id| *id != origin.writer) => Stage::Gone,
            Some(writer) if writer.is_finished => Stage::Finished,
            Some(_) => Stage::BeingMade,
            None => Stage::Gone,
        };
        self.backups.insert(key, stage);
        Ok(Some((origin, stage)))
    }

    async fn look_at_request(&mut self, object: &Value, types: &SnapshotTypes) -> Result<(), ArchiveError> {
        let reason = match self.stage(object).await? {
            Some((origin, Stage::Gone)) => format!("it is of backup {}, which is not there", origin.backup),
            Some((origin, Stage::Finished)) => {
                format!(
                    "backup {} is finished, and has its snapshot by itself",
                    origin.backup
                )
            }
            Some((_, Stage::BeingMade)) | None => return Ok(()),
        };
        self.add(object, &types.snapshots, reason, false);
        Ok(())
    }

    async fn look_at_content(&mut self, object: &Value, types: &SnapshotTypes) -> Result<(), ArchiveError> {
        if let Some((origin, Stage::Gone)) = self.stage(object).await? {
            let reason = format!(
                "it is a snapshot of backup {}, which is not in {} any more",
                origin.backup, origin.store
            );
            self.add(object, &types.contents, reason, true);
        }
        Ok(())
    }

    fn add(&mut self, object: &Value, of: &ResourceType, reason: String, with_snapshot: bool) {
        self.found.push(Orphan {
            id: id(object, of),
            reason,
            with_snapshot,
        });
    }
}

fn id(object: &Value, of: &ResourceType) -> ObjectId {
    ObjectId {
        resource: of.resource.clone(),
        namespace: text(object, "/metadata/namespace").map(str::to_owned),
        name: text(object, "/metadata/name").unwrap_or_default().to_owned(),
    }
}

/// A helper whose claim is not there is as old as this at least before it is taken for left over: a restore makes helpers
/// before their claims.
const AGE: SignedDuration = SignedDuration::from_hours(1);

/// What helped restores, and does not any more: the claim that it was made for is bound, or never came.
async fn idle_helpers(cluster: &dyn Cluster, types: &SnapshotTypes) -> Result<Vec<Orphan>, ClusterError> {
    let snapshots = labelled(cluster, &types.snapshots, HELPS).await?;
    let contents = labelled(cluster, &types.contents, HELPS).await?;
    if snapshots.is_empty() && contents.is_empty() {
        return Ok(Vec::new());
    }
    let claims = claims_by_source(cluster).await?;
    let of_snapshots = snapshots.iter().map(|object| {
        let source = source(object, "/metadata/namespace", "/metadata/name");
        (object, &types.snapshots, source)
    });
    let of_contents = contents.iter().map(|object| {
        let reference = "/spec/volumeSnapshotRef";
        let source = source(
            object,
            &format!("{reference}/namespace"),
            &format!("{reference}/name"),
        );
        (object, &types.contents, source)
    });
    let idle = of_snapshots
        .chain(of_contents)
        .filter(|(object, _, source)| match claims.get(source) {
            Some(is_bound) => *is_bound,
            None => is_old(object),
        });
    Ok(idle
        .map(|(object, of, _)| Orphan {
            id: id(object, of),
            reason: "it helped a restore, and no claim waits for it".to_owned(),
            with_snapshot: false,
        })
        .collect())
}

/// Namespace and name of a `VolumeSnapshot`, from these places of an object.
fn source(object: &Value, namespace: &str, name: &str) -> (String, String) {
    let string = |pointer: &str| text(object, pointer).unwrap_or_default().to_owned();
    (string(namespace), string(name))
}

fn is_old(object: &Value) -> bool {
    let made = text(object, "/metadata/creationTimestamp").and_then(|made| made.parse::<Timestamp>().ok());
    made.is_some_and(|made| Timestamp::now().duration_since(made) >= AGE)
}

/// For the snapshots, by namespace and name, that claims are made from: whether the claims have their volumes.
async fn claims_by_source(cluster: &dyn Cluster) -> Result<BTreeMap<(String, String), bool>, ClusterError> {
    let of = claims();
    let mut pages = cluster.list(&of, &ListOptions::default());
    let mut found = BTreeMap::new();
    while let Some(page) = pages.try_next().await? {
        for raw in page.items {
            let Ok(claim) = serde_json::from_str::<Value>(&raw.json) else {
                continue;
            };
            if text(&claim, "/spec/dataSource/name").is_some() {
                let key = source(&claim, "/metadata/namespace", "/spec/dataSource/name");
                let is_bound = text(&claim, "/status/phase") == Some("Bound");
                found
                    .entry(key)
                    .and_modify(|all| *all &= is_bound)
                    .or_insert(is_bound);
            }
        }
    }
    Ok(found)
}

async fn labelled(cluster: &dyn Cluster, of: &ResourceType, label: &str) -> Result<Vec<Value>, ClusterError> {
    let options = ListOptions {
        label_selector: Some(label.to_owned()),
        ..ListOptions::default()
    };
    let mut pages = cluster.list(of, &options);
    let mut found = Vec::new();
    while let Some(page) = pages.try_next().await? {
        let parsed = page.items.iter().map(|raw| serde_json::from_str(&raw.json));
        found.extend(parsed.filter_map(Result::ok));
    }
    Ok(found)
}

/// Remove an orphan: with its snapshot in the storage, where that is of a backup that is gone.
pub async fn remove_orphan(cluster: &dyn Cluster, orphan: &Orphan) -> Result<(), Problem> {
    let discovery = cluster.resource_types().await?;
    let Some(types) = SnapshotTypes::of(&discovery.types) else {
        return Ok(());
    };
    if orphan.with_snapshot {
        return Ok(content::destroy(cluster, &types, &orphan.id.name).await?);
    }
    let of = match orphan.id.resource == types.snapshots.resource {
        true => &types.snapshots,
        false => &types.contents,
    };
    let namespace = orphan.id.namespace.as_deref();
    Ok(cluster.delete(of, namespace, &orphan.id.name, None).await?)
}
