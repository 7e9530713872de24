//! The state of an instance, and what the host offers it: objects, decisions, schemas, the operation, the log.

use super::bindings::modifier::lazarette::plugin as wit;
use super::bindings::{DecisionSlot, ObjectSlot};
use super::decision::Decisions;
use super::inquiry::{Inquiry, Question, type_of};
use super::limiter::{Budget, Limiter};
use super::log::Log;
use super::outcome::Note;
use super::{Configured, Limits, Operation, PluginErrorKind};
use crate::object::{Object, Pointer, Schemas};
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
    pub log: Log,
    pub limiter: Limiter,
    limits: Limits,
    operation: Arc<Operation>,
    wasi: Option<Box<(WasiCtx, ResourceTable)>>,
}

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
            log: Log::new(plugin.name(), limits),
            limiter: Limiter::new(budget, limits.memory),
            limits: limits.clone(),
            operation: Arc::clone(operation),
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
        self.objects.get(index).context("no such object")
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

    fn drop(&mut self, _: Resource<ObjectSlot>) -> Result<()> {
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
            .get_or_insert_with(|| Box::new((super::wasi::empty(&self.operation), ResourceTable::new())));
        WasiCtxView { ctx, table }
    }
}
