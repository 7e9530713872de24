//! What holds for a backup as a whole.

mod concurrent;
mod copies;
mod crash;
mod damage;
mod kill;
mod of_velero;
mod protected;
mod round_trip;
mod side_files;
mod store_view;

use super::*;
use crate::object::{GroupResource, ObjectId, ResourceType};
use crate::report::Progress;
use crate::store::{LocalStore, Store};
use futures::StreamExt;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A folder as store, which goes when this is dropped.
struct Folder {
    root: TempDir,
    store: Arc<dyn Store>,
}

impl Folder {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = Arc::new(LocalStore::new(root.path().to_str().unwrap()).unwrap());
        Folder { root, store }
    }

    fn path(&self, key: &str) -> std::path::PathBuf {
        self.root.path().join(key)
    }
}

fn name(text: &str) -> BackupName {
    text.parse().unwrap()
}

fn config_maps() -> ResourceType {
    resource_type("", "configmaps", "ConfigMap", true)
}

fn resource_type(group: &str, resource: &str, kind: &str, namespaced: bool) -> ResourceType {
    let resource = GroupResource::new(group, resource);
    ResourceType {
        resource,
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespaced,
    }
}

/// An object to write.
#[derive(Clone, Debug)]
struct Sample {
    of: ResourceType,
    id: ObjectId,
    json: String,
}

fn sample(of: &ResourceType, namespace: Option<&str>, name: &str, content: &str) -> Sample {
    let id = ObjectId {
        resource: of.resource.clone(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    };
    let json = serde_json::json!({
        "apiVersion": of.resource.api_version(&of.version),
        "kind": of.kind,
        "metadata": { "name": name, "namespace": namespace },
        "data": { "content": content },
    });
    Sample {
        of: of.clone(),
        id,
        json: json.to_string(),
    }
}

/// A few objects of several types.
fn samples() -> Vec<Sample> {
    let (deployments, namespaces) = (
        resource_type("apps", "deployments", "Deployment", true),
        resource_type("", "namespaces", "Namespace", false),
    );
    vec![
        sample(&config_maps(), Some("shop"), "flags", "a"),
        sample(&config_maps(), Some("shop"), "prices", "b"),
        sample(&deployments, Some("shop"), "web", "c"),
        sample(&namespaces, None, "shop", "d"),
    ]
}

/// Objects that do not compress, of several members.
fn large_samples() -> Vec<Sample> {
    let mut state = 1u64;
    let mut noise = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from(state >> 58).unwrap())
    };
    let content = |noise: &mut dyn FnMut() -> char| (0..300_000).map(|_| noise()).collect::<String>();
    (0..12)
        .map(|number| {
            sample(
                &config_maps(),
                Some("shop"),
                &format!("c-{number:02}"),
                &content(&mut noise),
            )
        })
        .collect()
}

async fn write(store: &dyn Store, name: &BackupName, samples: &[Sample]) -> Result<Manifest, ArchiveError> {
    write_with(store, name, samples, 2).await
}

async fn write_with(
    store: &dyn Store,
    name: &BackupName,
    samples: &[Sample],
    workers: usize,
) -> Result<Manifest, ArchiveError> {
    let claim = HeldClaim::take(store, name).await?;
    let written = async {
        let mut writer = ArchiveWriter::begin(&claim, NonZero::new(workers).unwrap()).await?;
        for Sample { of, id, json } in samples {
            writer.append(of, id, json).await?;
        }
        writer.finish(Description::default()).await
    };
    let written = written.await;
    if written.is_err() {
        let _ = claim.abandon().await;
    }
    written
}

/// What is read back, with errors as text.
async fn read(store: &Arc<dyn Store>, name: &BackupName) -> Vec<Result<ArchivedObject, ArchiveError>> {
    let backup = Backup::open(Arc::clone(store), name).await.unwrap();
    backup.objects(|_| true).collect().await
}

async fn check(store: &dyn Store, name: &BackupName) -> Verification {
    verify(store, name, &Progress::default()).await.unwrap()
}

/// Names of the finished backups of a store.
async fn finished(store: &dyn Store) -> Vec<String> {
    list(store)
        .await
        .unwrap()
        .backups
        .into_iter()
        .map(|backup| backup.name.to_string())
        .collect()
}

fn bytes_of(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
