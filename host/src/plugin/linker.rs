//! What is linked into plugins: the contract's interfaces, and WASI for those that import it.

use super::bindings::{modifier, resolver};
use super::inspect::{Inspection, World};
use super::state::{Access, State};
use super::wasi;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result, bail};

/// A component with its imports resolved, by world.
pub enum Linked {
    Modifier(modifier::ResourceModifierPre<State>),
    Resolver(resolver::ConflictResolverPre<State>),
}

/// The linkers of an engine.
pub struct Linkers {
    plain: Linker<State>,
    with_wasi: Linker<State>,
}

impl Linkers {
    pub fn new(engine: &Engine) -> Result<Self> {
        let mut plain = Linker::new(engine);
        link_contract(&mut plain)?;
        let mut with_wasi = plain.clone();
        wasi::link(&mut with_wasi)?;
        Ok(Linkers { plain, with_wasi })
    }

    /// Resolve the imports of `component`.
    pub fn link(&self, component: &Component, inspection: &Inspection) -> Result<Linked> {
        let linker = if inspection.imports_wasi() {
            &self.with_wasi
        } else {
            &self.plain
        };
        let pre = linker.instantiate_pre(component)?;
        Ok(match inspection.world {
            World::ResourceModifier => Linked::Modifier(modifier::ResourceModifierPre::new(pre)?),
            World::ConflictResolver => Linked::Resolver(resolver::ConflictResolverPre::new(pre)?),
            World::PodHook => bail!("hooks are not run by this version"),
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
    wit::log::add_to_linker::<_, Access>(linker, state)
}
