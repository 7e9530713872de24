//! What is linked into plugins: the contract's interfaces, and WASI for those that import it.

use super::bindings::{modifier, resolver, waiting as on_fibers};
use super::inspect::{Inspection, World};
use super::state::{Access, State};
use super::{waiting, wasi};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result};

/// A component with its imports resolved, by world.
pub enum Linked {
    Modifier(modifier::ResourceModifierPre<State>),
    Resolver(resolver::ConflictResolverPre<State>),
    WaitingModifier(on_fibers::modifier::ResourceModifierPre<State>),
    WaitingResolver(on_fibers::resolver::ConflictResolverPre<State>),
    Hook(on_fibers::hook::PodHookPre<State>),
}

/// The linkers of an engine.
pub struct Linkers {
    plain: Linker<State>,
    waiting: Linker<State>,
}

impl Linkers {
    pub fn new(engine: &Engine) -> Result<Self> {
        let mut plain = Linker::new(engine);
        link_contract(&mut plain)?;
        let mut waiting = plain.clone();
        wasi::link(&mut waiting)?;
        waiting::link(&mut waiting)?;
        Ok(Linkers { plain, waiting })
    }

    /// Resolve the imports of `component`.
    pub fn link(&self, component: &Component, inspection: &Inspection) -> Result<Linked> {
        let waits = inspection.waits();
        let linker = if waits { &self.waiting } else { &self.plain };
        let pre = linker.instantiate_pre(component)?;
        Ok(match (inspection.world, waits) {
            (World::ResourceModifier, false) => Linked::Modifier(modifier::ResourceModifierPre::new(pre)?),
            (World::ConflictResolver, false) => Linked::Resolver(resolver::ConflictResolverPre::new(pre)?),
            (World::ResourceModifier, true) => {
                Linked::WaitingModifier(on_fibers::modifier::ResourceModifierPre::new(pre)?)
            }
            (World::ConflictResolver, true) => {
                Linked::WaitingResolver(on_fibers::resolver::ConflictResolverPre::new(pre)?)
            }
            (World::PodHook, _) => Linked::Hook(on_fibers::hook::PodHookPre::new(pre)?),
        })
    }
}

fn link_contract(linker: &mut Linker<State>) -> Result<()> {
    use modifier::lazarette::plugin as wit;
    fn state(state: &mut State) -> &mut State {
        state
    }
    wit::types::add_to_linker::<_, Access>(linker, state)?;
    wit::objects::add_to_linker::<_, Access>(linker, state)?;
    wit::decisions::add_to_linker::<_, Access>(linker, state)?;
    wit::schemas::add_to_linker::<_, Access>(linker, state)?;
    wit::operation::add_to_linker::<_, Access>(linker, state)?;
    wit::log::add_to_linker::<_, Access>(linker, state)?;
    on_fibers::hook::lazarette::plugin::events::add_to_linker::<_, Access>(linker, state)
}
