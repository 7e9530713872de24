//! Which objects a backup takes or a restore brings back.

use crate::object::{ClusterScope, FilterSpec};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which objects to take. All that is given must fit; of the lists, those that exclude win.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Names or patterns of namespaces. Empty: all there are, and all that will come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_namespaces: Vec<String>,
    /// Names or patterns of namespaces to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_namespaces: Vec<String>,
    /// Resource types, such as deployments.apps or v1/Secret. Empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_resources: Vec<String>,
    /// Resource types to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_resources: Vec<String>,
    /// Leave out Secrets, also where other objects need them.
    #[serde(default)]
    pub exclude_secrets: bool,
    /// Label selectors as for kubectl -l. An object that fits one of them is taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label_selectors: Vec<String>,
    /// Whether objects that are in no namespace are taken: always, never, or (auto) when all namespaces are taken, and
    /// else only those that the objects taken need.
    #[serde(default)]
    pub cluster_resources: ClusterResources,
}

/// Whether objects that are in no namespace are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClusterResources {
    /// When all namespaces are taken; else only those that the objects taken need.
    #[default]
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

impl From<&Selection> for FilterSpec {
    fn from(selection: &Selection) -> Self {
        FilterSpec {
            include_namespaces: selection.included_namespaces.clone(),
            exclude_namespaces: selection.excluded_namespaces.clone(),
            include_resources: selection.included_resources.clone(),
            exclude_resources: selection.excluded_resources.clone(),
            exclude_secrets: selection.exclude_secrets,
            selectors: selection.label_selectors.clone(),
            include_cluster_resources: match selection.cluster_resources {
                ClusterResources::Auto => ClusterScope::Auto,
                ClusterResources::Always => ClusterScope::Always,
                ClusterResources::Never => ClusterScope::Never,
            },
        }
    }
}
