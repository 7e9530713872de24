//! The state of an instance, and what the host offers it: objects, decisions, schemas, the operation, the log.

use super::activity::Activity;
use super::bindings::modifier::lazarette::plugin as wit;
use super::bindings::waiting::hook::lazarette::plugin::events;
use super::bindings::{DecisionSlot, EventSlot, ObjectSlot, SessionSlot};
use super::clock::Clock;
use super::decision::Decisions;
use super::grants::Access as LookUpAccess;
use super::inquiry::{Inquiry, Question, type_of};
use super::lent::Lent;
use super::limiter::{Budget, Limiter};
use super::log::Log;
use super::look_ups::LookUpError;
use super::moment::Moment;
use super::outcome::Note;
use super::pods::{Pod, PodError, PodSession};
use super::{Configured, Grants, Limits, Operation, PluginErrorKind};
use crate::object::{GroupResource, Object, Pointer, Schemas};
use std::sync::Arc;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime::{Result, error::Context};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// What an instance works on, and what it may use up.
pub struct State {
    /// The objects of the running call: the one to modify, or the wanted and the live one. A handle is an index.
    pub objects: Vec<Object>,
    /// What has been decided in the running call.
    pub decisions: Decisions,
    /// What the running call has asked, as long as its decision may be remembered.
    pub inquiry: Option<Inquiry>,
    /// What the running call of a hook is for.
    pub moment: Option<Moment>,
    /// What the running call has left of its time.
    pub clock: Clock,
    pub log: Log,
    pub limiter: Limiter,
    limits: Limits,
    operation: Arc<Operation>,
    activity: Arc<Activity>,
    /// What may be looked up: granted by the operator, and asked for in the manifest where there is one.
    may_look_up: Vec<Grants>,
    lent: Lent<Arc<Object>>,
    sessions: Lent<Session>,
    wasi: Option<Box<(WasiCtx, ResourceTable)>>,
}

/// A command that a hook has left running.
type Session = Arc<tokio::sync::Mutex<Box<dyn PodSession>>>;

/// Handles of the objects of a call: those that are looked up have greater ones.
const OBJECTS_OF_A_CALL: u32 = 2;

/// Objects that were looked up, and that an instance may hold at a time. 20,000: twice the look-ups of an operation.
const OBJECTS_OF_AN_INSTANCE: usize = 20_000;

/// The first handle of a session.
const SESSIONS: u32 = 0;

/// Sessions that an instance may have open. 16: one for each container of a pod, and more.
const SESSIONS_OF_AN_INSTANCE: usize = 16;

/// Says that the interfaces work on the state itself.
pub struct Access;

impl HasData for Access {
    type Data<'a> = &'a mut State;
}

/// A host function refuses: the call ends, with this as its reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub PluginErrorKind);

impl State {
    pub fn new(plugin: &Configured, operation: &Arc<Operation>, budget: &Arc<Budget>) -> Self {
        let limits = &plugin.settings().limits;
        State {
            objects: Vec::new(),
            decisions: Decisions::default(),
            inquiry: None,
            moment: None,
            clock: Clock::start(limits.deadline),
            log: Log::new(plugin.name(), limits, plugin.activity()),
            limiter: Limiter::new(budget, limits.memory),
            limits: limits.clone(),
            operation: Arc::clone(operation),
            activity: Arc::clone(plugin.activity()),
            may_look_up: plugin.may_look_up(),
            lent: Lent::new(OBJECTS_OF_A_CALL),
            sessions: Lent::new(SESSIONS),
            wasi: None,
        }
    }

    /// The operation that the instance was made for.
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// Take down that the object of this handle was asked a question, and has answered with `bytes` of text. What is no
    /// question has the same answer from all objects.
    fn asked(
        &mut self,
        handle: &Resource<ObjectSlot>,
        question: impl FnOnce() -> Option<Question>,
        bytes: usize,
    ) -> Result<()> {
        let Some(inquiry) = self.inquiry.take() else {
            return Ok(());
        };
        self.inquiry = match question() {
            Some(question) => inquiry.with(question, self.object(handle)?, bytes),
            None => Some(inquiry),
        };
        Ok(())
    }

    /// What is known about the kind of the object of this handle.
    fn schemas(&mut self, of: &Resource<ObjectSlot>) -> Result<(&Schemas, &Object)> {
        self.asked(of, || Some(Question::Kind), 0)?;
        Ok((&self.operation.schemas, self.object(of)?))
    }

    fn object(&self, handle: &Resource<ObjectSlot>) -> Result<&Object> {
        let index = usize::try_from(handle.rep())?;
        let lent = || self.lent.get(handle.rep()).map(|object| &**object);
        self.objects.get(index).or_else(lent).context("no such object")
    }

    /// What the plugin has done so far.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Whether the plugin may look up objects of `resource` there.
    pub fn may_look_up(
        &self,
        access: LookUpAccess,
        resource: &GroupResource,
        namespace: Option<&str>,
    ) -> bool {
        self.may_look_up
            .iter()
            .all(|grants| grants.allow_look_up(access, resource, namespace))
    }

    /// Give the plugin handles of objects that were looked up, as long as it does not hold too many.
    pub fn lend(
        &mut self,
        objects: impl ExactSizeIterator<Item = Arc<Object>>,
    ) -> std::result::Result<Vec<Resource<ObjectSlot>>, LookUpError> {
        if self.lent.len().saturating_add(objects.len()) > OBJECTS_OF_AN_INSTANCE {
            let message =
                format!("it holds {OBJECTS_OF_AN_INSTANCE} objects that it has looked up; drop some");
            return Err(LookUpError::Limit(message));
        }
        Ok(objects
            .map(|object| Resource::new_own(self.lent.add(object)))
            .collect())
    }

    /// The pod of the running call of a hook.
    pub fn pod(&self) -> Option<Arc<dyn Pod>> {
        self.moment.as_ref().map(|moment| Arc::clone(&moment.pod))
    }

    /// Give the plugin a handle of a command that runs.
    pub fn open(
        &mut self,
        session: Box<dyn PodSession>,
    ) -> std::result::Result<Resource<SessionSlot>, PodError> {
        if self.sessions.len() >= SESSIONS_OF_AN_INSTANCE {
            let message = format!("more than {SESSIONS_OF_AN_INSTANCE} sessions are open");
            return Err(PodError::new("limit", message));
        }
        Ok(Resource::new_own(
            self.sessions.add(Arc::new(tokio::sync::Mutex::new(session))),
        ))
    }

    /// A command that runs.
    pub fn session(&self, handle: &Resource<SessionSlot>) -> Result<Session> {
        self.sessions
            .get(handle.rep())
            .cloned()
            .context("no such session")
    }

    /// The plugin has dropped the handle of a command.
    pub fn close(&mut self, handle: u32) {
        self.sessions.remove(handle);
    }

    fn moment(&self) -> Result<&Moment> {
        self.moment.as_ref().context("no such event")
    }

    /// Let `decide` take down a decision within the plugin's limits.
    fn decide(
        &mut self,
        decide: impl FnOnce(&mut Decisions, &Limits) -> std::result::Result<(), PluginErrorKind>,
    ) -> Result<()> {
        decide(&mut self.decisions, &self.limits).map_err(|kind| Refusal(kind).into())
    }
}

impl wit::types::Host for State {}
impl wit::objects::Host for State {}
impl wit::decisions::Host for State {}

impl wit::objects::HostObject for State {
    fn identity(&mut self, handle: Resource<ObjectSlot>) -> Result<wit::objects::Identity> {
        self.asked(&handle, || Some(Question::Identity), 0)?;
        let object = self.object(&handle)?;
        Ok(wit::objects::Identity {
            group: object.id.resource.group.clone(),
            version: object.version.clone(),
            resource: object.id.resource.resource.clone(),
            kind: object.kind.clone(),
            namespace: object.id.namespace.clone(),
            name: object.id.name.clone(),
        })
    }

    fn get(&mut self, handle: Resource<ObjectSlot>, pointer: String) -> Result<Option<String>> {
        let value = self.object(&handle)?.json.pointer(&pointer);
        let text = value.map(serde_json::to_string).transpose()?;
        let question = || Pointer::parse(&pointer).map(Question::Value);
        self.asked(&handle, question, text.as_ref().map_or(0, String::len))?;
        Ok(text)
    }

    fn type_of(&mut self, handle: Resource<ObjectSlot>, pointer: String) -> Result<Option<String>> {
        self.asked(&handle, || Pointer::parse(&pointer).map(Question::TypeOf), 0)?;
        let value = self.object(&handle)?.json.pointer(&pointer);
        Ok(value.map(|value| type_of(value).to_owned()))
    }

    fn json(&mut self, handle: Resource<ObjectSlot>) -> Result<String> {
        // The whole object is hardly the same twice.
        self.inquiry = None;
        Ok(serde_json::to_string(&self.object(&handle)?.json)?)
    }

    fn drop(&mut self, handle: Resource<ObjectSlot>) -> Result<()> {
        self.lent.remove(handle.rep());
        Ok(())
    }
}

impl events::Host for State {}

impl events::HostEvent for State {
    fn phase(&mut self, _: Resource<EventSlot>) -> Result<String> {
        Ok(self.moment()?.phase.clone())
    }

    fn cause(&mut self, _: Resource<EventSlot>) -> Result<Option<String>> {
        Ok(self.moment()?.cause.clone())
    }

    fn set_fact(&mut self, _: Resource<EventSlot>, key: String, value: String) -> Result<()> {
        let kept = self.moment()?.facts.set(key, value);
        kept.map_err(|message| Refusal(PluginErrorKind::Output(message)).into())
    }

    fn fact(&mut self, _: Resource<EventSlot>, key: String) -> Result<Option<String>> {
        Ok(self.moment()?.facts.get(&key))
    }

    fn add_init_container(&mut self, _: Resource<EventSlot>, container: String) -> Result<()> {
        let moment = self.moment()?;
        let added = match moment.phase.as_str() {
            "before-restore" => moment.init_containers.add(&container),
            phase => Err(format!("an init container at the moment {phase}")),
        };
        added.map_err(|message| Refusal(PluginErrorKind::Output(message)).into())
    }

    fn drop(&mut self, _: Resource<EventSlot>) -> Result<()> {
        Ok(())
    }
}

impl wit::decisions::HostDecision for State {
    fn json_patch(&mut self, _: Resource<DecisionSlot>, patch: String) -> Result<()> {
        self.decide(|decisions, limits| decisions.json_patch(patch, limits))
    }

    fn merge_patch(&mut self, _: Resource<DecisionSlot>, patch: String) -> Result<()> {
        self.decide(|decisions, limits| decisions.merge_patch(patch, limits))
    }

    fn skip(&mut self, _: Resource<DecisionSlot>, reason: String) -> Result<()> {
        self.decide(|decisions, limits| decisions.skip(reason, limits))
    }

    fn fail(&mut self, _: Resource<DecisionSlot>, code: String, message: String) -> Result<()> {
        self.decide(|decisions, limits| decisions.fail(code, message, limits))
    }

    fn replace(&mut self, _: Resource<DecisionSlot>) -> Result<()> {
        self.decide(Decisions::replace)
    }

    fn recreate(&mut self, _: Resource<DecisionSlot>) -> Result<()> {
        self.decide(Decisions::recreate)
    }

    fn rename(&mut self, _: Resource<DecisionSlot>, new_name: String) -> Result<()> {
        self.decide(|decisions, limits| decisions.rename(new_name, limits))
    }

    fn note(
        &mut self,
        _: Resource<DecisionSlot>,
        code: String,
        message: String,
        pointer: Option<String>,
    ) -> Result<()> {
        self.decide(|decisions, limits| {
            decisions.note(
                Note {
                    code,
                    message,
                    pointer,
                },
                limits,
            )
        })
    }

    fn drop(&mut self, _: Resource<DecisionSlot>) -> Result<()> {
        Ok(())
    }
}

impl wit::schemas::Host for State {
    fn list_keys(&mut self, of: Resource<ObjectSlot>, pointer: String) -> Result<Option<Vec<String>>> {
        let (schemas, object) = self.schemas(&of)?;
        Ok(schemas.list_keys(object, &pointer))
    }

    fn merge_key(&mut self, of: Resource<ObjectSlot>, pointer: String) -> Result<Option<String>> {
        let (schemas, object) = self.schemas(&of)?;
        Ok(schemas.merge_key(object, &pointer))
    }

    fn patch_strategy(&mut self, of: Resource<ObjectSlot>, pointer: String) -> Result<Option<String>> {
        let (schemas, object) = self.schemas(&of)?;
        Ok(schemas.patch_strategy(object, &pointer))
    }

    fn is_built_in(&mut self, of: Resource<ObjectSlot>) -> Result<bool> {
        let (schemas, object) = self.schemas(&of)?;
        Ok(schemas.is_built_in(object))
    }
}

impl wit::operation::Host for State {
    fn kind(&mut self) -> Result<String> {
        Ok(self.operation.kind.clone())
    }

    fn now(&mut self) -> Result<String> {
        Ok(self.operation.now.to_string())
    }

    fn backup(&mut self) -> Result<String> {
        Ok(self.operation.backup.clone())
    }

    fn mapped_namespace(&mut self, original: String) -> Result<String> {
        Ok(self
            .operation
            .namespace_mappings
            .get(&original)
            .cloned()
            .unwrap_or(original))
    }
}

impl wit::log::Host for State {
    fn write(&mut self, level: String, message: String) -> Result<()> {
        // What is remembered says nothing.
        self.inquiry = None;
        let object = self.objects.first().map(|object| &object.id);
        self.log.write(&level, &message, object);
        Ok(())
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = &mut **self
            .wasi
            .get_or_insert_with(|| Box::new(super::wasi::empty(&self.operation)));
        WasiCtxView { ctx, table }
    }
}
