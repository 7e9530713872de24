//! BackupInstance: what is protected.

use super::column::moment;
use super::{Conditions, HookReference, Phase, Selection};
use crate::policy::Protection;
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is protected: which objects, by which policy, into which stores.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "lazarette.dev",
    version = "v1alpha1",
    kind = "BackupInstance",
    plural = "backupinstances",
    namespaced,
    status = "BackupInstanceStatus",
    derive = "PartialEq",
    shortname = "binst",
    category = "lazarette",
    doc = "What is protected: which objects, by which policy, into which stores. Its backups are made with the rights of a service account of its namespace, so they hold nothing that this account cannot read.",
    printcolumn(name = "Policy", type_ = "string", json_path = ".spec.policy"),
    printcolumn(name = "Location", type_ = "string", json_path = ".spec.location"),
    printcolumn(name = "Protection", type_ = "string", json_path = ".spec.protection"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(name = "Last-Run", type_ = "string", json_path = ".status.lastRun.phase"),
    printcolumn(name = "Last-Success", type_ = "date", json_path = ".status.lastSuccess"),
    printcolumn(name = "Next", type_ = "string", json_path = ".status.nextRun", priority = 1),
    printcolumn(name = "Points", type_ = "integer", json_path = ".status.points"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct BackupInstanceSpec {
    /// Name of the BackupPolicy.
    #[schemars(length(min = 1, max = 253))]
    pub policy: String,
    /// Name of the BackupLocation into which backups are made. It cannot be changed: its points would be lost from sight.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("the location of an instance cannot be changed: make another BackupInstance"))]
    pub location: String,
    /// Name of the BackupLocation to which the points are copied for which the policy has a rule in the vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault_location: Option<String>,
    /// The service account of this namespace with whose rights objects are read.
    #[schemars(length(min = 1, max = 253))]
    pub service_account_name: String,
    /// Which objects are taken. Default: all that the service account may read.
    #[serde(default)]
    pub selection: Selection,
    /// BackupHooks that run around pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookReference>,
    /// Make no scheduled backups for now. Points expire as before; runs that were missed are not made up for.
    #[serde(default)]
    pub suspend: bool,
    /// Whether this is protected, and what becomes of its points when it is not any more.
    #[serde(default)]
    pub protection: ProtectionSpec,
}

/// Whether an instance is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ProtectionSpec {
    /// It is.
    #[default]
    Active,
    /// No backups are made; points expire as they would have, but for the last one.
    StopAndKeepByPolicy,
    /// No backups are made, and no point is deleted.
    StopAndKeepForever,
    /// No backups are made, and all points are deleted, the last one too.
    StopAndDelete,
}

/// What is known of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupInstanceStatus {
    /// Ready: whether backups can be made. Protected: whether the newest point is as young as the policy wants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Conditions,
    /// The last run that a schedule or a person began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<LastRun>,
    /// When the newest whole point was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub last_success: Option<Timestamp>,
    /// The time for which the last scheduled run was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub last_scheduled: Option<Timestamp>,
    /// Since when the present schedule holds. Runs before that are not made up for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub scheduled_since: Option<Timestamp>,
    /// The schedule that holds, as the policy writes it; so that another one is noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// When the next run begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub next_run: Option<Timestamp>,
    /// How many recovery points there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
}

/// The last run of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastRun {
    /// Name of the Backup.
    pub name: String,
    /// How it ended, or how far it is.
    pub phase: Phase,
}

impl From<ProtectionSpec> for Protection {
    fn from(protection: ProtectionSpec) -> Self {
        match protection {
            ProtectionSpec::Active => Protection::Active,
            ProtectionSpec::StopAndKeepByPolicy => Protection::StoppedKeepByPolicy,
            ProtectionSpec::StopAndKeepForever => Protection::StoppedKeepForever,
            ProtectionSpec::StopAndDelete => Protection::StoppedDelete,
        }
    }
}
