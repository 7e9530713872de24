//! Where lists of live objects are worth their requests.

use super::super::ground::Ground;
use super::super::levels::Level;
use super::super::place::Mapping;
use super::super::select::{Group, Selection};
use crate::object::ResourceType;

/// Of fewer objects of one type in one namespace each is read alone.
const LISTED_FROM: u64 = 4;

/// A type in a namespace, of which objects are restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::restore) struct Place {
    /// The type, in the version that the cluster prefers.
    pub of: ResourceType,
    /// The namespace in the cluster; none for objects of the cluster as a whole.
    pub namespace: Option<String>,
    /// How many objects of the backup go there.
    pub wanted: u64,
}

/// Where objects of a level may be already, and are listed: in the order in which the backup holds what goes there.
pub(in crate::restore) fn places(
    level: Level,
    selection: &Selection,
    mapping: &Mapping,
    ground: &Ground,
) -> Vec<Place> {
    let worth = |group: &&Group| group.count >= LISTED_FROM && Level::of(&group.resource) == level;
    let place = |group: &Group| {
        let of = ground.types.get(&group.resource)?.clone();
        let namespace = group
            .namespace
            .as_deref()
            .map(|namespace| mapping.of(namespace).to_owned());
        let may_exist = ground.may_exist(&group.resource, namespace.as_deref());
        may_exist.then_some(Place {
            of,
            namespace,
            wanted: group.count,
        })
    };
    selection.groups.iter().filter(worth).filter_map(place).collect()
}
