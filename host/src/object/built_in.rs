//! The types that Kubernetes itself serves.

use super::{GroupResource, ResourceType};
use std::sync::LazyLock;

/// A type that is built into Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltInType {
    /// The type, in its preferred version.
    pub of: ResourceType,
    /// The short names that `kubectl` knows: `deploy`.
    pub short_names: Vec<&'static str>,
}

static TYPES: LazyLock<Vec<BuiltInType>> = LazyLock::new(|| {
    include_str!("built_in_types.txt")
        .lines()
        .filter_map(read_line)
        .collect()
});

/// All types that are built in and can be listed and created, ordered by group and resource.
pub fn built_in_types() -> &'static [BuiltInType] {
    &TYPES
}

/// A line of the table: `deployments.apps v1 Deployment namespaced deploy`.
fn read_line(line: &'static str) -> Option<BuiltInType> {
    let mut columns = line.split_ascii_whitespace().filter(|_| !line.starts_with('#'));
    let resource: GroupResource = columns.next()?.parse().ok()?;
    let version = columns.next()?.to_owned();
    let kind = columns.next()?.to_owned();
    let namespaced = columns.next()? == "namespaced";
    let short_names = columns.next()?.split(',').filter(|name| *name != "-").collect();
    Some(BuiltInType {
        of: ResourceType {
            resource,
            version,
            kind,
            namespaced,
        },
        short_names,
    })
}

/// The built-in type of this kind, the first one where groups share it: for tests.
#[cfg(test)]
pub(crate) fn built_in_type(kind: &str) -> ResourceType {
    let mut types = built_in_types().iter();
    types
        .find(|built_in| built_in.of.kind == kind)
        .unwrap()
        .of
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_type() {
        let lines = include_str!("built_in_types.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        assert_eq!(built_in_types().len(), lines.count());
        let types: Vec<_> = built_in_types()
            .iter()
            .map(|built_in| built_in.of.resource.clone())
            .collect();
        assert!(types.is_sorted(), "the order is that of discovery");
    }

    #[test]
    fn a_line_holds_all_that_is_known() {
        let deployment = built_in_types()
            .iter()
            .find(|built_in| built_in.short_names == ["deploy"])
            .unwrap();
        let expected = ResourceType {
            resource: GroupResource::new("apps", "deployments"),
            version: "v1".to_owned(),
            kind: "Deployment".to_owned(),
            namespaced: true,
        };
        assert_eq!(deployment.of, expected);
    }
}
