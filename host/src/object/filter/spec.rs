//! A filter as its user gives it.

use super::Filter;
use crate::object::built_in_types;
use serde::{Deserialize, Serialize};

/// Which objects to take. The default takes everything; of the lists, those that exclude win.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterSpec {
    /// Names or patterns of namespaces; empty or `*`: all.
    pub include_namespaces: Vec<String>,
    /// Names or patterns of namespaces.
    pub exclude_namespaces: Vec<String>,
    /// Resource types; empty or `*`: all. `deployments`, `deployments.apps`, `Deployment`, `apps/Deployment`,
    /// `v1/Secret`, `deploy`, or a pattern of `resource.group` such as `*.apps`. A name without a group means the
    /// built-in type of that name where there is one.
    pub include_resources: Vec<String>,
    /// The same, to leave out.
    pub exclude_resources: Vec<String>,
    /// Secrets are left out, also where others need them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exclude_secrets: bool,
    /// Label selectors as in `kubectl -l`; an object that fits one of them is taken.
    pub selectors: Vec<String>,
    /// Whether objects of the cluster as a whole are taken.
    pub include_cluster_resources: ClusterScope,
}

impl FilterSpec {
    /// Whether nothing that was chosen with this can be a Secret.
    pub fn leaves_out_secrets(&self) -> bool {
        let secrets = built_in_types()
            .iter()
            .find(|built_in| built_in.of.resource.is("", "secrets"));
        let types: Vec<_> = secrets.map(|secrets| secrets.of.clone()).into_iter().collect();
        let filter = Filter::new(self, &types);
        filter.is_ok_and(|filter| !types.iter().any(|of| filter.admits_type(of)))
    }
}

/// Whether objects that are in no namespace are taken. Namespaces themselves are chosen by their names in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterScope {
    /// When all namespaces are taken; else only those that the objects taken need.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Yes.
    #[serde(rename = "true")]
    Always,
    /// No, not even those that the objects taken need.
    #[serde(rename = "false")]
    Never,
}

impl std::str::FromStr for ClusterScope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(ClusterScope::Auto),
            "true" => Ok(ClusterScope::Always),
            "false" => Ok(ClusterScope::Never),
            other => Err(format!("expected 'auto', 'true' or 'false', found '{other}'")),
        }
    }
}
