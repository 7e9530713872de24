//! A folder of manifests as a cluster: to try backups, modifiers and plugins without one, and for the pipeline of a
//! GitOps repository.
//!
//! Every `.yaml`, `.yml` and `.json` file below the folder is read; hidden files and folders are not. What a user of a
//! server would notice holds here too:
//! - a name is unique for its kind and namespace, whatever the file;
//! - `default`, `kube-system`, `kube-public` and `kube-node-lease` exist without a manifest, and so does a namespace that
//!   holds objects, as the folder may hold only a part of an application. They can be read, are not listed, and become
//!   manifests when they are created;
//! - an object without a namespace is in `default`, and has that in its metadata from then on; a namespace given for an
//!   object of the cluster as a whole is dropped;
//! - an object is created in an existing namespace only;
//! - custom kinds come from the custom resource definitions in the folder, also from those created a moment ago.
//!
//! Unlike a server, it has no resource versions of its own: [`Cluster::replace`] compares those that the objects bring
//! along, and [`Cluster::delete`] the uids. A dry run checks the same things and writes nothing. Deleting a namespace or a definition is refused as long as objects are left in it.
//!
//! What is replaced or deleted is so in its file; the other documents of that file, and their comments, stay as they are.
//! What is created gets a file of its own: `NAMESPACE/RESOURCE.GROUP/NAME.yaml`, or `_cluster/RESOURCE.GROUP/NAME.yaml`.
//! Every change is atomic and durable.

mod change;
mod contents;
mod durable;
mod file;
mod folder;
mod layout;
mod load;
mod metadata;
mod state;
#[cfg(test)]
mod tests;

use super::{Cluster, ClusterError, Discovery, ListOptions, Page, Write};
use crate::object::{LabelSelector, ObjectKey, ResourceType};
use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use serde_json::Value;
use state::State;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A folder of manifests, opened.
#[derive(Debug)]
pub struct Manifests {
    path: PathBuf,
    state: Arc<Mutex<State>>,
}

impl Manifests {
    /// Read the folder at `path`, which must be there.
    pub fn open(path: &Path) -> Result<Self, ClusterError> {
        let state = load::load(path)?;
        Ok(Manifests {
            path: path.to_owned(),
            state: Arc::new(Mutex::new(state)),
        })
    }

    /// The same, but a folder that is not there counts as an empty one. It is made by the first object that is written.
    pub fn open_or_create(path: &Path) -> Result<Self, ClusterError> {
        match Manifests::open(path) {
            Err(ClusterError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound && !path.exists() =>
            {
                Ok(Manifests {
                    path: path.to_owned(),
                    state: Arc::new(Mutex::new(State::new(path))),
                })
            }
            result => result,
        }
    }

    /// Run `work` on a thread that may wait for files. One call at a time.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, ClusterError> + Send + 'static,
    ) -> Result<T, ClusterError> {
        let state = Arc::clone(&self.state);
        let task = tokio::task::spawn_blocking(move || {
            work(&mut state.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let failed = |error| ClusterError::Io {
            path: self.address(),
            source: std::io::Error::other(error),
        };
        task.await.unwrap_or_else(|error| Err(failed(error)))
    }
}

#[async_trait]
impl Cluster for Manifests {
    fn address(&self) -> String {
        format!("dir:{}", self.path.display())
    }

    fn is_live(&self) -> bool {
        false
    }

    async fn resource_types(&self) -> Result<Discovery, ClusterError> {
        self.run(|state| Ok(state.discovery())).await
    }

    fn list<'a>(
        &'a self,
        of: &'a ResourceType,
        options: &ListOptions,
    ) -> BoxStream<'a, Result<Page, ClusterError>> {
        let text = options.label_selector.clone().unwrap_or_default();
        let selector = match LabelSelector::parse(&text) {
            Ok(selector) => Arc::new(selector),
            Err(error) => return stream::iter([Err(ClusterError::Unusable(error.to_string()))]).boxed(),
        };
        let namespace = options.namespace.clone();
        let pages = stream::try_unfold(Some(None::<ObjectKey>), move |position| {
            let (resource, selector, namespace) =
                (of.resource.clone(), Arc::clone(&selector), namespace.clone());
            async move {
                let Some(after) = position else { return Ok(None) };
                let work =
                    move |state: &mut State| state.page(&resource, namespace.as_deref(), &selector, after);
                let (page, next) = self.run(work).await?;
                Ok((!page.items.is_empty()).then(|| (page, next.map(Some))))
            }
        });
        pages.boxed()
    }

    async fn get(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        let (resource, key) = (of.resource.clone(), ObjectKey::new(namespace, name));
        self.run(move |state| state.get(&resource, &key)).await
    }

    async fn create(&self, of: &ResourceType, object: &Value, how: Write) -> Result<Value, ClusterError> {
        let (resource, object) = (of.resource.clone(), object.clone());
        self.run(move |state| state.create(&resource, object, how)).await
    }

    async fn replace(&self, of: &ResourceType, object: &Value, how: Write) -> Result<Value, ClusterError> {
        let (resource, object) = (of.resource.clone(), object.clone());
        self.run(move |state| state.replace(&resource, object, how)).await
    }

    async fn delete(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
        uid: Option<&str>,
    ) -> Result<(), ClusterError> {
        let (resource, key, uid) = (
            of.resource.clone(),
            ObjectKey::new(namespace, name),
            uid.map(str::to_owned),
        );
        self.run(move |state| state.delete(&resource, &key, uid.as_deref()))
            .await
    }
}
