//! The custom resources of `lazarette.dev/v1alpha1`, through which a cluster is protected by its controller.
//!
//! Each resource is a Rust type of which its definition follows: `kubectl explain` shows the comments of this module.
//! What an API server cannot check (a time zone, a schedule that never comes) is checked when a resource is used.

#![expect(
    clippy::duplicated_attributes,
    reason = "what kubectl shows is a list of attributes, of which some have a type or a field in common"
)]

mod aks_policy;
mod backup;
mod column;
mod condition;
mod definitions;
mod filter;
mod instance;
mod location;
mod plugin;
mod point;
mod policy;
mod preset;
mod reading;
mod reference;
mod restore;
mod run;
#[cfg(test)]
mod tests;
mod windows_zones;

pub use aks_policy::import as import_aks_policy;
pub use backup::{Backup, BackupSpec, BackupStatus};
pub use condition::{Condition, ConditionStatus, Conditions};
pub use definitions::definitions;
pub use filter::{ClusterResources, Selection};
pub use instance::{BackupInstance, BackupInstanceSpec, BackupInstanceStatus, LastRun, ProtectionSpec};
pub use location::{AccessMode, BackupLocation, BackupLocationSpec, BackupLocationStatus, LocationTier};
pub use plugin::{Plugin, PluginLimits, PluginSpec, PluginStatus};
pub use point::{PointState, RecoveryPoint, RecoveryPointSpec, TierSpec};
pub use policy::{
    BackupPolicy, BackupPolicySpec, BackupPolicyStatus, CopyTime, RetentionRuleSpec, RetentionTag,
    ScheduleSpec, VaultRuleSpec,
};
pub use preset::Strategy;
pub use reference::{HookReference, SecretReference};
pub use restore::{ConflictPolicySpec, Restore, RestoreSpec, RestoreStatus};
pub use run::{Finding, MOST_FINDINGS, Phase, RunProgress};

/// The group of the resources.
pub const GROUP: &str = "lazarette.dev";

/// Their version.
pub const VERSION: &str = "v1alpha1";
