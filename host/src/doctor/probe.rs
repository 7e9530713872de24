//! A write that keeps nothing.

use super::{Diagnosis, Verdict};
use crate::cluster::{Cluster, ClusterError, Write};
use crate::object::{GroupResource, ResourceType};
use serde_json::json;
use std::collections::BTreeSet;

/// Those of `namespaces` that are there, as far as the user may see.
pub(super) async fn existing(cluster: &dyn Cluster, namespaces: BTreeSet<String>) -> BTreeSet<String> {
    let of = ResourceType {
        resource: GroupResource::new("", "namespaces"),
        version: "v1".to_owned(),
        kind: "Namespace".to_owned(),
        namespaced: false,
    };
    let mut existing = BTreeSet::new();
    for name in namespaces {
        if let Ok(Some(_)) = cluster.get(&of, None, &name).await {
            existing.insert(name);
        }
    }
    existing
}

/// Let the cluster say what it would do with a new ConfigMap in the first of `namespaces` that lets it: a webhook or a quota
/// may refuse what rights allow.
pub(super) async fn check_write(
    cluster: &dyn Cluster,
    namespaces: &BTreeSet<String>,
    diagnosis: &mut Diagnosis,
) {
    let of = ResourceType {
        resource: GroupResource::new("", "configmaps"),
        version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        namespaced: true,
    };
    for namespace in namespaces {
        let metadata = json!({"name": "lazarette-doctor", "namespace": namespace});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        match cluster.create(&of, &object, Write { dry_run: true }).await {
            Ok(_) | Err(ClusterError::Exists(_)) => {
                let message = format!("a dry run of writing to namespace {namespace} goes through");
                return diagnosis.note("write", Verdict::Good, message);
            }
            // A missing right is said already, with all others.
            Err(ClusterError::NamespaceNotFound(_) | ClusterError::Forbidden { .. }) => {}
            Err(error) => return diagnosis.fail("write", error),
        }
    }
    let message = "writing was not tried: no namespace of the restore is there and open to the user";
    diagnosis.note("write", Verdict::Warning, message);
}
