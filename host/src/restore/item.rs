//! An object on its way through a restore.

use super::decide::Action;
use super::live::Live;
use super::owners::Owner;
use super::report::{ActionName, Note, ObjectReport};
use super::secrets::SecretValues;
use crate::object::{Object, ObjectId, ResourceType};
use crate::plugin;
use crate::report::{Code, Problem};
use serde_json::Value;
use std::borrow::Cow;

/// An object that is placed and waits for a decision, or for it to be carried out.
pub(super) struct Item {
    /// The object as it would be created.
    pub wanted: Object,
    /// Its type in the cluster.
    pub of: ResourceType,
    /// What is in the cluster under its name.
    pub live: Live,
    /// What was decided.
    pub action: Option<Action>,
    /// Whether it was written, and the answer lost: so it may be there already.
    pub doubtful: bool,
    /// Why it has to be looked at again, where that is not because the live object has changed.
    pub obstacle: Option<Problem>,
    /// Its owners that have to be set again once it is created.
    pub owners: Vec<Owner>,
    /// Values that no report shows.
    pub secrets: SecretValues,
    /// What is known so far.
    pub report: ObjectReport,
}

/// Where an object of a batch is on its way.
pub(super) enum Slot {
    /// There is something left to do.
    Open(Box<Item>),
    /// What has become of it.
    Closed(Box<ObjectReport>),
}

impl Item {
    /// The name under which it is looked for in the cluster.
    pub(super) fn name(&self) -> &str {
        self.wanted
            .json
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or(&self.wanted.id.name)
    }

    /// The object as it is created: under another name where that was decided.
    pub(super) fn new_object(&self) -> Cow<'_, Value> {
        let Some(Action::Rename { name }) = &self.action else {
            return Cow::Borrowed(&self.wanted.json);
        };
        let mut object = self.wanted.json.clone();
        if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.insert("name".to_owned(), name.as_str().into());
        }
        Cow::Owned(object)
    }

    /// Who is about to be written, and the live object in its place.
    pub(super) fn written(&self) -> (ObjectId, Option<&Object>) {
        let target = self.report.target.clone();
        match (&self.action, &self.live) {
            (Some(Action::Rename { name }), _) => {
                let name = name.clone();
                (ObjectId { name, ..target }, None)
            }
            (_, Live::Read(live)) => (target, Some(live)),
            (_, Live::Unread | Live::Absent | Live::Listed(_)) => (target, None),
        }
    }

    /// The live object, where it has been read.
    pub(super) fn live(&self) -> Option<&Value> {
        match &self.live {
            Live::Read(object) => Some(&object.json),
            Live::Unread | Live::Absent | Live::Listed(_) => None,
        }
    }

    /// Whether it was decided to create it.
    pub(super) fn is_new(&self) -> bool {
        matches!(
            self.action,
            Some(Action::Create | Action::Recreate | Action::Rename { .. })
        )
    }

    /// Take the live object that was read or listed out of the item; none where there is none.
    pub(super) fn take_live(&mut self) -> Result<Option<Object>, Problem> {
        match std::mem::take(&mut self.live) {
            Live::Unread | Live::Absent => Ok(None),
            Live::Read(object) => Ok(Some(*object)),
            Live::Listed(json) => {
                let json = serde_json::from_str(&json).map_err(|error| {
                    let message = format!("the cluster listed an object that is no JSON: {error}");
                    Problem::new(Code::ClusterAnswer, message)
                })?;
                Ok(Object::new(&self.of, json))
            }
        }
    }

    /// Take over what was decided.
    pub(super) fn decide(&mut self, action: Action) {
        self.report.action = match &action {
            Action::Create => ActionName::Create,
            Action::Skip { .. } => ActionName::Skip,
            Action::Patch { .. } => ActionName::Patch,
            Action::Replace { .. } => ActionName::Replace,
            Action::Recreate => ActionName::Recreate,
            Action::Rename { .. } => ActionName::Rename,
        };
        self.report.reason = match &action {
            Action::Skip { reason } => Some(reason.clone()),
            _ => None,
        };
        if let Action::Rename { name } = &action {
            self.report.target.name.clone_from(name);
        }
        self.action = Some(action);
    }

    /// End because the cluster was given up before it was the object's turn: one problem tells it for all of them.
    pub(super) fn leave_out(self: Box<Self>) -> Slot {
        let reason = "the restore was stopped before";
        self.report.ended(ActionName::LeaveOut, reason).into()
    }

    /// End with a problem.
    pub(super) fn fail(mut self: Box<Self>, problem: impl Into<Problem>) -> Slot {
        let mut problem = problem.into().about(&self.report.id);
        problem.message = self.secrets.mask_text(problem.message);
        self.report.problem = Some(problem);
        Slot::Closed(Box::new(self.report))
    }
}

impl ObjectReport {
    /// The report of an object about which nothing is known yet: it would be created where it was.
    pub(super) fn of(id: ObjectId) -> Self {
        ObjectReport {
            target: id.clone(),
            id,
            action: ActionName::Create,
            reason: None,
            rules: Vec::new(),
            modification: None,
            diff: None,
            notes: Vec::new(),
            commitment: None,
            problem: None,
        }
    }

    /// The same, ended: it is not restored because of `reason`, by `action`.
    #[must_use]
    pub(super) fn ended(mut self, action: ActionName, reason: impl Into<String>) -> Self {
        self.action = action;
        self.reason = Some(reason.into());
        self
    }

    /// The same, ended by a problem.
    #[must_use]
    pub(super) fn refused(mut self, problem: impl Into<Problem>) -> Self {
        self.action = ActionName::Refuse;
        self.problem = Some(problem.into().about(&self.id));
        self
    }
}

impl Note {
    /// What `plugin` wants the user to know.
    pub(super) fn of_plugin(plugin: Option<&str>, note: plugin::Note) -> Self {
        Note {
            plugin: plugin.map(str::to_owned),
            code: note.code,
            message: note.message,
            pointer: note.pointer,
        }
    }
}

impl From<ObjectReport> for Slot {
    fn from(report: ObjectReport) -> Self {
        Slot::Closed(Box::new(report))
    }
}
