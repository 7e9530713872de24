//! Backup: one run.

use super::column::moment;
use super::{Conditions, Finding, Phase, RetentionTag, RunProgress};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// One run of a BackupInstance.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "lazarette.dev",
    version = "v1alpha1",
    kind = "Backup",
    plural = "backups",
    namespaced,
    status = "BackupStatus",
    derive = "PartialEq",
    shortname = "lbak",
    category = "lazarette",
    doc = "One run of a BackupInstance, made by its schedule or by a person. What it leaves is a RecoveryPoint; deleting the Backup deletes nothing of that.",
    printcolumn(name = "Instance", type_ = "string", json_path = ".spec.instance"),
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
    printcolumn(name = "Point", type_ = "string", json_path = ".status.recoveryPoint"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct BackupSpec {
    /// Name of the BackupInstance in this namespace.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("a run cannot be changed: make another Backup"))]
    pub instance: String,
    /// The time for which a schedule made this run. Who makes one by hand leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub scheduled_for: Option<Timestamp>,
    /// Which rule of retention applies to the point. Default: for a run of the schedule, the one whose turn it is; else
    /// Default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_tag: Option<RetentionTag>,
    /// Set it to end the run. What was written of it is removed.
    #[serde(default)]
    #[x_kube(validation = Rule::new("self || !oldSelf").message("a run that was cancelled stays so"))]
    pub cancel: bool,
}

/// What is known of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupStatus {
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
    /// Name of the RecoveryPoint that it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_point: Option<String>,
    /// What could not be backed up: the first of these. The store has all of them.
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
    /// Complete: whether the run is over and all was backed up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Conditions,
}
