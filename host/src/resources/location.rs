//! BackupLocation: a store.

use super::column::moment;
use super::{Conditions, SecretReference};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A store of backups.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "lazarette.dev",
    version = "v1alpha1",
    kind = "BackupLocation",
    plural = "backuplocations",
    status = "BackupLocationStatus",
    derive = "PartialEq",
    shortname = "bloc",
    category = "lazarette",
    doc = "A store of backups. Its conditions say whether it works, and if not, why.",
    printcolumn(name = "Store", type_ = "string", json_path = ".spec.store"),
    printcolumn(name = "Tier", type_ = "string", json_path = ".spec.tier"),
    printcolumn(name = "Access", type_ = "string", json_path = ".spec.accessMode"),
    printcolumn(
        name = "Available",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Available\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct BackupLocationSpec {
    /// Address of the store, as the command line has it with --store: azure:ACCOUNT/CONTAINER, or file:FOLDER for a
    /// volume that is mounted into the controller. It cannot be changed: make another location instead.
    #[schemars(length(min = 1), regex(pattern = "^(azure|file):.+$"))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("the address of a store cannot be changed: make another BackupLocation"))]
    pub store: String,
    /// The Secret with what the store asks for, in the keys that the command line takes from the environment, such as
    /// AZURE_STORAGE_SAS_TOKEN. Default: the identity of the controller's pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<SecretReference>,
    /// Whether backups may be written to it and deleted from it.
    #[serde(default)]
    pub access_mode: AccessMode,
    /// Whether backups are made into it, or copied to it.
    #[serde(default)]
    pub tier: LocationTier,
}

/// Whether a store may be written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccessMode {
    /// It may.
    #[default]
    ReadWrite,
    /// Backups are listed and restored; none is written, copied or deleted.
    ReadOnly,
}

/// What a store is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LocationTier {
    /// Backups are made into it.
    #[default]
    Operational,
    /// Backups are copied to it.
    Vault,
}

/// What is known of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupLocationStatus {
    /// Available: whether the store answers, and takes what the access mode wants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Conditions,
    /// When it was tried last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub last_checked: Option<Timestamp>,
    /// How many backups it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backups: Option<i64>,
}
