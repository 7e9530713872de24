//! Hooks that lie in a cluster.

use super::document::GROUP;
use super::{Hook, Side};
use crate::cluster::Cluster;
use crate::object::ResourceType;
use crate::report::{Code, Problem, ResultOf};

impl Side {
    /// The resource with the hooks of this side, in the plural, and its kind.
    fn resource(self) -> (&'static str, &'static str) {
        match self {
            Side::Backup => ("backuphooks", "BackupHook"),
            Side::Restore => ("restorehooks", "RestoreHook"),
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
    /// The hooks of the BackupHook or RestoreHook `name` in `namespace` of a cluster.
    pub async fn fetch(
        cluster: &dyn Cluster,
        side: Side,
        namespace: &str,
        name: &str,
    ) -> ResultOf<Vec<Hook>> {
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
            Some(resource) => Ok(Hook::of_resource(resource, &place)?),
            None => {
                Err(Problem::new(Code::NotFound, "there is none of that name in the cluster").about(place))
            }
        }
    }
}
