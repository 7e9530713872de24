//! A real cluster: its API server, found and asked as `kubectl` does it.
//!
//! Objects go and come as JSON, as the server sends it; no types are compiled in. Reading is repeated where that may
//! help (no connection, 429, 5xx), within [`Patience`]; writing never is, because what was asked for may have been done.

mod connection;
mod discovery;
mod exec;
mod failure;
mod kubeconfig;
mod list;
mod login;
mod page;
mod page_size;
mod path;
mod patience;
mod proxy;
mod write;

pub use exec::{ExecCommand, ExecError, PodAccess, Process, ProcessEvent};
pub use patience::Patience;

use super::{Cluster, ClusterError, Discovery, ListOptions, Page, Write};
use crate::object::ResourceType;
use async_trait::async_trait;
use connection::Connection;
use futures::stream::BoxStream;
use kubeconfig::{Choice, Surroundings};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use write::Target;

/// A cluster behind an API server.
pub struct Kube {
    address: String,
    connection: Arc<Connection>,
}

impl Kube {
    /// The cluster of a context of the kubeconfig: the files that `KUBECONFIG` lists, else `~/.kube/config`. Without
    /// `context` the current one, or the service account where this runs in a pod that has no kubeconfig. Nothing is
    /// sent before the first call.
    pub fn new(context: Option<&str>, patience: Patience) -> Result<Self, ClusterError> {
        let choice = kubeconfig::choose(context, &Surroundings::of_process())?;
        let address = match &choice {
            Choice::Context(context) => format!("kubeconfig:{}", context.name),
            Choice::ServiceAccount => "kubeconfig".to_owned(),
        };
        Ok(Kube {
            address,
            connection: Arc::new(Connection::new(choice, patience)),
        })
    }

    /// The cluster of `config` for the user whose token lies in a file, which may be written anew at any time.
    pub fn with_token_file(
        config: &kube::Config,
        token_file: &Path,
        user: &str,
        patience: Patience,
    ) -> Result<Self, ClusterError> {
        let context = kubeconfig::with_token_file(config, token_file, user)?;
        Ok(Kube {
            address: "kubeconfig".to_owned(),
            connection: Arc::new(Connection::new(Choice::Context(Box::new(context)), patience)),
        })
    }

    /// The cluster whose API server is at `url`.
    #[cfg(test)]
    pub(crate) fn at(url: &str) -> Self {
        let config = serde_json::from_value(serde_json::json!({
            "contexts": [{"name": "test", "context": {"cluster": "test"}}],
            "clusters": [{"name": "test", "cluster": {"server": url}}],
        }));
        let context = kubeconfig::ChosenContext {
            name: "test".to_owned(),
            user: None,
            config: config.unwrap(),
            files: "test".to_owned(),
        };
        Kube {
            address: url.to_owned(),
            connection: Arc::new(Connection::new(
                Choice::Context(Box::new(context)),
                Patience::default(),
            )),
        }
    }
}

#[async_trait]
impl Cluster for Kube {
    fn address(&self) -> String {
        self.address.clone()
    }

    fn is_live(&self) -> bool {
        true
    }

    fn pods(&self) -> Option<PodAccess> {
        Some(PodAccess::new(Arc::clone(&self.connection)))
    }

    async fn resource_types(&self) -> Result<Discovery, ClusterError> {
        discovery::discover(&self.connection).await
    }

    fn list<'a>(
        &'a self,
        of: &'a ResourceType,
        options: &ListOptions,
    ) -> BoxStream<'a, Result<Page, ClusterError>> {
        list::list(&self.connection, of, options)
    }

    async fn get(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        write::get(&self.connection, Target { of, namespace, name }).await
    }

    async fn create(&self, of: &ResourceType, object: &Value, how: Write) -> Result<Value, ClusterError> {
        write::create(&self.connection, of, object, how).await
    }

    async fn replace(&self, of: &ResourceType, object: &Value, how: Write) -> Result<Value, ClusterError> {
        write::replace(&self.connection, of, object, how).await
    }

    async fn delete(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
        uid: Option<&str>,
    ) -> Result<(), ClusterError> {
        write::delete(&self.connection, Target { of, namespace, name }, uid).await
    }
}
