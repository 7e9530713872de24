//! Carrying out what was decided.

use super::decide::Action;
use super::item::{Item, Slot};
use crate::cluster::{Cluster, ClusterError};

/// Carry out what was decided about an object. It comes back open, and with nothing decided, where the cluster has
/// changed since it was looked at: then it has to be looked at again.
pub(super) async fn carry_out(cluster: &dyn Cluster, mut item: Box<Item>) -> Slot {
    match write(cluster, &item).await {
        Ok(()) => Slot::Closed(Box::new(item.report)),
        Err(ClusterError::Exists(_) | ClusterError::Conflict(_) | ClusterError::NotFound(_)) => {
            item.action = None;
            item.live = None;
            Slot::Open(item)
        }
        Err(error) => item.fail(error),
    }
}

async fn write(cluster: &dyn Cluster, item: &Item) -> Result<(), ClusterError> {
    match &item.action {
        None | Some(Action::Skip { .. }) => {}
        Some(Action::Create | Action::Rename { .. }) => {
            cluster.create(&item.of, &item.new_object()).await?;
        }
        Some(Action::Patch { patched: object } | Action::Replace { replacement: object }) => {
            cluster.replace(&item.of, object).await?;
        }
        Some(Action::Recreate) => {
            let target = &item.report.target;
            cluster
                .delete(&item.of, target.namespace.as_deref(), &target.name)
                .await?;
            cluster.create(&item.of, &item.new_object()).await?;
        }
    }
    Ok(())
}
