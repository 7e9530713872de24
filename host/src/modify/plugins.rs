//! The plugins that rules name.

use super::{Rule, RuleProblem};
use crate::plugin::{Plugin, PluginError, PluginHost, Settings, modifier_grants};
use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

/// A modifier that is not ours, as rules name it under `plugin`.
#[derive(Clone)]
pub struct ThirdParty {
    /// The component.
    pub plugin: Arc<Plugin>,
    /// Its grants and limits; the configuration in it is that of each rule.
    pub settings: Settings,
}

/// Where the plugins of rules come from.
pub(super) struct Plugins<'a> {
    host: &'a PluginHost,
    /// Those in use. Rules share them: each copy would be loaded anew, and have code of its own in memory.
    built_in: BTreeMap<String, Arc<Plugin>>,
    third_party: &'a BTreeMap<String, ThirdParty>,
}

impl<'a> Plugins<'a> {
    pub(super) fn new(host: &'a PluginHost, third_party: &'a BTreeMap<String, ThirdParty>) -> Self {
        Plugins {
            host,
            built_in: BTreeMap::new(),
            third_party,
        }
    }

    /// The plugin of `rule` and the settings that the rule gives it; none where nobody has brought such a plugin.
    pub(super) fn find(&mut self, rule: &Rule) -> Result<Option<(Arc<Plugin>, Settings)>, PluginError> {
        let config = rule.patches.config.clone();
        if rule.patches.built_in {
            let settings = Settings {
                grants: modifier_grants(),
                ..Settings::new(config)
            };
            return Ok(Some((self.built_in(&rule.patches.plugin)?, settings)));
        }
        let found = self.third_party.get(&rule.patches.plugin);
        Ok(found.map(|found| {
            let settings = Settings {
                config,
                ..found.settings.clone()
            };
            (Arc::clone(&found.plugin), settings)
        }))
    }

    fn built_in(&mut self, name: &str) -> Result<Arc<Plugin>, PluginError> {
        let plugin = match self.built_in.entry(name.to_owned()) {
            btree_map::Entry::Occupied(loaded) => loaded.into_mut(),
            btree_map::Entry::Vacant(place) => place.insert(self.host.built_in(name)?),
        };
        Ok(Arc::clone(plugin))
    }

    /// What is wrong with the rule at `index`, whose plugin nobody has brought.
    pub(super) fn unknown(&self, index: usize, rule: &Rule) -> RuleProblem {
        let name = &rule.patches.plugin;
        let known = self
            .third_party
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known
        };
        RuleProblem {
            rule: Some(index),
            patch: None,
            field: format!("resourceModifierRules[{index}].plugin.name"),
            line: rule.line,
            message: format!("there is no plugin '{name}'; those that can be used here: {known}"),
        }
    }
}
