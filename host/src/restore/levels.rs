//! In which order objects are restored.

use crate::object::GroupResource;

/// Objects that may be restored at the same time. Levels follow one another, in the order of their declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// First of all, since other objects are of the types that they define.
    CustomResourceDefinitions,
    /// What most other objects are in.
    Namespaces,
    /// Classes that volumes, snapshots and pods refer to.
    Classes,
    /// Before their claims, so that these are bound to them.
    PersistentVolumes,
    /// Before the pods that mount them.
    PersistentVolumeClaims,
    /// Who may do what: before those who need the right.
    Identities,
    /// Who has which role.
    Bindings,
    /// What pods read when they start, and what limits them.
    Configuration,
    /// Before the controllers that adopt them.
    Pods,
    /// Before the controllers that adopt them.
    Revisions,
    /// Everything that no other level names.
    Others,
    /// What intercepts the creation of other objects: last, so that it cannot reject those of this restore.
    Interceptors,
}

impl Level {
    /// All levels, in order.
    pub const ALL: [Level; 12] = [
        Level::CustomResourceDefinitions,
        Level::Namespaces,
        Level::Classes,
        Level::PersistentVolumes,
        Level::PersistentVolumeClaims,
        Level::Identities,
        Level::Bindings,
        Level::Configuration,
        Level::Pods,
        Level::Revisions,
        Level::Others,
        Level::Interceptors,
    ];

    /// The level of objects of `resource`.
    pub fn of(resource: &GroupResource) -> Level {
        match (resource.group.as_str(), resource.resource.as_str()) {
            ("apiextensions.k8s.io", "customresourcedefinitions") => Level::CustomResourceDefinitions,
            ("", "namespaces") => Level::Namespaces,
            ("storage.k8s.io", "storageclasses")
            | ("snapshot.storage.k8s.io", "volumesnapshotclasses")
            | ("scheduling.k8s.io", "priorityclasses") => Level::Classes,
            ("", "persistentvolumes") => Level::PersistentVolumes,
            ("", "persistentvolumeclaims") => Level::PersistentVolumeClaims,
            ("", "serviceaccounts") | ("rbac.authorization.k8s.io", "roles" | "clusterroles") => {
                Level::Identities
            }
            ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => Level::Bindings,
            ("", "secrets" | "configmaps" | "limitranges" | "resourcequotas") => Level::Configuration,
            ("", "pods") => Level::Pods,
            ("apps", "replicasets" | "controllerrevisions") => Level::Revisions,
            (
                "admissionregistration.k8s.io",
                "validatingwebhookconfigurations"
                | "mutatingwebhookconfigurations"
                | "validatingadmissionpolicies"
                | "validatingadmissionpolicybindings"
                | "mutatingadmissionpolicies"
                | "mutatingadmissionpolicybindings",
            )
            | ("apiregistration.k8s.io", "apiservices") => Level::Interceptors,
            _ => Level::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("customresourcedefinitions.apiextensions.k8s.io", "namespaces")]
    #[case("namespaces", "storageclasses.storage.k8s.io")]
    #[case("storageclasses.storage.k8s.io", "persistentvolumes")]
    #[case("priorityclasses.scheduling.k8s.io", "pods")]
    #[case("persistentvolumes", "persistentvolumeclaims")]
    #[case("persistentvolumeclaims", "serviceaccounts")]
    #[case(
        "clusterroles.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io"
    )]
    #[case("rolebindings.rbac.authorization.k8s.io", "secrets")]
    #[case("configmaps", "pods")]
    #[case("resourcequotas", "pods")]
    #[case("pods", "replicasets.apps")]
    #[case("replicasets.apps", "deployments.apps")]
    #[case("services", "validatingwebhookconfigurations.admissionregistration.k8s.io")]
    #[case("widgets.example.com", "apiservices.apiregistration.k8s.io")]
    fn one_comes_before_the_other(#[case] first: &str, #[case] second: &str) {
        let level = |of: &str| Level::of(&of.parse().unwrap());
        assert!(level(first) < level(second));
    }

    #[test]
    fn a_resource_of_another_group_is_no_namespace() {
        assert_eq!(
            Level::of(&GroupResource::new("example.com", "namespaces")),
            Level::Others
        );
    }

    #[test]
    fn all_levels_are_in_order_and_there() {
        assert!(Level::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
