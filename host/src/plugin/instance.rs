//! One instance of a plugin: made, configured, called.

use super::bindings::modifier::lazarette::plugin::types::Error as WireError;
use super::bindings::{DecisionSlot, ObjectSlot, modifier, resolver};
use super::decision::Decisions;
use super::engine::ticks;
use super::limiter::Budget;
use super::linker::Linked;
use super::log::printable;
use super::modification::{Conclusion, carry_out};
use super::outcome::{Modified, Resolution};
use super::precedents::Precedents;
use super::state::{Refusal, State};
use super::{Configured, Operation, PluginErrorKind};
use crate::object::Object;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime::{Store, Trap};

/// The exports of an instance, by world.
enum Exports {
    Modifier(modifier::ResourceModifier),
    Resolver(resolver::ConflictResolver),
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

    fn configure(&mut self, plugin: &Configured) -> Result<(), PluginErrorKind> {
        begin(&mut self.store, plugin);
        let config = plugin.config_text();
        let store = &mut self.store;
        let returned = match &self.exports {
            Exports::Modifier(exports) => exports.lazarette_plugin_modifier().call_configure(store, config),
            Exports::Resolver(exports) => exports.lazarette_plugin_resolver().call_configure(store, config),
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
        let Exports::Modifier(exports) = &self.exports else {
            return Err(wrong_world("resource-modifier"));
        };
        begin(&mut self.store, plugin);
        let state = self.store.data_mut();
        let precedents = plugin.precedents(state.operation());
        state.inquiry = precedents.and_then(Precedents::inquiry);
        state.objects.push(take(object));
        let returned = exports.lazarette_plugin_modifier().call_modify(
            &mut self.store,
            Resource::<ObjectSlot>::new_borrow(0),
            Resource::<DecisionSlot>::new_borrow(0),
        );
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
        let Exports::Resolver(exports) = &self.exports else {
            return Err(wrong_world("conflict-resolver"));
        };
        begin(&mut self.store, plugin);
        self.store.data_mut().objects.extend([take(wanted), take(live)]);
        let returned = exports.lazarette_plugin_resolver().call_resolve(
            &mut self.store,
            Resource::<ObjectSlot>::new_borrow(0),
            Resource::<ObjectSlot>::new_borrow(1),
            Resource::<DecisionSlot>::new_borrow(0),
        );
        let state = self.store.data_mut();
        if let Some((back, second)) = state.objects.pop().zip(state.objects.pop()) {
            (*live, *wanted) = (back, second);
        }
        let decisions = std::mem::take(&mut state.decisions);
        self.check(plugin, returned)?;
        let settings = plugin.settings();
        decisions.resolve(live, &settings.grants, &settings.limits)
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
    store.set_epoch_deadline(ticks(plugin.settings().limits.deadline));
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
