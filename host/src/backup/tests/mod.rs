//! What holds for a backup of a cluster.

mod ending;
mod hooking;
mod leaving_out;
mod pruning;
mod selecting;

use super::*;
use crate::archive::{self, Backup, BackupName};
use crate::cluster::{Cluster, ClusterError, Discovery, ListOptions, Page, RawObject, Write};
use crate::object::{GroupResource, Object, ResourceType};
use crate::report::{Cancellation, Progress};
use crate::store::{LocalStore, Store};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A cluster whose objects are given.
struct Given {
    types: Vec<ResourceType>,
    objects: Vec<Object>,
    page_size: usize,
    is_live: bool,
    /// What was listed, and in which namespace.
    lists: Mutex<Vec<(GroupResource, Option<String>)>>,
    /// The type that cannot be listed beyond its pages, and how that fails.
    fails_on: Option<(GroupResource, fn() -> ClusterError)>,
    /// Cancelled when this type has been listed.
    cancels_on: Option<(GroupResource, Cancellation)>,
}

impl Given {
    fn new(objects: Vec<Value>) -> Self {
        let mut given = Given {
            types: types(),
            objects: vec![],
            page_size: 2,
            is_live: false,
            lists: Mutex::default(),
            fails_on: None,
            cancels_on: None,
        };
        for json in objects {
            let of = given.types.iter().find(|of| of.kind == json["kind"]).unwrap();
            given.objects.push(Object::new(of, json).unwrap());
        }
        given.objects.sort_by(|one, other| one.id.cmp(&other.id));
        given
    }

    fn pages(&self, of: &ResourceType, namespace: Option<&str>) -> Vec<Result<Page, ClusterError>> {
        let objects: Vec<_> = self
            .objects
            .iter()
            .filter(|object| object.id.resource == of.resource)
            .filter(|object| namespace.is_none() || object.id.namespace.as_deref() == namespace)
            .collect();
        let mut pages: Vec<_> = objects
            .chunks(self.page_size)
            .map(|objects| {
                Ok(Page {
                    items: objects.iter().map(|object| raw(object)).collect(),
                    ..Page::default()
                })
            })
            .collect();
        if let Some((_, error)) = self
            .fails_on
            .as_ref()
            .filter(|(resource, _)| *resource == of.resource)
        {
            pages.push(Err(error()));
        }
        pages
    }
}

fn raw(object: &Object) -> RawObject {
    RawObject {
        id: object.id.clone(),
        labels: object
            .labels()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        json: object.json.to_string().into(),
    }
}

#[async_trait]
impl Cluster for Given {
    fn address(&self) -> String {
        "given".to_owned()
    }

    fn is_live(&self) -> bool {
        self.is_live
    }

    async fn resource_types(&self) -> Result<Discovery, ClusterError> {
        Ok(Discovery {
            types: self.types.clone(),
            ..Discovery::default()
        })
    }

    fn list<'a>(
        &'a self,
        of: &'a ResourceType,
        options: &ListOptions,
    ) -> BoxStream<'a, Result<Page, ClusterError>> {
        self.lists
            .lock()
            .unwrap()
            .push((of.resource.clone(), options.namespace.clone()));
        if let Some((_, cancellation)) = self.cancels_on.as_ref().filter(|(on, _)| *on == of.resource) {
            cancellation.cancel();
        }
        futures::stream::iter(self.pages(of, options.namespace.as_deref()))
            .then(async |page| {
                tokio::task::yield_now().await;
                page
            })
            .boxed()
    }

    async fn get(&self, _: &ResourceType, _: Option<&str>, _: &str) -> Result<Option<Value>, ClusterError> {
        unreachable!("a backup lists")
    }

    async fn create(&self, _: &ResourceType, _: &Value, _: Write) -> Result<Value, ClusterError> {
        unreachable!("a backup changes nothing")
    }

    async fn replace(&self, _: &ResourceType, _: &Value, _: Write) -> Result<Value, ClusterError> {
        unreachable!("a backup changes nothing")
    }

    async fn delete(
        &self,
        _: &ResourceType,
        _: Option<&str>,
        _: &str,
        _: Option<&str>,
    ) -> Result<(), ClusterError> {
        unreachable!("a backup changes nothing")
    }
}

fn types() -> Vec<ResourceType> {
    let of = |group, resource, kind: &str, namespaced| ResourceType {
        resource: GroupResource::new(group, resource),
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespaced,
    };
    vec![
        of("", "configmaps", "ConfigMap", true),
        of("", "endpoints", "Endpoints", true),
        of("", "events", "Event", true),
        of("", "namespaces", "Namespace", false),
        of("", "persistentvolumeclaims", "PersistentVolumeClaim", true),
        of("", "persistentvolumes", "PersistentVolume", false),
        of("", "pods", "Pod", true),
        of("", "secrets", "Secret", true),
        of("", "serviceaccounts", "ServiceAccount", true),
        of(
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            "CustomResourceDefinition",
            false,
        ),
        of("coordination.k8s.io", "leases", "Lease", true),
        of("discovery.k8s.io", "endpointslices", "EndpointSlice", true),
        of("example.com", "widgets", "Widget", true),
        of(
            "rbac.authorization.k8s.io",
            "clusterrolebindings",
            "ClusterRoleBinding",
            false,
        ),
        of("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", false),
        of("storage.k8s.io", "storageclasses", "StorageClass", false),
    ]
}

/// An object of the cluster, or in a namespace: `shop/web`.
fn object(kind: &str, name: &str) -> Value {
    let metadata = match name.split_once('/') {
        Some((namespace, name)) => json!({ "namespace": namespace, "name": name }),
        None => json!({ "name": name }),
    };
    json!({ "apiVersion": "v1", "kind": kind, "metadata": metadata })
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[member] = value;
    object
}

fn request(name: &str) -> BackupRequest {
    BackupRequest::new(name.parse().unwrap())
}

fn folder() -> (tempfile::TempDir, Arc<dyn Store>) {
    let root = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalStore::new(root.path().to_str().unwrap()).unwrap());
    (root, store)
}

async fn back_up(
    request: &BackupRequest,
    cluster: &Given,
    store: &dyn Store,
) -> Result<BackupSummary, BackupError> {
    create(
        request,
        cluster,
        store,
        &Progress::default(),
        &Cancellation::default(),
    )
    .await
}

/// The names of the objects of a backup, in its order.
async fn contents(store: &Arc<dyn Store>, name: &BackupName) -> Vec<String> {
    let backup = Backup::open(Arc::clone(store), name).await.unwrap();
    backup
        .objects(|_| true)
        .map(|object| object.unwrap().id.to_string())
        .collect()
        .await
}
