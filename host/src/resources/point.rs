//! RecoveryPoint: what a store holds.

use super::RetentionTag;
use super::column::moment;
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A backup in a store, as the controller found it there.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "lazarette.dev",
    version = "v1alpha1",
    kind = "RecoveryPoint",
    plural = "recoverypoints",
    namespaced,
    derive = "PartialEq",
    shortname = "rp",
    category = "lazarette",
    doc = "A backup in a store. The store is the truth, and this follows it: who deletes a RecoveryPoint deletes no backup, and gets it back. Points of other clusters stand in the namespace of the controller.",
    printcolumn(name = "Instance", type_ = "string", json_path = ".spec.instance"),
    printcolumn(name = "Created", type_ = "string", json_path = ".spec.createdAt"),
    printcolumn(name = "Tag", type_ = "string", json_path = ".spec.tag"),
    printcolumn(name = "State", type_ = "string", json_path = ".spec.state"),
    printcolumn(name = "Objects", type_ = "integer", json_path = ".spec.objects"),
    printcolumn(name = "Expires", type_ = "string", json_path = ".spec.operational.expiresAt"),
    printcolumn(
        name = "Vault-Expires",
        type_ = "string",
        json_path = ".spec.vault.expiresAt",
        priority = 1
    ),
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.cluster", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".spec.createdAt")
)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryPointSpec {
    /// Name of the backup in the store, as the command line has it.
    pub backup: String,
    /// Name of the BackupInstance that it is of, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The cluster that was backed up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// When it was made.
    #[schemars(schema_with = "moment")]
    pub created_at: Timestamp,
    /// Which rule of retention applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<RetentionTag>,
    /// Whether a schedule made it, rather than a person.
    #[serde(default)]
    pub scheduled: bool,
    /// Whether all of it was backed up, and whether it can be used.
    pub state: PointState,
    /// What is wrong with a damaged one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How many objects it holds.
    #[serde(default)]
    pub objects: i64,
    /// Size of their JSON in bytes.
    #[serde(default)]
    pub bytes: i64,
    /// In the operational tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operational: Option<TierSpec>,
    /// In the vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<TierSpec>,
}

/// That a store holds a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TierSpec {
    /// Name of the BackupLocation.
    pub location: String,
    /// When it expires there. Without it: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub expires_at: Option<Timestamp>,
    /// When it goes, if its deletion was asked for and takes effect later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub deletion_at: Option<Timestamp>,
}

/// Whether a point can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PointState {
    /// All was backed up.
    Whole,
    /// Some of it could not be.
    Partial,
    /// It is damaged, or cannot be read.
    Damaged,
}
