//! Restore: one run.

use super::column::moment;
use super::{Conditions, Finding, HookReference, Phase, RunProgress, Selection};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One restore of a RecoveryPoint.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "lazarette.dev",
    version = "v1alpha1",
    kind = "Restore",
    plural = "restores",
    namespaced,
    status = "RestoreStatus",
    derive = "PartialEq",
    shortname = "lres",
    category = "lazarette",
    doc = "One restore of a RecoveryPoint of the same namespace, with the rights of a service account of that namespace: nobody gets by it what the account could not create.",
    printcolumn(name = "Point", type_ = "string", json_path = ".spec.recoveryPoint"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(
        name = "Task",
        type_ = "string",
        json_path = ".status.progress.task",
        priority = 1
    ),
    printcolumn(name = "Objects", type_ = "integer", json_path = ".status.progress.done"),
    printcolumn(name = "Errors", type_ = "integer", json_path = ".status.errorCount"),
    printcolumn(name = "Warnings", type_ = "integer", json_path = ".status.warningCount"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct RestoreSpec {
    /// Name of the RecoveryPoint in this namespace.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("a run cannot be changed: make another Restore"))]
    pub recovery_point: String,
    /// The service account of this namespace with whose rights objects are created.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("a run cannot be changed: make another Restore"))]
    pub service_account_name: String,
    /// Which objects are restored. Namespaces are those in the backup. Default: all.
    #[serde(default)]
    #[x_kube(validation = Rule::new("self == oldSelf").message("a run cannot be changed: make another Restore"))]
    pub selection: Selection,
    /// From the namespace in the backup to the one in the cluster.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub namespace_mappings: BTreeMap<String, String>,
    /// What happens to objects that exist already and differ.
    #[serde(default)]
    pub conflict_policy: ConflictPolicySpec,
    /// Name of a ConfigMap in this namespace with rules that change objects on their way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_modifier: Option<String>,
    /// RestoreHooks that run in pods which the restore creates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookReference>,
    /// Set it to end the run. What was restored so far stays.
    #[serde(default)]
    #[x_kube(validation = Rule::new("self || !oldSelf").message("a run that was cancelled stays so"))]
    pub cancel: bool,
}

/// What happens to objects that exist already and differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConflictPolicySpec {
    /// The live object stays as it is.
    #[default]
    Skip,
    /// Fields of the backup are brought back, what is only in the live object stays.
    Patch,
}

/// What is known of a restore.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreStatus {
    /// How far it is.
    #[serde(default)]
    pub phase: Phase,
    /// Why it failed, waits or was cancelled, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// An id that stands in every line of the log about this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub completed_at: Option<Timestamp>,
    /// What is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<RunProgress>,
    /// What could not be restored: the first of these. The report in the store has all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Finding>,
    /// How many there are.
    #[serde(default)]
    pub error_count: i64,
    /// What was not as it should be: the first of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Finding>,
    /// How many there are.
    #[serde(default)]
    pub warning_count: i64,
    /// Complete: whether the run is over and all was restored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Conditions,
}
