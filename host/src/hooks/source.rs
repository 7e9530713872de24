//! Hooks as they are written, to be kept and read again.

use super::{Hook, HookError, Side};
use crate::cluster::Cluster;
use crate::report::ResultOf;
use serde::{Deserialize, Serialize};

/// A document with hooks, as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookDocument {
    /// Where it is from: a file, or a resource of a cluster.
    pub place: String,
    /// YAML, or JSON.
    pub text: String,
}

impl HookDocument {
    /// The BackupHook or RestoreHook `name` in `namespace` of a cluster.
    pub async fn fetch(cluster: &dyn Cluster, side: Side, namespace: &str, name: &str) -> ResultOf<Self> {
        let (resource, place) = Hook::resource(cluster, side, namespace, name).await?;
        Ok(HookDocument {
            place,
            text: resource.to_string(),
        })
    }

    /// The hooks in it that have something to do on `side`; that there are none is an error.
    pub fn hooks(&self, side: Side) -> Result<Vec<Hook>, HookError> {
        let mut hooks = Hook::parse_all(&self.text, &self.place)?;
        hooks.retain(|hook| side.has(hook));
        match hooks.is_empty() {
            false => Ok(hooks),
            true => Err(HookError {
                place: self.place.clone(),
                field: None,
                message: format!("nothing in it is for {}", side.operation()),
            }),
        }
    }
}
