//! Which pods a hook is for.

use crate::object::{Glob, LabelSelector, Object};

/// Which pods a hook is for: those that fulfil all of it.
#[derive(Clone, Debug, Default)]
pub struct PodSelection {
    /// Namespaces; empty: all.
    pub included_namespaces: Vec<Glob>,
    /// Namespaces that are not meant, even if they are included.
    pub excluded_namespaces: Vec<Glob>,
    /// Labels of the pod.
    pub labels: LabelSelector,
}

impl PodSelection {
    /// Whether the hook is for `pod`. In a restore its namespace is the one that it is restored into, as in Velero.
    pub fn fits(&self, pod: &Object) -> bool {
        let namespace = pod.id.namespace.as_deref().unwrap_or_default();
        self.takes(namespace, pod.labels())
    }

    /// The same, for a pod with these labels.
    pub fn takes<'l, L>(&self, namespace: &str, labels: L) -> bool
    where
        L: IntoIterator<Item = (&'l str, &'l str), IntoIter: Clone>,
    {
        self.takes_namespace(namespace) && self.labels.matches(labels)
    }

    /// Whether the hook is for any pod of a namespace.
    pub fn takes_namespace(&self, namespace: &str) -> bool {
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.is_match(namespace));
        let included = self.included_namespaces.is_empty() || any(&self.included_namespaces);
        included && !any(&self.excluded_namespaces)
    }
}
