//! Plugin: a component that restores and hooks may use.

use super::Conditions;
use super::column::object;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// A component that restores and hooks may use.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "lazarette.dev",
    version = "v1alpha1",
    kind = "Plugin",
    plural = "plugins",
    status = "PluginStatus",
    derive = "PartialEq",
    shortname = "lplug",
    category = "lazarette",
    doc = "A component that restores and hooks may use under its name. Its condition says whether it loads, and its status what it asks for.",
    printcolumn(name = "Source", type_ = "string", json_path = ".spec.source"),
    printcolumn(name = "World", type_ = "string", json_path = ".status.world"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version"),
    printcolumn(
        name = "Loads",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Loads\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct PluginSpec {
    /// Where it comes from: oci://REGISTRY/REPOSITORY:TAG.
    #[schemars(regex(pattern = "^oci://.+$"))]
    pub source: String,
    /// SHA-256 of the component: sha256:… Another one is refused.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// What it may do, such as cluster.get:storageclasses.storage.k8s.io. At most what it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// Its configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "object")]
    pub config: Option<serde_json::Value>,
    /// What one call may use up. Default: one second and 64Mi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<PluginLimits>,
}

/// What one call of a plugin may use up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginLimits {
    /// Time, such as 2s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]+(ms|s|m)$"))]
    pub deadline: Option<String>,
    /// Memory, such as 128Mi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]+(Ki|Mi|Gi)?$"))]
    pub memory: Option<String>,
}

/// What is known of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginStatus {
    /// Loads: whether the component could be had, is the one of the digest, and asks for no more than it is granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Conditions,
    /// What kind of plugin it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The grants that it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks_for: Vec<String>,
}
