//! The namespaces of a cluster.

use super::BackupError;
use super::selection::has_exclude_label;
use crate::cluster::{Cluster, ClusterError};
use crate::object::{ResourceType, is_pattern};
use crate::report::Problem;
use futures::TryStreamExt;
use std::collections::HashSet;

/// The namespaces of a cluster.
#[derive(Default)]
pub(super) struct Namespaces {
    pub(super) names: Vec<String>,
    /// Those whose label leaves out all that is in them.
    pub(super) excluded: HashSet<String>,
    /// Why the names are only those that the filter says.
    pub(super) problem: Option<Problem>,
}

impl Namespaces {
    /// Read them. Who may only look into some, and names these in `included`, needs no right to list them.
    pub(super) async fn read(
        cluster: &dyn Cluster,
        types: &[ResourceType],
        included: &[String],
    ) -> Result<Self, BackupError> {
        let mut namespaces = Namespaces::default();
        let Some(of) = types.iter().find(|of| of.resource.is("", "namespaces")) else {
            return Ok(namespaces);
        };
        let are_named = !included.is_empty() && !included.iter().any(|entry| is_pattern(entry));
        match namespaces.list(cluster, of).await {
            Err(error @ ClusterError::Forbidden { .. }) if are_named => Ok(Namespaces {
                names: included.to_vec(),
                problem: Some(error.into()),
                ..Namespaces::default()
            }),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(namespaces),
        }
    }

    async fn list(&mut self, cluster: &dyn Cluster, of: &ResourceType) -> Result<(), ClusterError> {
        let mut pages = cluster.list(of, &Default::default());
        while let Some(page) = pages.try_next().await? {
            for object in page.items {
                if has_exclude_label(&object) {
                    self.excluded.insert(object.id.name.clone());
                }
                self.names.push(object.id.name);
            }
        }
        Ok(())
    }
}
