//! Hooks that lie in a cluster.

use super::document::GROUP;
use super::{Hook, Side};
use crate::cluster::Cluster;
use crate::object::ResourceType;
use crate::report::{Code, Problem, ResultOf};
use serde_json::Value;

impl Side {
    /// The resource with the hooks of this side, in the plural, and its kind.
    fn resource(self) -> (&'static str, &'static str) {
        match self {
            Side::Backup => ("backuphooks", "BackupHook"),
            Side::Restore => ("restorehooks", "RestoreHook"),
        }
    }

    /// What its operation is called.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Side::Backup => "a backup",
            Side::Restore => "a restore",
        }
    }

    /// Whether a hook does anything on this side.
    pub fn has(self, hook: &Hook) -> bool {
        use super::Phase::{AfterBackup, AfterRestore, BeforeBackup, BeforeRestore};
        let phases = match self {
            Side::Backup => [BeforeBackup, AfterBackup],
            Side::Restore => [BeforeRestore, AfterRestore],
        };
        phases.into_iter().any(|phase| hook.acts(phase))
    }
}

impl Hook {
    /// The BackupHook or RestoreHook `name` in `namespace` of a cluster, and how it is named.
    pub(super) async fn resource(
        cluster: &dyn Cluster,
        side: Side,
        namespace: &str,
        name: &str,
    ) -> ResultOf<(Value, String)> {
        let (resource, kind) = side.resource();
        let types = cluster.resource_types().await?.types;
        let is_meant = |of: &&ResourceType| of.resource.is(GROUP, resource);
        let place = format!("{resource}.{GROUP} {namespace}/{name}");
        let Some(of) = types.iter().find(is_meant) else {
            let message =
                format!("the cluster has no {kind}s: `lazarette crds | kubectl apply -f -` defines them");
            return Err(Problem::new(Code::NotFound, message).about(place));
        };
        match cluster.get(of, Some(namespace), name).await? {
            Some(resource) => Ok((resource, place)),
            None => {
                Err(Problem::new(Code::NotFound, "there is none of that name in the cluster").about(place))
            }
        }
    }
}
