//! Plugins that the user brings.

use super::plugins_file::{Entry, PluginsFile};
use super::session::Session;
use super::values::pair;
use crate::modify::ThirdParty;
use crate::plugin::{
    AppliesTo, BUILT_INS, Isolation, Plugin, PluginError, PluginErrorKind, PluginHost, Settings, Source,
    TrustedKeys, World,
};
use crate::report::{Code, Problem, ResultOf, did_you_mean};
use crate::signing::PublicKey;
use clap::{Args, ValueHint};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Plugins that rules and hooks (`plugin: {name, config}`) and conflict policies (`plugin:NAME`) can name.
#[derive(Args, Debug)]
#[command(next_help_heading = "Plugins")]
pub(super) struct PluginOptions {
    /// A component of your own, and the name under which rules, hooks and conflict policies use it: a file, a folder with
    /// NAME.wasm, or `oci://HOST/REPOSITORY:TAG@DIGEST`
    #[arg(long = "plugin", value_name = "NAME=SOURCE", value_parser = assignment, value_hint = ValueHint::AnyPath)]
    plugins: Vec<(String, String)>,

    /// Configuration of a plugin of yours, JSON or YAML or @FILE; that of a rule or hook comes before it
    #[arg(long = "plugin-config", value_name = "NAME=TEXT", value_parser = configuration)]
    configs: Vec<(String, Value)>,

    /// What a plugin of yours may do beyond deciding about the object in its hands, such as `mine=object.rename`
    #[arg(long = "grant", value_name = "NAME=GRANT", value_parser = assignment)]
    grants: Vec<(String, String)>,

    /// File that configures plugins, in TOML: source, digest, world, applies-to, config, grants, limits, isolation
    #[arg(long = "plugins", value_name = "FILE", env = "LAZARETTE_PLUGINS", hide_env_values = true, value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,

    /// Public key (PEM) of which one must have signed each plugin that is not built in
    #[arg(long = "require-signature", value_name = "KEY", value_hint = ValueHint::FilePath)]
    keys: Vec<PathBuf>,
}

/// The plugins of an operation.
pub(super) struct Loaded {
    /// By the name under which rules and policies use them.
    pub by_name: BTreeMap<String, ThirdParty>,
    /// Modifiers that are to be called for the types that the operator names, in the order of their names.
    pub applied: Vec<Applied>,
}

/// A modifier that is called without a rule that names it.
pub(super) struct Applied {
    /// The plugin.
    pub name: String,
    /// Types of objects, as patterns.
    pub types: Vec<String>,
    /// Its configuration.
    pub config: Value,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => pair(text, '='),
    }
}

fn configuration(text: &str) -> Result<(String, Value), String> {
    let (name, value) = assignment(text)?;
    Ok((name, super::plugin::config_value(&value)?))
}

impl PluginOptions {
    /// Get and load the plugins. Nothing of them runs; all that can be wrong with them without that is an error here.
    pub async fn load(self, host: &PluginHost) -> ResultOf<Loaded> {
        let mut entries = match &self.file {
            Some(file) => PluginsFile::read(file)?.plugins,
            None => Vec::new(),
        };
        let keys = trusted(&self.keys)?;
        for (name, source) in &self.plugins {
            if entries.iter().any(|(known, _)| known == name) {
                return Err(two_plugins(name, ""));
            }
            entries.push((name.clone(), Entry::of(source)));
        }
        if let Some((name, _)) = entries
            .iter()
            .find(|(name, _)| BUILT_INS.contains(&name.as_str()))
        {
            return Err(two_plugins(name, ": one of them is built in"));
        }
        self.add_to(&mut entries)?;
        let mut loaded = Loaded {
            by_name: BTreeMap::new(),
            applied: Vec::new(),
        };
        for (name, entry) in entries {
            let plugin = fetch(host, &name, &entry, &keys).await?;
            let settings = settings(&plugin, &entry)?;
            if let (Some(types), "resource-modifier") = (&entry.applies_to, plugin.inspection().world.name())
            {
                loaded.applied.push(Applied {
                    name: name.clone(),
                    types: types.clone(),
                    config: settings.config.clone(),
                });
            }
            loaded.by_name.insert(name, ThirdParty { plugin, settings });
        }
        Ok(loaded)
    }

    /// Put grants and configurations of the command line into the entries that they name. One that names nobody is a
    /// typing mistake.
    fn add_to(self, entries: &mut [(String, Entry)]) -> ResultOf<()> {
        let names: Vec<String> = entries.iter().map(|(name, _)| name.clone()).collect();
        let find = |option: &str, name: &str| {
            let position = names.iter().position(|known| known == name);
            let unknown = || {
                let message = format!(
                    "{option} names a plugin '{name}' that nothing loads{}",
                    did_you_mean(name, &names)
                );
                Problem::new(Code::InvalidArgument, message)
            };
            position.ok_or_else(unknown)
        };
        for (name, grant) in self.grants {
            let position = find("--grant", &name)?;
            if let Some((_, entry)) = entries.get_mut(position) {
                entry.grants.push(grant);
            }
        }
        for (name, config) in self.configs {
            let position = find("--plugin-config", &name)?;
            if let Some((_, entry)) = entries.get_mut(position) {
                entry.config = Some(config);
            }
        }
        Ok(())
    }
}

impl Loaded {
    /// As a rule: a modifier that the file applies to some types, and that no rule names.
    pub fn rules(&self, named: &[String], session: &Session) -> ResultOf<Option<crate::modify::Rules>> {
        let rule = |applied: &Applied| {
            session.say(&format!(
                "plugin {} is applied to {}",
                applied.name,
                applied.types.join(", ")
            ));
            serde_json::json!({
                "conditions": {"groupResource": format!("{{{}}}", applied.types.join(","))},
                "plugin": {"name": applied.name, "config": applied.config},
            })
        };
        let rules: Vec<Value> = self
            .applied
            .iter()
            .filter(|applied| !named.contains(&applied.name))
            .map(rule)
            .collect();
        if rules.is_empty() {
            return Ok(None);
        }
        let document = serde_json::json!({"version": "v1", "resourceModifierRules": rules}).to_string();
        let rules = crate::modify::Rules::parse(&document);
        rules.map(Some).map_err(|problems| {
            let message = problems
                .iter()
                .map(|problem| problem.message.clone())
                .collect::<Vec<_>>()
                .join(", ");
            Problem::new(
                Code::InvalidArgument,
                format!("applies-to of a plugin: {message}"),
            )
        })
    }
}

fn two_plugins(name: &str, more: &str) -> Problem {
    Problem::new(
        Code::InvalidArgument,
        format!("there are two plugins '{name}'{more}"),
    )
}

fn trusted(files: &[PathBuf]) -> ResultOf<TrustedKeys> {
    let keys = files.iter().map(|file| PublicKey::read(file));
    Ok(TrustedKeys(keys.collect::<Result<_, _>>()?))
}

async fn fetch(host: &PluginHost, name: &str, entry: &Entry, keys: &TrustedKeys) -> ResultOf<Arc<Plugin>> {
    let cache = crate::plugin::default_cache().map(|cache| cache.join("pulled"));
    let source = Source::parse(&entry.source)?;
    if let (Source::Registry(address), None) = (&source, &entry.digest)
        && address.digest().is_none()
    {
        tracing::warn!(
            "plugin {name}: {address} names no digest, so that it can be another component each time"
        );
    }
    let component = source
        .fetch(name, entry.digest.as_deref(), keys, cache.as_deref())
        .await?;
    let plugin = host.load(name, &component)?;
    let world = plugin.inspection().world.name();
    match &entry.world {
        Some(wanted) if wanted != world => {
            let message =
                format!("plugin {name}: it is a {world}, and not a {wanted} as its configuration says");
            Err(Problem::new(Code::InvalidArgument, message))
        }
        _ => Ok(plugin),
    }
}

/// Refuse what a plugin of hooks has no use for.
fn check_hook(plugin: &Plugin, entry: &Entry) -> ResultOf<()> {
    let without_effect = [
        (
            "isolation",
            entry.isolation.is_some(),
            "an instance lives from the first moment around its pod to the last",
        ),
        (
            "applies-to",
            entry.applies_to.is_some(),
            "which pods it is for stands in the hook that names it",
        ),
    ];
    let is_hook = plugin.inspection().world == World::PodHook;
    let mut given = without_effect.iter().filter(|(_, given, _)| *given && is_hook);
    match given.next() {
        Some((field, _, why)) => {
            let message = format!("`{field}` has no effect on a plugin of hooks, so leave it out: {why}");
            Err(Problem::new(Code::PluginConfiguration, message).about(format!("plugin {}", plugin.name())))
        }
        None => Ok(()),
    }
}

fn settings(plugin: &Plugin, entry: &Entry) -> ResultOf<Settings> {
    check_hook(plugin, entry)?;
    let manifest = plugin
        .inspection()
        .manifest
        .as_ref()
        .map(|manifest| manifest.applies_to.clone());
    let refuse = |kind| PluginError {
        plugin: plugin.name().to_owned(),
        kind,
    };
    let applies_to = AppliesTo::of_third_party(entry.applies_to.as_deref(), &manifest.unwrap_or_default())
        .map_err(|error| refuse(PluginErrorKind::Invalid(format!("what it applies to: {error}"))))?;
    let settings = Settings {
        grants: entry.grants.iter().cloned().collect(),
        limits: entry.limits.clone().unwrap_or_default(),
        isolation: entry.isolation.unwrap_or(Isolation::Batch),
        applies_to,
        ..Settings::new(entry.config.clone().unwrap_or_else(|| serde_json::json!({})))
    };
    plugin.check_grants(&settings)?;
    Ok(settings)
}
