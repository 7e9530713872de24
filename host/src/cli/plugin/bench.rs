//! `lazarette plugin bench`

use super::config_value;
use crate::authoring::{Component, Measured, Spread, measure};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::modify::input::Input;
use crate::cli::session::Session;
use crate::plugin::{BUILT_INS, Limits, Plugin, PluginHost, Settings, World, modifier_grants};
use crate::report::{Code, Description, Outcome, Problem, units};
use clap::{Args, ValueHint};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// An object that most clusters have many of.
const SAMPLE: &str = include_str!("../../../assets/demo/cluster/storefront.yaml");

/// Measure what a plugin costs: a start, a call, memory
///
/// Of modifiers and resolvers; what a hook costs is the commands that it runs.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A plugin of yours", "lazarette plugin bench plugin.wasm --plugin-config '{\"labels\":{\"team\":\"shop\"}}'"),
    ("A built-in one", "lazarette plugin bench json-patch --plugin-config '{\"patches\":[{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":{\"a\":\"b\"}}]}'"),
]))]
pub(super) struct Bench {
    /// A component, the folder of a project that was built, or the name of a built-in plugin
    #[arg(value_name = "FILE|DIR|NAME", value_hint = ValueHint::AnyPath)]
    plugin: PathBuf,

    /// Its configuration: JSON or YAML, or @FILE
    #[arg(long = "plugin-config", value_name = "TEXT|@FILE", default_value = "{}", value_parser = config_value)]
    plugin_config: Value,

    /// Files with the objects that it is called with [default: those of an example application]
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    input: Vec<PathBuf>,

    /// How many calls are measured
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    calls: u32,
}

impl Bench {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let host = session.plugins()?;
        let input = match self.input.as_slice() {
            [] => Input::sample(SAMPLE)?,
            files => Input::read(files)?,
        };
        if input.objects.is_empty() {
            Err(Problem::new(
                Code::InvalidArgument,
                "there is no object to call it with",
            ))?;
        }
        let (plugin, settings) = load(&host, &self.plugin, self.plugin_config)?;
        if plugin.inspection().world == World::PodHook {
            Err(Problem::new(
                Code::InvalidArgument,
                "what a hook costs is the commands that it runs",
            ))?;
        }
        let begun = Instant::now();
        load(&host, &self.plugin, json!({}))?;
        let start = begun.elapsed();
        let operation = Arc::new(crate::cli::modify::operation(&input));
        let calls = usize::try_from(self.calls).unwrap_or(usize::MAX);
        let measured = measure(&host, &plugin, &settings, &operation, &input.objects, calls)?;
        let result = json!({"loadMicroseconds": start.as_micros(), "measured": measured});
        session.output.show(&result, |_, _| {
            text(&measured, &settings.limits, start.as_micros())
        })?;
        Ok(Outcome::Completed)
    }
}

fn load(host: &PluginHost, plugin: &Path, config: Value) -> Ended<(Arc<Plugin>, Settings)> {
    if let Some(name) = plugin.to_str().filter(|name| BUILT_INS.contains(name)) {
        let settings = Settings {
            grants: modifier_grants(),
            ..Settings::new(config)
        };
        return Ok((host.built_in(name)?, settings));
    }
    if !plugin.exists() {
        Err(super::inspect::no_plugin(&plugin.display().to_string()))?;
    }
    Ok(Component::find(plugin)?.load(host, config)?)
}

fn text(measured: &Measured, limits: &Limits, load: u128) -> String {
    let size = |bytes: usize| units::size(u64::try_from(bytes).unwrap_or(u64::MAX));
    let times = |spread: &Spread| {
        format!(
            "{:.2} µs median, {:.2} µs p99, {:.0} µs slowest",
            spread.median, spread.percentile99, spread.slowest
        )
    };
    let mut text = Description::default();
    text.field("Call", times(&measured.call))
        .field("In a fresh instance", times(&measured.fresh))
        .field("Loading, compiled before", format!("{load} µs"))
        .field(
            "Memory of an instance",
            format!("{} of {}", units::size(measured.memory), size(limits.memory)),
        )
        .field(
            "Time of a call",
            format!("{:.2} % of {:?}", percent(measured, limits), limits.deadline),
        )
        .field(
            "Calls",
            format!("{}, of which {} failed", measured.calls, measured.failed),
        );
    text.render()
}

/// How much of its time the slowest call has taken.
fn percent(measured: &Measured, limits: &Limits) -> f64 {
    measured.call.slowest.max(measured.fresh.slowest) / 1e4 / limits.deadline.as_secs_f64()
}
