//! Plugins that the user brings.

use super::files;
use super::values::pair;
use crate::modify::ThirdParty;
use crate::plugin::{Grants, PluginHost, Settings};
use crate::report::{Code, Problem, ResultOf, did_you_mean};
use clap::{Args, ValueHint};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Plugins that rules (`plugin: {name, config}`) and conflict policies (`plugin:NAME`) can name.
#[derive(Args, Debug)]
#[command(next_help_heading = "Plugins")]
pub(super) struct PluginOptions {
    /// A component of your own, and the name under which rules and conflict policies use it
    #[arg(long = "plugin", value_name = "NAME=FILE", value_parser = assignment, value_hint = ValueHint::FilePath)]
    plugins: Vec<(String, String)>,

    /// What a plugin of yours may do beyond deciding about the object in its hands, such as `mine=object.rename`
    #[arg(long = "grant", value_name = "NAME=GRANT", value_parser = assignment)]
    grants: Vec<(String, String)>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    pair(text, '=')
}

impl PluginOptions {
    /// Load the plugins. Nothing of them runs.
    pub fn load(self, host: &PluginHost) -> ResultOf<BTreeMap<String, ThirdParty>> {
        let mut grants = self.grants_by_plugin()?;
        let mut loaded = BTreeMap::new();
        for (name, file) in self.plugins {
            let bytes = std::fs::read(&file).map_err(|error| files::unreadable(&error).about(&file))?;
            let plugin = host.load(&name, &bytes)?;
            let granted = Grants(grants.remove(&name).unwrap_or_default());
            let settings = Settings {
                grants: granted,
                ..Settings::new(json!({}))
            };
            if loaded
                .insert(name.clone(), ThirdParty { plugin, settings })
                .is_some()
            {
                return Err(Problem::new(
                    Code::InvalidArgument,
                    format!("there are two plugins '{name}'"),
                ));
            }
        }
        Ok(loaded)
    }

    /// What each plugin is granted. A grant to nobody is a typing mistake.
    fn grants_by_plugin(&self) -> ResultOf<BTreeMap<String, BTreeSet<String>>> {
        let mut grants: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let names: Vec<&String> = self.plugins.iter().map(|(name, _)| name).collect();
        for (name, grant) in &self.grants {
            if !names.contains(&name) {
                let message = format!(
                    "--grant names a plugin '{name}' that no --plugin loads{}",
                    did_you_mean(name, &names)
                );
                return Err(Problem::new(Code::InvalidArgument, message));
            }
            grants.entry(name.clone()).or_default().insert(grant.clone());
        }
        Ok(grants)
    }
}
