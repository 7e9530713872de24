//! Hooks: what is done in pods before and after they are backed up, and after they are restored.
//!
//! BackupHook and RestoreHook of AKS Backup are read here ([`Hook::parse_all`], [`HookDocument::fetch`]), and so are
//! Velero's annotations of pods ([`of_annotations`]). Which pods a hook is for is told by its [`PodSelection`]. What it
//! does there is done by a plugin in the sandbox, the commands of these resources by the built-in `exec-hooks`:
//! [`Hooks`] holds both, and an [`Attendance`] has them act around one pod.

mod annotations;
mod attempt;
mod attendance;
mod command;
mod crds;
mod document;
mod error;
mod fetch;
mod frozen;
mod hook;
mod phase;
mod planned;
mod pod;
mod pods;
mod prepared;
mod record;
mod recorded;
mod seconds;
mod selection;
mod source;
mod thaw;

#[cfg(test)]
mod tests;

pub use annotations::{Side, of_annotations};
pub use attempt::{Attempt, Ending};
pub use attendance::{Attendance, HookResult};
pub use command::{Command, OnError, Wait};
pub use crds::crds;
pub use error::HookError;
pub use frozen::{Frozen, Left, Thawing, UnreadNote, Unreadable, frozen, frozen_pods};
pub use hook::{Action, Commands, Hook, PluginUse};
pub use phase::Phase;
pub use planned::PlannedStep;
pub use pod::{RunningPod, Standing, container_names};
pub use pods::Pods;
pub use prepared::{Hooks, PreparedHook};
pub use record::{HookRecord, PodFacts};
pub use selection::PodSelection;
pub use source::HookDocument;
pub use thaw::{FrozenHook, FrozenPod, PodName, ThawRecord};
