//! The plugins that decide about objects that exist already.

use super::policy::ConflictPolicies;
use super::request::Plugins;
use crate::object::GroupResource;
use crate::plugin::{
    Configured, Operation, PluginError, PluginErrorKind, PluginHost, PluginReport, Settings,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A configured plugin for each conflict policy that may be needed.
pub(super) struct Resolvers {
    policies: ConflictPolicies,
    by_name: BTreeMap<String, Arc<Configured>>,
}

impl Resolvers {
    /// Load and configure the plugins of `policies`: the built-in ones, and those among `third_party` that are named.
    pub(super) fn new(
        policies: ConflictPolicies,
        host: &PluginHost,
        operation: &Arc<Operation>,
        third_party: &Plugins,
    ) -> Result<Self, PluginError> {
        let mut by_name = BTreeMap::new();
        for policy in policies.all() {
            let name = policy.plugin();
            if by_name.contains_key(name) {
                continue;
            }
            let (plugin, settings) = match third_party.get(name) {
                Some(found) => (Arc::clone(&found.plugin), found.settings.clone()),
                None => (host.built_in(name)?, Settings::new(json!({}))),
            };
            by_name.insert(name.to_owned(), host.configure(&plugin, settings, operation)?);
        }
        Ok(Resolvers { policies, by_name })
    }

    /// What each of them did.
    pub(super) fn reports(&self) -> impl Iterator<Item = PluginReport> {
        self.by_name.values().map(|plugin| plugin.report())
    }

    /// The name of the plugin that decides about objects of `resource`.
    pub(super) fn name(&self, resource: &GroupResource) -> &str {
        self.policies.of(resource).plugin()
    }

    /// Who decides about objects of `resource`.
    pub(super) fn of(&self, resource: &GroupResource) -> Result<&Arc<Configured>, PluginError> {
        let name = self.name(resource);
        self.by_name.get(name).ok_or_else(|| PluginError {
            plugin: name.to_owned(),
            kind: PluginErrorKind::Invalid("it was not configured".to_owned()),
        })
    }
}
