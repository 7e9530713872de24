//! The Wasm host: it loads plugins, keeps them within their limits and grants, hands them objects and gives back what
//! they decided. It knows nothing of backups.

mod error;
mod operation;
mod outcome;
mod settings;

pub use error::{PluginError, PluginErrorKind};
pub use operation::Operation;
pub use outcome::{Modified, Note, Resolution, Verdict};
pub use settings::{Grants, Isolation, Limits, Settings};

/// The version of the contract (`wit/`) that this host speaks.
pub const CONTRACT_VERSION: &str = "0.1.0";

use crate::object::Object;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that plugins share: the engine, its pool, the cache of compiled code.
pub struct PluginHost {}

/// A plugin that was loaded and compiled. Nothing of it has run.
pub struct Plugin {}

/// A plugin with settings that it accepted.
pub struct Configured {}

/// The instances that serve one batch of objects. Dropped with the batch.
pub struct Batch {}

impl PluginHost {
    /// A host that keeps compiled code below `cache`.
    pub fn new(_cache: Option<PathBuf>) -> Result<Self, PluginError> {
        todo!()
    }

    /// The built-in plugin `name`, such as `json-patch`.
    pub fn built_in(&self, _name: &str) -> Result<Arc<Plugin>, PluginError> {
        todo!()
    }

    /// Grant, configure and link: the settings are tried on an instance, so that a wrong configuration is refused here.
    pub fn configure(
        &self,
        _plugin: &Arc<Plugin>,
        _settings: Settings,
        _operation: &Arc<Operation>,
    ) -> Result<Arc<Configured>, PluginError> {
        todo!()
    }

    /// Instances for one batch: at most 256 objects, cut by their position in the archive.
    pub fn batch(&self, _operation: &Arc<Operation>) -> Batch {
        todo!()
    }
}

impl Batch {
    /// Have a modifier look at `object`, and carry out what it decided. After an error the object is unchanged.
    pub fn modify(
        &mut self,
        _plugin: &Arc<Configured>,
        _object: &mut Object,
    ) -> Result<Modified, PluginError> {
        todo!()
    }

    /// Have a resolver decide between the object to restore and the live one. Neither is changed.
    pub fn resolve(
        &mut self,
        _plugin: &Arc<Configured>,
        _wanted: &mut Object,
        _live: &mut Object,
    ) -> Result<Resolution, PluginError> {
        todo!()
    }
}
