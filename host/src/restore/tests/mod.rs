//! Restores from end to end: a folder of manifests is backed up, and restored into another one by real plugins.

mod changes;
mod failures;
mod hooks;
mod plans;
mod selection;

use super::*;
use crate::archive::BackupName;
use crate::backup::{self, BackupRequest};
use crate::cluster::{ListOptions, Manifests};
use crate::modify::Rules;
use crate::plugin::LookUps;
use crate::report::Outcome;
use crate::store::LocalStore;
use futures::TryStreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// Compiling the built-in plugins takes longer than all that is done with them here.
static HOST: LazyLock<PluginHost> = LazyLock::new(|| PluginHost::new(None).unwrap());

/// A backup, and a cluster to restore it into.
struct World {
    folder: TempDir,
    backup: Backup,
}

impl World {
    /// A backup of `objects`, and an empty cluster.
    async fn new(objects: &[Value]) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["source", "target", "store"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        write(&folder.path().join("source"), objects);
        let store: Arc<dyn crate::store::Store> =
            Arc::new(LocalStore::new(folder.path().join("store").to_str().unwrap()).unwrap());
        let name: BackupName = "nightly".parse().unwrap();
        let source = Manifests::open(&folder.path().join("source")).unwrap();
        let request = BackupRequest::new(name.clone());
        backup::create(
            &request,
            &source,
            store.as_ref(),
            &Progress::default(),
            &Cancellation::default(),
        )
        .await
        .unwrap();
        let backup = Backup::open(store, &name).await.unwrap();
        World { folder, backup }
    }

    /// The same, with `objects` in the cluster.
    fn with(self, objects: &[Value]) -> Self {
        write(&self.target(), objects);
        self
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    async fn run(&self, request: RestoreRequest, planned: bool) -> Result<RestoreReport, RestoreError> {
        let cluster = Manifests::open(&self.target()).unwrap();
        let with = Environment {
            backup: &self.backup,
            cluster: &cluster,
            plugins: &HOST,
            look_ups: LookUps::none(),
            progress: &Progress::default(),
            cancellation: &Cancellation::default(),
        };
        match planned {
            true => plan(request, &with).await,
            false => apply(request, &with).await,
        }
    }

    async fn plan(&self, request: RestoreRequest) -> RestoreReport {
        self.run(request, true).await.unwrap()
    }

    async fn restore(&self, request: RestoreRequest) -> RestoreReport {
        self.run(request, false).await.unwrap()
    }

    /// All that is in the cluster now, as its files have it.
    async fn objects(&self) -> BTreeMap<String, Value> {
        let cluster = Manifests::open(&self.target()).unwrap();
        let mut objects = BTreeMap::new();
        for of in cluster.resource_types().await.unwrap().types {
            let mut pages = cluster.list(&of, &ListOptions::default());
            while let Some(page) = pages.try_next().await.unwrap() {
                for item in page.items {
                    objects.insert(item.id.to_string(), serde_json::from_str(&item.json).unwrap());
                }
            }
        }
        objects
    }

    /// The names of all that is in the cluster now.
    async fn names(&self) -> Vec<String> {
        self.objects().await.into_keys().collect()
    }
}

fn write(folder: &Path, objects: &[Value]) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(folder.join("objects.json"), list.to_string()).unwrap();
}

/// A restore of everything.
fn everything() -> RestoreRequest {
    RestoreRequest::new("r1", jiff::Timestamp::UNIX_EPOCH)
}

/// A restore of everything that decides by `policies` about what exists.
fn by_policy(policies: &str) -> RestoreRequest {
    RestoreRequest {
        conflict_policies: policies.parse().unwrap(),
        ..everything()
    }
}

/// A restore of everything from the namespaces on the left to those on the right.
fn mapped(mappings: &[(&str, &str)]) -> RestoreRequest {
    let namespace_mappings = mappings
        .iter()
        .map(|&(old, new)| (old.to_owned(), new.to_owned()))
        .collect();
    RestoreRequest {
        namespace_mappings,
        ..everything()
    }
}

/// A restore of everything, changed by a document of rules.
fn modified(rules: &str) -> RestoreRequest {
    RestoreRequest {
        modifiers: Some(Rules::parse(rules).unwrap()),
        ..everything()
    }
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn config_map(namespace: &str, name: &str, data: Value) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
    object["data"] = data;
    object
}

/// The report on an object, by its name in the backup.
fn on(report: &RestoreReport, id: &str) -> ObjectReport {
    report
        .objects
        .iter()
        .find(|object| object.id.to_string() == id)
        .unwrap_or_else(|| panic!("no {id} in {report:#?}"))
}

/// What was decided about each object, in order.
fn actions(report: &RestoreReport) -> Vec<(String, ActionName)> {
    report
        .objects
        .iter()
        .map(|object| (object.id.to_string(), object.action))
        .collect()
}
