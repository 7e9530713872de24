//! Look-ups answered by a cluster.

use super::{LookUpError, LookUpSource, too_much};
use crate::cluster::{Cluster, ClusterError, ListOptions};
use crate::object::{GroupResource, LabelSelector, Object, ResourceType};
use async_trait::async_trait;
use futures::StreamExt;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A cluster that is looked at, and what it serves.
pub struct ClusterSource {
    cluster: Arc<dyn Cluster>,
    /// What it serves: asked for at the first look-up.
    types: OnceCell<Vec<ResourceType>>,
}

impl ClusterSource {
    /// Look at `cluster`.
    pub fn new(cluster: Arc<dyn Cluster>) -> Self {
        ClusterSource {
            cluster,
            types: OnceCell::new(),
        }
    }

    async fn of(&self, resource: &GroupResource) -> Result<&ResourceType, LookUpError> {
        let discover = || async { Ok::<_, ClusterError>(self.cluster.resource_types().await?.types) };
        let types = self.types.get_or_try_init(discover).await?;
        let found = types.iter().find(|of| of.resource == *resource);
        found.ok_or_else(|| LookUpError::UnknownResource(resource.to_string()))
    }
}

#[async_trait]
impl LookUpSource for ClusterSource {
    async fn get(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Object>, LookUpError> {
        let of = self.of(resource).await?;
        let found = self.cluster.get(of, namespace, name).await?;
        Ok(found.and_then(|json| Object::new(of, json)))
    }

    async fn list(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        label_selector: &str,
        bytes: usize,
    ) -> Result<Vec<Object>, LookUpError> {
        let of = self.of(resource).await?;
        // Refused here, so that every cluster gives the same answer to one that is none.
        let _ = LabelSelector::parse(label_selector)
            .map_err(|error| LookUpError::Invalid(format!("the label selector: {error}")))?;
        let options = ListOptions {
            namespace: namespace.map(str::to_owned),
            label_selector: Some(label_selector.to_owned()).filter(|selector| !selector.is_empty()),
        };
        let mut objects = Vec::new();
        let mut left = bytes;
        let mut pages = self.cluster.list(of, &options);
        while let Some(page) = pages.next().await {
            for item in page?.items {
                left = left.checked_sub(item.json.len()).ok_or_else(too_much)?;
                let json = serde_json::from_str(&item.json)
                    .map_err(|error| LookUpError::Unavailable(format!("{}: {error}", item.id)))?;
                objects.extend(Object::new(of, json));
            }
        }
        Ok(objects)
    }
}

impl From<ClusterError> for LookUpError {
    fn from(error: ClusterError) -> Self {
        LookUpError::Unavailable(error.to_string())
    }
}
