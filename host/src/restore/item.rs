//! An object on its way through a restore.

use super::decide::Action;
use super::report::{ActionName, Note, ObjectReport};
use crate::object::{Object, ObjectId, ResourceType};
use crate::plugin;
use crate::report::Problem;
use serde_json::Value;

/// An object that is placed and waits for a decision, or for it to be carried out.
pub(super) struct Item {
    /// The object as it would be created.
    pub wanted: Object,
    /// Its type in the cluster.
    pub of: ResourceType,
    /// What is in the cluster under its name, where that has been read.
    pub live: Option<Object>,
    /// What was decided.
    pub action: Option<Action>,
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
    pub(super) fn new_object(&self) -> Value {
        let mut object = self.wanted.json.clone();
        if let Some(Action::Rename { name }) = &self.action
            && let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("name".to_owned(), name.as_str().into());
        }
        object
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

    /// End with a problem.
    pub(super) fn fail(mut self: Box<Self>, problem: impl Into<Problem>) -> Slot {
        self.report.problem = Some(problem.into().about(&self.report.id));
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
