//! A plugin that was loaded.

use super::host::error;
use super::inspect::Inspection;
use super::linker::Linked;
use super::{PluginError, PluginErrorKind, Settings};
use wasmtime::Engine;

/// A plugin that was loaded and compiled. Nothing of it has run.
pub struct Plugin {
    pub(super) name: String,
    pub(super) inspection: Inspection,
    pub(super) engine: Engine,
    pub(super) linked: Linked,
}

impl Plugin {
    /// The name that it was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says about itself.
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// Whether its decisions may be remembered.
    pub(super) fn is_pure(&self) -> bool {
        self.inspection
            .manifest
            .as_ref()
            .is_some_and(|manifest| manifest.pure)
    }

    /// Refuse grants that there are none of, and settings that lack one which the plugin needs.
    pub fn check_grants(&self, settings: &Settings) -> Result<(), PluginError> {
        settings.grants.check().map_err(|kind| error(&self.name, kind))?;
        let Some(grant) = self.missing_grant(settings) else {
            return Ok(());
        };
        let message = format!(
            "it asks for the grant `{grant}`; add `grants = [\"{grant}\"]` if you trust it with that"
        );
        Err(error(&self.name, PluginErrorKind::Grant(message)))
    }

    /// What the plugin needs and `settings` do not grant.
    fn missing_grant(&self, settings: &Settings) -> Option<String> {
        let asked = self
            .inspection
            .manifest
            .iter()
            .flat_map(|manifest| manifest.grants.iter().cloned());
        let imported = self.inspection.imports("pods").then(|| "pods.exec".to_owned());
        asked.chain(imported).find(|grant| !settings.grants.cover(grant))
    }
}
