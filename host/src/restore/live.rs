//! What is in the cluster under the names of objects: from lists that are read beside the archive where that saves
//! requests, else one by one.

mod lists;
mod places;

pub(super) use lists::{Lists, produce};
pub(super) use places::{Place, places};

use super::ground::Ground;
use super::item::{Item, Slot};
use super::requests::Requests;
use crate::cluster::ClusterError;
use crate::object::Object;

/// What is known of the live object.
#[derive(Clone, Debug, Default)]
pub(super) enum Live {
    /// Nothing yet.
    #[default]
    Unread,
    /// There is none.
    Absent,
    /// This, as a list has it.
    Listed(Box<str>),
    /// This, read alone.
    Read(Box<Object>),
}

/// Take what the lists have on an object. Where its namespace is one that this restore made there is nothing, so that
/// nobody looks; creating it would tell.
pub(super) async fn take(lists: &mut Lists<'_>, ground: &Ground, item: &mut Item) {
    let namespace = item.report.target.namespace.as_deref();
    item.live = match ground.may_exist(&item.of.resource, namespace) {
        false => Live::Absent,
        true => lists.take(&item.of, namespace, item.name()).await,
    };
}

/// Read what is in the cluster in the place of an object, if that is not known.
pub(super) async fn read(requests: &Requests<'_>, mut item: Box<Item>) -> Slot {
    if !matches!(item.live, Live::Unread) {
        return Slot::Open(item);
    }
    let namespace = item.report.target.namespace.clone();
    match requests.get(&item.of, namespace.as_deref(), item.name()).await {
        Ok(found) => {
            let object = found.and_then(|json| Object::new(&item.of, json));
            item.live = object.map_or(Live::Absent, |object| Live::Read(Box::new(object)));
            Slot::Open(item)
        }
        Err(ClusterError::GivenUp { .. }) => item.leave_out(),
        Err(error) => item.fail(error),
    }
}
