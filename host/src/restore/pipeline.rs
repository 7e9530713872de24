//! The steps of an object that need no cluster: prepare, modify, place, decide. They run on worker threads.

use super::agreed::Agreed;
use super::commitment::PlanKey;
use super::decide::{Action, Decision, EQUAL, decide};
use super::diff::Diff;
use super::ground::{Ground, Missing};
use super::item::{Item, Slot};
use super::live::Live;
use super::marks::{self, Marks};
use super::owners::{Owned, owners};
use super::place::{Mapping, place};
use super::policy::ConflictPolicy;
use super::prepare::{Context, prepare};
use super::report::{ActionName, Note, ObjectReport, RuleReport};
use super::request::OnModifierError;
use super::resolvers::Resolvers;
use super::secrets::SecretValues;
use super::select::Selection;
use super::service_account;
use super::types::Unserved;
use crate::archive::ArchivedObject;
use crate::modify::{CompiledRules, RuleOutcome};
use crate::object::{Object, ObjectId, ResourceType};
use crate::plugin::{Batch, Operation, PluginReport};
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
    /// Whether a plan asks the server about what it would write.
    pub server_dry_run: bool,
    /// Labels of what is written; none where it goes into a folder.
    pub marks: Option<Marks>,
    /// The secret of a plan that is saved, or of the one that is applied.
    pub plan_key: Option<PlanKey>,
    /// The saved plan that is applied, if one is.
    pub agreed: Option<Agreed>,
    /// Set when a modifier failed and that stops the restore.
    pub aborted: AtomicBool,
    /// Objects that are in the cluster without their owners.
    pub owned: Mutex<Vec<Owned>>,
    /// What the cluster does not serve, and how many objects are left out because of that.
    pub not_served: Mutex<BTreeMap<Unserved, usize>>,
}

/// Why an object that this restore has written already is skipped.
pub(super) const DONE_BEFORE: &str = "this restore has put it there already";

/// The same of an object that was there before the restore changed it.
pub(super) const CHANGED_BEFORE: &str = "this restore has changed it already";

/// Why a claim that has data in the backup is skipped, and what to do about it.
const CLAIM_EXISTS: &str = "the claim exists, so it is not touched and its data is not restored";
const CLAIM_EXISTS_ACTION: &str = "to have the data of the backup, delete the claim and the pods that use it, or restore \
     into another namespace with --namespace-mappings";

/// Why objects are left out of a restore that was stopped.
pub(super) const ABORTED: &str = "a resource modifier failed, which stops this restore";

impl Pipeline {
    /// What each plugin did that was called.
    pub(super) fn plugin_reports(&self) -> Vec<PluginReport> {
        let of_rules = self.rules.iter().flat_map(CompiledRules::plugin_reports);
        PluginReport::by_plugin(of_rules.chain(self.resolvers.reports()))
    }

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
        let data = &self.context.data;
        let left_out = data
            .left_out(&object)
            .or_else(|| self.selection.left_out(&object));
        if let Some(reason) = left_out {
            return Some(report.ended(ActionName::Skip, reason).into());
        }
        if let Some(problem) = data.refused(&object.id) {
            return Some(report.refused(problem.clone()).into());
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
        let secrets = SecretValues::of(&object);
        let owners = match self.marks {
            Some(_) => owners(&object),
            None => Vec::new(),
        };
        report.notes.extend(prepare(&mut object, &self.context));
        let prepared = self.planned.then(|| object.json.clone());
        if let Some(mut failure) = self.modify(&mut object, &mut report, batch) {
            failure.message = secrets.mask_text(failure.message);
            return report.refused(failure).into();
        }
        report.notes.extend(place(&mut object, &self.mapping));
        let of = ground.place(&mut object);
        report.target = target(&object, of.as_ref().ok().map(|(of, _)| of));
        report.modification = prepared.and_then(|prepared| modification(prepared, &object, &secrets));
        match of {
            Ok((of, former)) => {
                report.notes.extend(former.map(|former| converted(&former, &of)));
                Slot::Open(Box::new(Item {
                    wanted: object,
                    of,
                    live: Live::Unread,
                    action: None,
                    doubtful: false,
                    obstacle: None,
                    owners,
                    secrets,
                    report,
                }))
            }
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
        let mut live = match item.take_live() {
            Ok(live) => live,
            Err(problem) => return item.fail(problem),
        };
        if let (Some(marks), Some(live)) = (self.marks.as_ref().filter(|_| !self.planned), &live)
            && marks.are_on(live)
        {
            return self.already_done(item, marks.tell_change(live));
        }
        marks::remove_if(&mut item.wanted.json, self.marks.is_some());
        if live.is_some() && self.context.data.of(&item.report.id).is_some() {
            let reason = CLAIM_EXISTS.to_owned();
            item.report
                .notes
                .push(Note::new("data-not-restored", CLAIM_EXISTS_ACTION, "/spec"));
            return self.settle(item, live, Action::Skip { reason });
        }
        let resolver = match self.resolvers.of(&item.of.resource) {
            Ok(resolver) => resolver,
            Err(error) => return item.fail(error),
        };
        let decision = decide(&mut item.wanted, live.as_mut(), &self.context, |wanted, live| {
            batch.resolve(resolver, wanted, live)
        });
        let Decision { mut action, notes } = match decision {
            Ok(decision) => decision,
            Err(error) => return item.fail(error),
        };
        if let Some(patched) = self.lacking(&item, live.as_ref(), &action) {
            action = Action::Patch { patched };
        }
        let policy = self.resolvers.name(&item.of.resource);
        item.report
            .notes
            .extend(notes.into_iter().map(|note| Note::of_plugin(Some(policy), note)));
        if self.planned {
            item.report.diff = self.difference(&item, live.as_ref(), &action);
        }
        self.settle(item, live, action)
    }

    /// End an object that this restore has written already, in this run or in an earlier one. One that was only changed has
    /// the owners that it had.
    fn already_done(&self, mut item: Box<Item>, only_changed: bool) -> Slot {
        if !only_changed {
            lock(&self.owned).extend(Owned::of(&mut item));
        }
        match (item.doubtful, only_changed) {
            (true, _) => Slot::Closed(Box::new(item.report)),
            (false, true) => item.report.ended(ActionName::Skip, CHANGED_BEFORE).into(),
            (false, false) => item.report.ended(ActionName::Skip, DONE_BEFORE).into(),
        }
    }

    /// A service account that is left alone gets what it lacks all the same.
    fn lacking(&self, item: &Item, live: Option<&Object>, action: &Action) -> Option<Value> {
        let is_left_alone = matches!(action, Action::Skip { reason } if reason != EQUAL)
            && self.resolvers.name(&item.of.resource) == ConflictPolicy::Skip.plugin();
        let is_account = item.of.resource.is("", "serviceaccounts");
        match is_left_alone && is_account {
            true => service_account::merged(&item.wanted.json, &live?.json),
            false => None,
        }
    }

    /// Take over what was decided, unless a saved plan says otherwise. What has to be written stays open.
    fn settle(&self, mut item: Box<Item>, live: Option<Object>, mut action: Action) -> Slot {
        if let Some(key) = &self.plan_key {
            item.report.commitment = Some(key.commit(&item, live.as_ref(), &action));
        }
        if let Some(objection) = self
            .agreed
            .as_ref()
            .and_then(|agreed| agreed.objection(&item.report))
        {
            item.report.commitment = None;
            return objection.end(item.report).into();
        }
        if !self.planned {
            item.report.commitment = None;
        }
        if let Some(marks) = &self.marks {
            match &mut action {
                Action::Skip { .. } => {}
                Action::Patch { patched: written } | Action::Replace { replacement: written } => {
                    marks.put_on_changed(written);
                }
                Action::Create | Action::Recreate | Action::Rename { .. } => marks.put(&mut item.wanted.json),
            }
        }
        let skipped = matches!(action, Action::Skip { .. });
        item.decide(action);
        match skipped || (self.planned && !self.server_dry_run) {
            true => Slot::Closed(Box::new(item.report)),
            false => {
                item.live = live.map_or(Live::Absent, |live| Live::Read(Box::new(live)));
                Slot::Open(item)
            }
        }
    }

    /// How the live object would change.
    fn difference(&self, item: &Item, live: Option<&Object>, action: &Action) -> Option<Diff> {
        let live = live?;
        // A modifier that makes something else of a Secret does not make its values known.
        let of = match item.wanted.id.resource.is("", "secrets") {
            true => &item.wanted.id.resource,
            false => &item.of.resource,
        };
        match action {
            Action::Patch { patched } => Diff::between(of, &live.json, patched, &item.secrets),
            Action::Replace { .. } | Action::Recreate => {
                let mut live = live.clone();
                prepare(&mut live, &self.context);
                Diff::between(of, &live.json, &item.wanted.json, &item.secrets)
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
fn modification(mut prepared: Value, object: &Object, secrets: &SecretValues) -> Option<Diff> {
    let namespace = object.json.pointer("/metadata/namespace").cloned();
    if let Some((place, namespace)) = prepared.pointer_mut("/metadata/namespace").zip(namespace) {
        *place = namespace;
    }
    Diff::between(&object.id.resource, &prepared, &object.json, secrets)
}

/// What there is to say of an object whose `apiVersion` the cluster does not serve any more.
fn converted(former: &str, of: &ResourceType) -> Note {
    let now = of.resource.api_version(&of.version);
    let message = format!("the cluster does not serve {former}: the object is restored as {now}");
    Note::new("api-version-converted", message, "/apiVersion")
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
