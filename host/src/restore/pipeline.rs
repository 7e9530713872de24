//! The steps of an object that need no cluster: prepare, modify, place, decide. They run on worker threads.

use super::decide::{Action, Decision, decide};
use super::diff::Diff;
use super::ground::{Ground, Missing};
use super::item::{Item, Slot};
use super::place::{Mapping, place};
use super::prepare::{Context, left_out, prepare};
use super::report::{ActionName, Note, ObjectReport, RuleReport};
use super::request::OnModifierError;
use super::resolvers::Resolvers;
use super::select::Selection;
use crate::archive::ArchivedObject;
use crate::modify::{CompiledRules, RuleOutcome};
use crate::object::{Object, ObjectId, ResourceType};
use crate::plugin::{Batch, Operation};
use crate::report::{Code, Problem};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What all objects of a restore go through, shared by its workers.
pub(super) struct Pipeline {
    /// The operation that plugins are called in.
    pub operation: Arc<Operation>,
    /// Which objects are restored.
    pub selection: Selection,
    /// What preparing needs to know.
    pub context: Context,
    /// The resource modifiers, if there are any.
    pub rules: Option<CompiledRules>,
    /// What a failed modifier means.
    pub on_modifier_error: OnModifierError,
    /// Where objects go.
    pub mapping: Mapping,
    /// Who decides about what exists.
    pub resolvers: Resolvers,
    /// Whether this is a plan, which shows how objects change.
    pub planned: bool,
    /// Set when a modifier failed and that stops the restore.
    pub aborted: AtomicBool,
    /// What the cluster does not serve, and how many objects are left out because of that.
    pub not_served: Mutex<BTreeMap<String, usize>>,
}

/// Why objects are left out of a restore that was stopped.
pub(super) const ABORTED: &str = "a resource modifier failed, which stops this restore";

impl Pipeline {
    /// The namespaces in the cluster that objects go to.
    pub(super) fn target_namespaces(&self) -> BTreeSet<String> {
        self.selection
            .namespaces
            .iter()
            .map(|namespace| self.mapping.of(namespace).to_owned())
            .collect()
    }

    /// Take an object from the backup to where a decision about it can be made. None when it is not to be restored.
    pub(super) fn begin(&self, entry: Entry, ground: &Ground, batch: &mut Batch) -> Option<Slot> {
        let object = match entry.and_then(read) {
            Ok(object) => object,
            Err(report) => return Some(Slot::Closed(report)),
        };
        if !self.selection.wants(&object) {
            return None;
        }
        let report = ObjectReport::of(object.id.clone());
        if let Some(first) = self.selection.double_of(&object.id) {
            return Some(double(report, first).into());
        }
        if let Some(reason) = left_out(&object) {
            return Some(report.ended(ActionName::Skip, reason).into());
        }
        Some(self.shape(object, report, ground, batch))
    }

    /// Prepare, modify and place.
    fn shape(
        &self,
        mut object: Object,
        mut report: ObjectReport,
        ground: &Ground,
        batch: &mut Batch,
    ) -> Slot {
        report.notes.extend(prepare(&mut object, &self.context));
        let prepared = self.planned.then(|| object.json.clone());
        if let Some(failure) = self.modify(&mut object, &mut report, batch) {
            return report.refused(failure).into();
        }
        report.notes.extend(place(&mut object, &self.mapping));
        let of = ground.of(&object);
        report.target = target(&object, of.as_ref().ok());
        report.modification = prepared.and_then(|prepared| modification(prepared, &object));
        match of {
            Ok(of) => Slot::Open(Box::new(Item {
                wanted: object,
                of,
                live: None,
                action: None,
                report,
            })),
            Err(missing) => {
                let reason = missing.to_string();
                if let Missing::Type(of) = missing {
                    *lock(&self.not_served).entry(of).or_default() += 1;
                }
                report.ended(ActionName::LeaveOut, reason).into()
            }
        }
    }

    /// Apply the rules of the resource modifiers. What is returned ends the object.
    fn modify(&self, object: &mut Object, report: &mut ObjectReport, batch: &mut Batch) -> Option<Problem> {
        let rules = self.rules.as_ref()?;
        let unmodified =
            (self.on_modifier_error == OnModifierError::RestoreUnmodified).then(|| object.json.clone());
        let outcome = rules.apply(batch, object);
        let failure = outcome.problems().next().cloned();
        report.rules = outcome
            .rules
            .into_iter()
            .map(|(index, outcome)| rule_report(index, outcome))
            .collect();
        report
            .notes
            .extend(outcome.notes.into_iter().map(|note| Note::of_plugin(None, note)));
        let failure = failure?;
        match (self.on_modifier_error, unmodified) {
            (OnModifierError::RestoreUnmodified, Some(unmodified)) => {
                object.json = unmodified;
                let message = format!("it is restored unmodified: {}", failure.message);
                report.notes.push(Note {
                    plugin: None,
                    code: "modifier-failed".into(),
                    message,
                    pointer: None,
                });
                return None;
            }
            (OnModifierError::Abort, _) => self.aborted.store(true, Ordering::Relaxed),
            _ => {}
        }
        Some(failure)
    }

    /// Decide about an object whose live state has been read.
    pub(super) fn decide(&self, mut item: Box<Item>, batch: &mut Batch) -> Slot {
        if self.aborted.load(Ordering::Relaxed) {
            return item.report.ended(ActionName::LeaveOut, ABORTED).into();
        }
        let resolver = match self.resolvers.of(&item.of.resource) {
            Ok(resolver) => resolver,
            Err(error) => return item.fail(error),
        };
        let Item { wanted, live, .. } = item.as_mut();
        let decision = decide(wanted, live.as_mut(), &self.context, |wanted, live| {
            batch.resolve(resolver, wanted, live)
        });
        let Decision { action, notes } = match decision {
            Ok(decision) => decision,
            Err(error) => return item.fail(error),
        };
        let policy = self.resolvers.name(&item.of.resource).to_owned();
        item.report
            .notes
            .extend(notes.into_iter().map(|note| Note::of_plugin(Some(&policy), note)));
        if self.planned {
            item.report.diff = self.difference(&item, &action);
        }
        let skipped = matches!(action, Action::Skip { .. });
        item.decide(action);
        match skipped || self.planned {
            true => Slot::Closed(Box::new(item.report)),
            false => Slot::Open(item),
        }
    }

    /// How the live object would change.
    fn difference(&self, item: &Item, action: &Action) -> Option<Diff> {
        let live = item.live.as_ref()?;
        // A modifier that makes something else of a Secret does not make its values known.
        let of = match item.wanted.id.resource.is("", "secrets") {
            true => &item.wanted.id.resource,
            false => &item.of.resource,
        };
        match action {
            Action::Patch { patched } => Diff::between(of, &live.json, patched),
            Action::Replace { .. } | Action::Recreate => {
                let mut live = live.clone();
                prepare(&mut live, &self.context);
                Diff::between(of, &live.json, &item.wanted.json)
            }
            Action::Create | Action::Skip { .. } | Action::Rename { .. } => None,
        }
    }
}

/// An object of the backup, or the report on a damaged one.
pub(super) type Entry = Result<ArchivedObject, Box<ObjectReport>>;

/// The object in `archived`.
fn read(archived: ArchivedObject) -> Result<Object, Box<ObjectReport>> {
    let id = archived.id.clone();
    match archived.parse() {
        Ok(object) if object.json.is_object() => Ok(object),
        Ok(_) => Err(damaged(id, "it is no object".to_owned())),
        Err(error) => Err(damaged(id, format!("it is not JSON: {error}"))),
    }
}

/// The report on an object that is not what its writer wrote.
pub(super) fn damaged(id: ObjectId, message: String) -> Box<ObjectReport> {
    Box::new(ObjectReport::of(id).refused(Problem::new(Code::DamagedBackup, message)))
}

/// How modifiers and the mapping of namespaces changed the object, but for its own namespace: the report says that.
fn modification(mut prepared: Value, object: &Object) -> Option<Diff> {
    let namespace = object.json.pointer("/metadata/namespace").cloned();
    if let Some((place, namespace)) = prepared.pointer_mut("/metadata/namespace").zip(namespace) {
        *place = namespace;
    }
    Diff::between(&object.id.resource, &prepared, &object.json)
}

/// Who the placed object is in the cluster.
fn target(object: &Object, of: Option<&ResourceType>) -> ObjectId {
    let text = |pointer| {
        object
            .json
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    ObjectId {
        resource: of.map_or(&object.id.resource, |of| &of.resource).clone(),
        namespace: object
            .id
            .namespace
            .as_ref()
            .and_then(|_| text("/metadata/namespace")),
        name: text("/metadata/name").unwrap_or_else(|| object.id.name.clone()),
    }
}

/// The report of an object of which another one takes the place, because two namespaces are mapped to one.
fn double(report: ObjectReport, first: &ObjectId) -> ObjectReport {
    match report.id.resource.is("", "namespaces") {
        true => report.ended(ActionName::Skip, format!("{first} is restored in its place")),
        false => {
            let message =
                format!("{first} is restored to the same place, because two namespaces are mapped to one");
            report.refused(Problem::new(Code::AlreadyExists, message))
        }
    }
}

fn rule_report(index: usize, outcome: RuleOutcome) -> RuleReport {
    let report = RuleReport {
        rule: index + 1,
        changed: false,
        skipped: None,
        failed: None,
    };
    match outcome {
        RuleOutcome::Changed => RuleReport {
            changed: true,
            ..report
        },
        RuleOutcome::Unchanged => report,
        RuleOutcome::Left { reason } => RuleReport {
            skipped: Some(reason),
            ..report
        },
        RuleOutcome::Failed(problem) => RuleReport {
            failed: Some(problem.message),
            ..report
        },
    }
}

/// A worker that panicked has left the counts whole, so the poison means nothing.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
