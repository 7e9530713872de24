//! What is in the cluster under the name of an object.

use super::ground::Ground;
use super::item::{Item, Slot};
use crate::cluster::Cluster;
use crate::object::Object;

/// Read what is in the cluster in the place of an object. Where its namespace is one that this restore made there is
/// nothing, so the first attempt goes without looking; creating it would tell.
pub(super) async fn read(
    cluster: &dyn Cluster,
    ground: &Ground,
    mut item: Box<Item>,
    attempt: usize,
) -> Slot {
    let namespace = item.report.target.namespace.clone();
    if attempt == 0 && !ground.may_exist(&item.of.resource, namespace.as_deref()) {
        return Slot::Open(item);
    }
    match cluster.get(&item.of, namespace.as_deref(), item.name()).await {
        Ok(found) => {
            item.live = found.and_then(|json| Object::new(&item.of, json));
            Slot::Open(item)
        }
        Err(error) => item.fail(error),
    }
}
