//! What a restore would do, or has done, in a form for scripts.

mod objects;
mod volume;

pub use objects::ObjectReports;
pub use volume::{VolumeReport, VolumeState};

use super::commitment::Commitment;
use super::decide::EQUAL;
use super::diff::Diff;
use crate::hooks::{Attempt, PlannedStep};
use crate::object::ObjectId;
use crate::plugin::{Answered, PluginReport};
use crate::report::{Code, Outcome, Problem};
use serde::{Deserialize, Serialize};

/// What a restore would do (a plan) or has done. The names of its fields are stable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreReport {
    /// Whether this is a plan: nothing was changed.
    pub planned: bool,
    /// Name of the backup.
    pub backup: String,
    /// Name of the restore.
    pub restore: String,
    /// Address of the cluster.
    pub cluster: String,
    /// The time of the operation, which plugins saw.
    pub time: jiff::Timestamp,
    /// How it ended, or would end: computed from the objects.
    pub outcome: Outcome,
    /// Whether it ended before all of it was looked at, because somebody interrupted it or the cluster was given up: run
    /// again under its name, it goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// How many objects came to what.
    pub totals: Totals,
    /// Every object that the filters select, and every namespace that is created because one of them needs it: in
    /// the order of restoring.
    pub objects: ObjectReports,
    /// What went wrong and is not about one object alone, such as a resource type that the cluster does not serve.
    pub problems: Vec<Problem>,
    /// What the user should know and is about no object.
    pub warnings: Vec<String>,
    /// What hooks would do. Only in a plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned_hooks: Vec<PlannedStep>,
    /// Each command that hooks ran, or were to run, by pod and then in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hook_attempts: Vec<Attempt>,
    /// The volumes that are made from snapshots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<VolumeReport>,
    /// What each plugin did that was called, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginReport>,
    /// What plugins looked up, with digests of the answers: in a plan that is saved and in its application, where they are
    /// the same unless the cluster has changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub look_ups: Vec<Answered>,
}

/// What would happen, or has happened, to an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReport {
    /// Who it is in the backup.
    pub id: ObjectId,
    /// Who it is in the cluster: its namespace mapped, and under the name that a modifier or resolver gave it.
    pub target: ObjectId,
    /// What was decided. Where there is a problem it was not done.
    pub action: ActionName,
    /// Why it is skipped or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the resource modifiers did, rule by rule; only rules that matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleReport>,
    /// How resource modifiers, the namespace mapping and hooks changed the object of the backup, but for its own
    /// namespace. Only in a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modification: Option<Diff>,
    /// How the live object would change. Only in a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// What the user should know about the object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// What the application of the plan checks. Only in a plan that is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Commitment>,
    /// Why it was not, or would not be, restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl ObjectReport {
    /// Whether the cluster does not have the object as decided: it was refused, left out, or could not be written.
    pub fn is_lost(&self) -> bool {
        self.problem.is_some() || matches!(self.action, ActionName::Refuse | ActionName::LeaveOut)
    }

    /// Whether the backup does not hold the object as it was written.
    pub fn is_damaged(&self) -> bool {
        self.problem
            .as_ref()
            .is_some_and(|problem| problem.code == Code::DamagedBackup)
    }

    /// Whether nothing was to be done.
    pub fn is_skipped(&self) -> bool {
        self.action == ActionName::Skip
    }

    /// Whether nothing was to be done because the cluster has the object just so.
    pub fn is_equal(&self) -> bool {
        self.is_skipped() && self.reason.as_deref() == Some(EQUAL)
    }

    /// Whether the cluster was, or would be, changed.
    pub fn is_done(&self) -> bool {
        !self.is_lost() && !self.is_skipped()
    }
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActionName {
    /// It is new.
    Create,
    /// The live object stays as it is, or a built-in rule does not restore such an object.
    Skip,
    /// The live object gets some fields of the backup.
    Patch,
    /// The object of the backup takes the place of the live one.
    Replace,
    /// The live object is deleted and the one of the backup created.
    Recreate,
    /// The object is created under another name.
    Rename,
    /// It cannot be restored; the problem says why.
    Refuse,
    /// Something that it needs could not be restored, or the restore was stopped; the reason says what.
    LeaveOut,
}

impl std::fmt::Display for ActionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            ActionName::Create => "create",
            ActionName::Skip => "skip",
            ActionName::Patch => "patch",
            ActionName::Replace => "replace",
            ActionName::Recreate => "recreate",
            ActionName::Rename => "rename",
            ActionName::Refuse => "refuse",
            ActionName::LeaveOut => "leave out",
        })
    }
}

/// What a rule of the resource modifiers did to an object that it matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// Position of the rule in its document, from 1.
    pub rule: usize,
    /// Whether it changed the object.
    pub changed: bool,
    /// Why it left the object as it is, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Something that a user should know about an object, and that decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// The plugin that says it; none where the restore itself does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// A few lower-case words with hyphens.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Where in the object, if anywhere: a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

impl Note {
    /// A note of the restore itself.
    pub fn new(code: &str, message: impl Into<String>, pointer: impl Into<String>) -> Self {
        Note {
            plugin: None,
            code: code.to_owned(),
            message: message.into(),
            pointer: Some(pointer.into()),
        }
    }
}

/// How many objects came to what. Each object counts once: as failed where it has a problem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// New ones, those under another name included.
    pub created: usize,
    /// Patched, replaced and recreated ones.
    pub changed: usize,
    /// Those that stay as they are, or are not restored by a built-in rule.
    pub skipped: usize,
    /// Those that could not be restored.
    pub failed: usize,
    /// Those left out because something that they need failed.
    pub left_out: usize,
}

impl Totals {
    /// Count an object.
    pub(super) fn add(&mut self, object: &ObjectReport) {
        *match object.action {
            _ if object.problem.is_some() => &mut self.failed,
            ActionName::Create | ActionName::Rename => &mut self.created,
            ActionName::Patch | ActionName::Replace | ActionName::Recreate => &mut self.changed,
            ActionName::Skip => &mut self.skipped,
            ActionName::Refuse => &mut self.failed,
            ActionName::LeaveOut => &mut self.left_out,
        } += 1;
    }

    /// All objects.
    pub fn all(&self) -> usize {
        self.created + self.changed + self.skipped + self.failed + self.left_out
    }

    /// The outcome of an operation with these results and `problems` beside them: failed only when there was
    /// something to restore and none of it was.
    pub fn outcome(&self, problems: usize) -> Outcome {
        let failed = self.failed + self.left_out + problems;
        match failed > 0 && self.created + self.changed + self.skipped == 0 {
            true => Outcome::Failed,
            false => Outcome::of_failures(failed),
        }
    }
}
