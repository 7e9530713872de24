//! The namespaces that objects go to: which are there, and which are just going.

use super::requests::Requests;
use crate::cluster::{Cluster, ClusterError, ListOptions};
use crate::object::{GroupResource, ResourceType};
use crate::report::Cancellation;
use futures::TryStreamExt;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// More namespaces than these are looked for in a list of all.
const ALONE: usize = 8;

/// How long a restore waits for namespaces that are being deleted: what Velero waits (`--terminating-resource-timeout`).
const PATIENCE: Duration = Duration::from_secs(600);

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Namespaces that are in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Namespaces {
    /// Those that are there to stay.
    pub existing: BTreeSet<String>,
    /// Those that are being deleted.
    pub terminating: BTreeSet<String>,
}

/// The type of namespaces, which every cluster serves.
pub(super) fn namespaces() -> ResourceType {
    ResourceType {
        resource: GroupResource::new("", "namespaces"),
        version: "v1".to_owned(),
        kind: "Namespace".to_owned(),
        namespaced: false,
    }
}

/// Those of `names` that are in the cluster.
pub(super) async fn find(
    cluster: &dyn Cluster,
    names: &BTreeSet<String>,
) -> Result<Namespaces, ClusterError> {
    let of = namespaces();
    let mut found = Namespaces::default();
    // Not all of those that are there need be listed: a folder has some without a manifest.
    for name in names {
        if names.len() <= ALONE || !cluster.is_live() {
            let namespace = cluster.get(&of, None, name).await?;
            found.add(name, namespace);
        }
    }
    if names.len() > ALONE && cluster.is_live() {
        let mut pages = cluster.list(&of, &ListOptions::default());
        while let Some(page) = pages.try_next().await? {
            for item in page
                .items
                .into_iter()
                .filter(|item| names.contains(&item.id.name))
            {
                found.add(&item.id.name, serde_json::from_str(&item.json).ok());
            }
        }
    }
    Ok(found)
}

impl Namespaces {
    fn add(&mut self, name: &str, namespace: Option<Value>) {
        let Some(namespace) = namespace else { return };
        match namespace.pointer("/metadata/deletionTimestamp").is_some() {
            true => self.terminating.insert(name.to_owned()),
            false => self.existing.insert(name.to_owned()),
        };
    }
}

/// Wait until `terminating` are gone. Returns those that are still there.
pub(super) async fn wait_until_gone(
    requests: &Requests<'_>,
    mut terminating: BTreeSet<String>,
    cancellation: &Cancellation,
) -> Result<BTreeSet<String>, ClusterError> {
    let of = namespaces();
    let mut waited = Duration::ZERO;
    while !terminating.is_empty() && waited < PATIENCE && !cancellation.is_cancelled() {
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
        for name in terminating.clone() {
            if requests.get(&of, None, &name).await?.is_none() {
                terminating.remove(&name);
            }
        }
    }
    Ok(terminating)
}
