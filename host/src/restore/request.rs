//! What a restore is asked to do.

use super::commitment::PlanKey;
use super::policy::ConflictPolicies;
use super::report::ObjectReports;
use crate::hooks::Hook;
use crate::modify::{Rules, ThirdParty};
use crate::object::FilterSpec;
use crate::plugin::Answered;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Plugins that are not ours, by the names under which rules and conflict policies use them.
pub type Plugins = BTreeMap<String, ThirdParty>;

/// What a restore is asked to do. The same request gives the same plan and the same restore.
#[derive(Clone)]
pub struct RestoreRequest {
    /// Name of the restore, which its report carries.
    pub name: String,
    /// The time of the operation, which plugins see.
    pub time: jiff::Timestamp,
    /// Which objects of the backup are restored. Namespaces are those in the backup.
    pub filter: FilterSpec,
    /// From the namespace in the backup to the one in the cluster. Namespaces that are not named keep theirs.
    pub namespace_mappings: BTreeMap<String, String>,
    /// Rules that change objects on their way, if there are any.
    pub modifiers: Option<Rules>,
    /// What happens to an object that a rule of the modifiers failed on.
    pub on_modifier_error: OnModifierError,
    /// What happens to objects that exist already.
    pub conflict_policies: ConflictPolicies,
    /// Plugins that rules and conflict policies name.
    pub plugins: Plugins,
    /// Hooks, for pods that are created.
    pub hooks: Vec<Hook>,
    /// Whether annotations of pods are hooks too. Whoever may write a pod may then have commands run in it.
    pub hook_annotations: bool,
    /// Run hooks again of which an earlier, interrupted run of this restore does not say how they ended.
    pub retry_hooks: bool,
    /// Restore what is whole where a part of the backup is damaged. Without it such a backup is refused.
    pub skip_damaged: bool,
    /// Keep all node ports of services, also those that the server chose and may have given away since.
    pub preserve_node_ports: bool,
    /// Whether claims get the data that belongs to the backup.
    pub volumes: VolumeMode,
    /// How long each of their volumes is waited for.
    pub volume_timeout: Duration,
    /// In a plan: ask the server what it would say to each object that would be written.
    pub server_dry_run: bool,
    /// The secret of a plan that is to be saved, or of the one that is applied: with it, each object of a plan says under
    /// which condition, and for what, it holds.
    pub plan_key: Option<PlanKey>,
    /// What a saved plan says about each object. What is not so any more is left out.
    pub agreed: Option<ObjectReports>,
    /// What plugins looked up when that plan was made: another answer ends the call of the plugin that asks.
    pub agreed_look_ups: Vec<Answered>,
    /// Change nothing where one of them is not so any more.
    pub strict: bool,
}

impl RestoreRequest {
    /// Everything in the backup, into namespaces of the same names, leaving alone what exists.
    pub fn new(name: impl Into<String>, time: jiff::Timestamp) -> Self {
        RestoreRequest {
            name: name.into(),
            time,
            filter: FilterSpec::default(),
            namespace_mappings: BTreeMap::new(),
            modifiers: None,
            on_modifier_error: OnModifierError::default(),
            conflict_policies: ConflictPolicies::default(),
            plugins: Plugins::new(),
            hooks: Vec::new(),
            hook_annotations: false,
            retry_hooks: false,
            skip_damaged: false,
            preserve_node_ports: false,
            volumes: VolumeMode::default(),
            volume_timeout: VolumeMode::TIMEOUT,
            server_dry_run: false,
            plan_key: None,
            agreed: None,
            agreed_look_ups: Vec::new(),
            strict: false,
        }
    }
}

/// Whether a restore brings back the data of volumes: `persistentVolumeRestoreMode` of AKS Backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeMode {
    /// Claims become volumes with the data of their snapshots.
    #[default]
    #[serde(rename = "RestoreWithVolumeData")]
    WithData,
    /// Claims are restored as they are, and get empty volumes.
    #[serde(rename = "RestoreWithoutVolumeData")]
    WithoutData,
}

impl VolumeMode {
    /// How long a volume is waited for where nothing is said: drivers that copy are slow.
    pub const TIMEOUT: Duration = Duration::from_mins(10);

    /// Whether data is restored.
    pub(super) fn is_default(&self) -> bool {
        *self == VolumeMode::default()
    }
}

/// What happens to an object that a resource modifier failed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnModifierError {
    /// It is not restored, and reported.
    #[default]
    SkipObject,
    /// It is restored as it is in the backup, with a note. What Velero does.
    RestoreUnmodified,
    /// The restore stops; what was restored so far stays.
    Abort,
}

/// A text that says nothing about failed modifiers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is none of 'skip-object', 'restore-unmodified' and 'abort'")]
pub struct ParseOnModifierErrorError(String);

impl std::str::FromStr for OnModifierError {
    type Err = ParseOnModifierErrorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "skip-object" => Ok(OnModifierError::SkipObject),
            "restore-unmodified" => Ok(OnModifierError::RestoreUnmodified),
            "abort" => Ok(OnModifierError::Abort),
            _ => Err(ParseOnModifierErrorError(text.to_owned())),
        }
    }
}
