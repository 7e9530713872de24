//! One instance of a plugin: made, configured, called.

use super::bindings::modifier::lazarette::plugin::types::Error as WireError;
use super::bindings::{DecisionSlot, EventSlot, ObjectSlot, modifier, resolver, waiting};
use super::clock::Clock;
use super::decision::Decisions;
use super::engine::ticks;
use super::limiter::Budget;
use super::linker::Linked;
use super::log::printable;
use super::modification::{Conclusion, carry_out};
use super::moment::Moment;
use super::outcome::{Modified, Resolution};
use super::precedents::Precedents;
use super::state::{Refusal, State};
use super::{Configured, Operation, PluginErrorKind};
use crate::object::Object;
use std::sync::Arc;
use tokio::runtime::{Builder, Handle};
use tokio::task::block_in_place;
use wasmtime::component::Resource;
use wasmtime::{Store, Trap};

/// The exports of an instance, by world.
enum Exports {
    Modifier(modifier::ResourceModifier),
    Resolver(resolver::ConflictResolver),
    WaitingModifier(waiting::modifier::ResourceModifier),
    WaitingResolver(waiting::resolver::ConflictResolver),
    Hook(waiting::hook::PodHook),
}

/// An instance that has taken its configuration. After an error of a call it is spent.
pub struct Instance {
    store: Store<State>,
    exports: Exports,
}

/// An error that is not the plugin's: the pool has no place for one more instance.
pub struct PoolIsFull;

impl Instance {
    /// Make an instance and configure it.
    pub fn new(
        plugin: &Configured,
        operation: &Arc<Operation>,
        budget: &Arc<Budget>,
    ) -> Result<Result<Self, PluginErrorKind>, PoolIsFull> {
        let limits = &plugin.settings().limits;
        let mut store = Store::new(plugin.engine(), State::new(plugin, operation, budget));
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(limits.output.saturating_mul(2));
        store.set_epoch_deadline(ticks(limits.deadline));
        let exports = match plugin.linked() {
            Linked::Modifier(pre) => pre.instantiate(&mut store).map(Exports::Modifier),
            Linked::Resolver(pre) => pre.instantiate(&mut store).map(Exports::Resolver),
            Linked::WaitingModifier(pre) => {
                wait(pre.instantiate_async(&mut store)).map(Exports::WaitingModifier)
            }
            Linked::WaitingResolver(pre) => {
                wait(pre.instantiate_async(&mut store)).map(Exports::WaitingResolver)
            }
            Linked::Hook(pre) => wait(pre.instantiate_async(&mut store)).map(Exports::Hook),
        };
        match exports {
            Ok(exports) => {
                let mut instance = Instance { store, exports };
                Ok(instance.configure(plugin).map(|()| instance))
            }
            Err(error) if error.is::<wasmtime::PoolConcurrencyLimitError>() => Err(PoolIsFull),
            Err(error) => Ok(Err(why(&mut store, plugin, &error))),
        }
    }

    /// Bytes of linear memory that it has.
    pub fn memory(&self) -> usize {
        self.store.data().limiter.used()
    }

    fn configure(&mut self, plugin: &Configured) -> Result<(), PluginErrorKind> {
        begin(&mut self.store, plugin);
        let config = plugin.config_text();
        let store = &mut self.store;
        let returned = match &self.exports {
            Exports::Modifier(exports) => exports.lazarette_plugin_modifier().call_configure(store, config),
            Exports::Resolver(exports) => exports.lazarette_plugin_resolver().call_configure(store, config),
            Exports::WaitingModifier(exports) => {
                wait(exports.lazarette_plugin_modifier().call_configure(store, config))
            }
            Exports::WaitingResolver(exports) => {
                wait(exports.lazarette_plugin_resolver().call_configure(store, config))
            }
            Exports::Hook(exports) => wait(exports.lazarette_plugin_hook().call_configure(store, config)),
        };
        match returned {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(PluginErrorKind::Configuration {
                message: printable(&error.message),
                pointer: error.pointer.as_deref().map(printable),
            }),
            Err(error) => Err(why(&mut self.store, plugin, &error)),
        }
    }

    /// Have a modifier look at `object` and carry out what it decided. After an error the object is as it was.
    pub fn modify(&mut self, plugin: &Configured, object: &mut Object) -> Result<Modified, PluginErrorKind> {
        if !matches!(self.exports, Exports::Modifier(_) | Exports::WaitingModifier(_)) {
            return Err(wrong_world("resource-modifier"));
        }
        begin(&mut self.store, plugin);
        let state = self.store.data_mut();
        let precedents = plugin.precedents(state.operation());
        state.inquiry = precedents.and_then(Precedents::inquiry);
        state.objects.push(take(object));
        let returned = self.call_modify();
        let state = self.store.data_mut();
        if let Some(back) = state.objects.pop() {
            *object = back;
        }
        let decisions = std::mem::take(&mut state.decisions);
        let kept = precedents.zip(state.inquiry.take());
        let size = decisions.bytes();
        let conclusion = self.conclude(plugin, returned, decisions)?;
        let modified = carry_out(&conclusion, object, &plugin.settings().grants);
        if let Some((precedents, inquiry)) = kept {
            precedents.keep(inquiry, conclusion, size);
        }
        modified
    }

    fn call_modify(&mut self) -> wasmtime::Result<Result<(), WireError>> {
        let (object, decision) = (
            Resource::<ObjectSlot>::new_borrow(0),
            Resource::<DecisionSlot>::new_borrow(0),
        );
        match &self.exports {
            Exports::Modifier(exports) => {
                exports
                    .lazarette_plugin_modifier()
                    .call_modify(&mut self.store, object, decision)
            }
            Exports::WaitingModifier(exports) => wait(exports.lazarette_plugin_modifier().call_modify(
                &mut self.store,
                object,
                decision,
            )),
            _ => wasmtime::bail!("it is no modifier"),
        }
    }

    /// What a call came to that has ended: what the plugin decided, or its own error. An error of the call is another
    /// matter: the next one may end well.
    fn conclude(
        &mut self,
        plugin: &Configured,
        returned: wasmtime::Result<Result<(), WireError>>,
        decisions: Decisions,
    ) -> Result<Conclusion, PluginErrorKind> {
        match self.check(plugin, returned) {
            Ok(()) => decisions.modification(&plugin.settings().limits).map(Ok),
            Err(failure @ PluginErrorKind::Failed { .. }) => Ok(Err(failure)),
            Err(error) => Err(error),
        }
    }

    /// Have a resolver decide between `wanted` and `live`. Neither is changed.
    pub fn resolve(
        &mut self,
        plugin: &Configured,
        wanted: &mut Object,
        live: &mut Object,
    ) -> Result<Resolution, PluginErrorKind> {
        if !matches!(self.exports, Exports::Resolver(_) | Exports::WaitingResolver(_)) {
            return Err(wrong_world("conflict-resolver"));
        }
        begin(&mut self.store, plugin);
        self.store.data_mut().objects.extend([take(wanted), take(live)]);
        let returned = self.call_resolve();
        let state = self.store.data_mut();
        if let Some((back, second)) = state.objects.pop().zip(state.objects.pop()) {
            (*live, *wanted) = (back, second);
        }
        let decisions = std::mem::take(&mut state.decisions);
        self.check(plugin, returned)?;
        let settings = plugin.settings();
        decisions.resolve(live, &settings.grants, &settings.limits)
    }

    fn call_resolve(&mut self) -> wasmtime::Result<Result<(), WireError>> {
        let wanted = Resource::<ObjectSlot>::new_borrow(0);
        let live = Resource::<ObjectSlot>::new_borrow(1);
        let decision = Resource::<DecisionSlot>::new_borrow(0);
        match &self.exports {
            Exports::Resolver(exports) => {
                exports
                    .lazarette_plugin_resolver()
                    .call_resolve(&mut self.store, wanted, live, decision)
            }
            Exports::WaitingResolver(exports) => wait(exports.lazarette_plugin_resolver().call_resolve(
                &mut self.store,
                wanted,
                live,
                decision,
            )),
            _ => wasmtime::bail!("it is no resolver"),
        }
    }

    /// Run a hook for a pod, which is not changed. An instance whose call is dropped half way is spent.
    pub async fn hook(
        &mut self,
        plugin: &Configured,
        pod: &Object,
        moment: &Moment,
    ) -> Result<(), PluginErrorKind> {
        let Exports::Hook(exports) = &self.exports else {
            return Err(wrong_world("pod-hook"));
        };
        begin(&mut self.store, plugin);
        let state = self.store.data_mut();
        state.objects.push(pod.clone());
        state.moment = Some(moment.clone());
        let (pod_handle, event) = (
            Resource::<ObjectSlot>::new_borrow(0),
            Resource::<EventSlot>::new_borrow(0),
        );
        let call = exports
            .lazarette_plugin_hook()
            .call_run(&mut self.store, pod_handle, event);
        let returned = tokio::time::timeout(moment.deadline, call).await;
        let state = self.store.data_mut();
        state.moment = None;
        state.objects.clear();
        match returned {
            Ok(returned) => self.check(plugin, returned),
            Err(_) => Err(PluginErrorKind::Deadline(moment.deadline)),
        }
    }

    fn check(
        &mut self,
        plugin: &Configured,
        returned: wasmtime::Result<Result<(), WireError>>,
    ) -> Result<(), PluginErrorKind> {
        match returned {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(PluginErrorKind::Failed {
                code: printable(&error.code),
                message: printable(&error.message),
                pointer: error.pointer.as_deref().map(printable),
            }),
            Err(error) => Err(why(&mut self.store, plugin, &error)),
        }
    }
}

/// Set the clock for one call.
fn begin(store: &mut Store<State>, plugin: &Configured) {
    let deadline = plugin.settings().limits.deadline;
    store.data_mut().clock = Clock::start(deadline);
    store.set_epoch_deadline(ticks(deadline));
}

/// Wait for a call on its fiber. Calls come from threads that may block; where there is a runtime it goes on working.
pub(super) fn wait<T>(call: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match Handle::try_current() {
        Ok(runtime) => block_in_place(|| runtime.block_on(call)),
        Err(_) => Builder::new_current_thread().enable_all().build()?.block_on(call),
    }
}

/// The object itself, leaving an empty one: an instance holds its objects during a call, and copies none.
fn take(object: &mut Object) -> Object {
    std::mem::replace(object, Object::nobody())
}

fn wrong_world(wanted: &str) -> PluginErrorKind {
    PluginErrorKind::Invalid(format!("it is not a {wanted}"))
}

/// What `error`, with which a call ended, means to a user.
fn why(store: &mut Store<State>, plugin: &Configured, error: &wasmtime::Error) -> PluginErrorKind {
    let limits = &plugin.settings().limits;
    let state = store.data_mut();
    let said = state.log.take_last_error();
    if let Some(Refusal(kind)) = error.downcast_ref::<Refusal>() {
        return kind.clone();
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => PluginErrorKind::Deadline(limits.deadline),
        _ if state.limiter.refused() => PluginErrorKind::Memory { limit: limits.memory },
        Some(Trap::StackOverflow) => PluginErrorKind::Trap("its calls were nested too deeply".to_owned()),
        Some(trap) => PluginErrorKind::Trap(said.unwrap_or_else(|| trap.to_string())),
        None => PluginErrorKind::Trap(said.unwrap_or_else(|| printable(&error.root_cause().to_string()))),
    }
}
