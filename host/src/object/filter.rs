//! Which objects a backup or a restore takes.

mod resources;
mod spec;

pub use spec::{ClusterScope, FilterSpec};

use super::{Glob, GlobError, GroupResource, LabelSelector, ObjectId, ResourceType, SelectorError};
use crate::report::{Code, Problem, nearest};
use resources::ResourceSet;

/// A [`FilterSpec`], read once, against the types of one cluster or backup.
#[derive(Clone, Debug)]
pub struct Filter {
    namespaces: NamespaceSet,
    takes_all_resources: bool,
    named_resources: ResourceSet,
    excluded_resources: ResourceSet,
    excludes_secrets: bool,
    selectors: Vec<LabelSelector>,
    cluster_scope: ClusterScope,
    warnings: Vec<String>,
}

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// An entry is no pattern.
    #[error("{list}: {source}")]
    Pattern {
        /// Which list of the filter: `included namespaces`.
        list: &'static str,
        /// What is wrong with the entry.
        source: GlobError,
    },
    /// An entry is empty.
    #[error("{0}: an entry is empty; remove it, or write '*' for all")]
    Empty(&'static str),
    /// A label selector cannot be read.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// Nothing can pass.
    #[error("excluded resource types: '*' leaves nothing; name the types to leave out")]
    Everything,
}

impl From<FilterError> for Problem {
    fn from(error: FilterError) -> Self {
        Problem::new(Code::InvalidArgument, error.to_string())
    }
}

/// Namespaces by pattern.
#[derive(Clone, Debug)]
struct NamespaceSet {
    /// Whether all are included; those that are named are so beside that.
    takes_all: bool,
    named: Vec<Glob>,
    excluded: Vec<Glob>,
}

impl Filter {
    /// Read `spec`. Names of resource types are looked up among `types`; one that is none of them gives a warning and
    /// stays what it is, so that a misspelt name never turns into "all".
    pub fn new(spec: &FilterSpec, types: &[ResourceType]) -> Result<Self, FilterError> {
        if spec.exclude_resources.iter().any(|entry| entry == "*") {
            return Err(FilterError::Everything);
        }
        let mut warnings = Vec::new();
        let mut resources = |list, entries: &[String]| ResourceSet::new(list, entries, types, &mut warnings);
        let named_resources = resources("included resource types", &named(&spec.include_resources))?;
        let excluded_resources = resources("excluded resource types", &spec.exclude_resources)?;
        let selectors = spec
            .selectors
            .iter()
            .map(|text| LabelSelector::parse(text))
            .collect::<Result<_, _>>()?;
        let namespaces = NamespaceSet::new(spec)?;
        let cluster_scope = spec.include_cluster_resources;
        Ok(Filter {
            namespaces,
            takes_all_resources: is_everything(&spec.include_resources),
            named_resources,
            excluded_resources,
            excludes_secrets: spec.exclude_secrets,
            selectors,
            cluster_scope,
            warnings,
        })
    }

    /// What the user should know: names of types that are none, each with the nearest right spelling.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The same for namespaces, given those that there are: names and patterns that fit none of them.
    pub fn unmatched_namespaces<S: AsRef<str>>(&self, existing: &[S]) -> Vec<String> {
        let all = self.namespaces.named.iter().chain(&self.namespaces.excluded);
        let unmatched = all.filter(|glob| !existing.iter().any(|name| glob.is_match(name.as_ref())));
        let describe = |glob: &Glob| {
            let hint = nearest(glob.pattern(), existing).map(|name| format!("; did you mean '{name}'?"));
            format!(
                "no namespace is called '{}'{}",
                glob.pattern(),
                hint.unwrap_or_default()
            )
        };
        unmatched.map(describe).collect()
    }

    /// Whether this object is taken. An object that others need, such as the Namespace of one that is taken, can be
    /// taken although this says no: that is for who collects to decide.
    pub fn admits<'l>(&self, id: &ObjectId, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> bool {
        self.may_admit(id) && self.admits_labels(labels)
    }

    /// Whether this object is taken, if its labels fit.
    pub fn may_admit(&self, id: &ObjectId) -> bool {
        let placed = match &id.namespace {
            Some(namespace) => self.admits_namespace(namespace),
            None if id.resource.is("", "namespaces") => self.admits_namespace(&id.name),
            None => self.admits_cluster_scope(),
        };
        placed && self.admits_resource(&id.resource)
    }

    /// Whether any object of this type may be taken: where it is false, nothing of the type need be listed.
    pub fn admits_type(&self, of: &ResourceType) -> bool {
        let placed = of.namespaced || of.resource.is("", "namespaces") || self.admits_cluster_scope();
        placed && self.admits_resource(&of.resource)
    }

    /// Whether objects in this namespace are taken.
    pub fn admits_namespace(&self, namespace: &str) -> bool {
        self.namespaces.admits(namespace)
    }

    /// Whether the filter asks for this namespace by its name or a pattern, alone or beside `*`.
    pub fn names_namespace(&self, namespace: &str) -> bool {
        self.namespaces.names(namespace)
    }

    /// Whether the filter asks for some namespaces, by their names or patterns, and not for all.
    pub fn has_only_named_namespaces(&self) -> bool {
        !self.namespaces.takes_all
    }

    /// Whether the filter asks for this type by its name or a pattern, alone or beside `*`.
    pub fn names_resource(&self, resource: &GroupResource) -> bool {
        self.named_resources.contains(resource) && !self.excludes(resource)
    }

    /// Whether the type is left out by name, so that not even an object that others need is taken.
    pub fn excludes(&self, resource: &GroupResource) -> bool {
        self.excluded_resources.contains(resource) || (self.excludes_secrets && resource.is("", "secrets"))
    }

    fn admits_resource(&self, resource: &GroupResource) -> bool {
        let is_included = self.takes_all_resources || self.named_resources.contains(resource);
        is_included && !self.excludes(resource)
    }

    fn admits_cluster_scope(&self) -> bool {
        match self.cluster_scope {
            ClusterScope::Always => true,
            ClusterScope::Never => false,
            ClusterScope::Auto => self.namespaces.is_everything(),
        }
    }

    fn admits_labels<'l>(&self, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> bool {
        if self.selectors.is_empty() {
            return true;
        }
        let labels: Vec<_> = labels.into_iter().collect();
        self.selectors
            .iter()
            .any(|selector| selector.matches(labels.iter().copied()))
    }
}

impl NamespaceSet {
    fn new(spec: &FilterSpec) -> Result<Self, FilterError> {
        Ok(NamespaceSet {
            takes_all: is_everything(&spec.include_namespaces),
            named: patterns("included namespaces", &named(&spec.include_namespaces))?,
            excluded: patterns("excluded namespaces", &spec.exclude_namespaces)?,
        })
    }

    fn admits(&self, namespace: &str) -> bool {
        (self.takes_all || fits(&self.named, namespace)) && !fits(&self.excluded, namespace)
    }

    fn names(&self, namespace: &str) -> bool {
        fits(&self.named, namespace) && !fits(&self.excluded, namespace)
    }

    fn is_everything(&self) -> bool {
        self.takes_all && self.excluded.is_empty()
    }
}

fn fits(globs: &[Glob], name: &str) -> bool {
    globs.iter().any(|glob| glob.is_match(name))
}

fn is_everything(entries: &[String]) -> bool {
    entries.is_empty() || entries.iter().any(|entry| entry == "*")
}

/// The entries that name something in particular.
fn named(entries: &[String]) -> Vec<String> {
    entries.iter().filter(|entry| *entry != "*").cloned().collect()
}

fn patterns(list: &'static str, entries: &[String]) -> Result<Vec<Glob>, FilterError> {
    entries.iter().map(|entry| pattern(list, entry)).collect()
}

fn pattern(list: &'static str, entry: &str) -> Result<Glob, FilterError> {
    if entry.is_empty() {
        return Err(FilterError::Empty(list));
    }
    Glob::new(entry, None).map_err(|source| FilterError::Pattern { list, source })
}

#[cfg(test)]
mod tests;
