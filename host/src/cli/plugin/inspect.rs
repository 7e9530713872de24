//! `lazarette plugin inspect`

use crate::authoring::Component;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::plugin::{BUILT_INS, Inspection, PluginError, PluginHost, built_in_component};
use crate::report::{Code, Description, Outcome, Problem, ResultOf, did_you_mean, units};
use clap::{Args, ValueHint};
use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// Show what a plugin is and what it asks for, without running it
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A built-in one", "lazarette plugin inspect json-patch"),
    ("A file", "lazarette plugin inspect ./my-plugin.wasm"),
    ("What was built in a project", "lazarette plugin inspect my-plugin"),
]))]
pub(super) struct Inspect {
    /// A component file, the folder of a project that was built, or the name of a built-in plugin
    #[arg(value_name = "FILE|FOLDER|NAME", value_hint = ValueHint::AnyPath)]
    plugin: String,
}

impl Inspect {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let inspection = look_at(&self.plugin, &read(&self.plugin)?)?;
        session.output.show(&inspection, |inspection, _| {
            text(inspection, start(session, &self.plugin))
        })?;
        Ok(Outcome::Completed)
    }
}

/// How long it takes to load the plugin once it was compiled, which it is now; or why it cannot be loaded. Nothing of it
/// runs.
fn start(session: &Session, plugin: &str) -> String {
    let load = |host: &PluginHost| -> ResultOf<Duration> {
        let bytes = read(plugin)?;
        host.load(plugin, &bytes)?;
        let begun = Instant::now();
        host.load(plugin, &bytes)?;
        Ok(begun.elapsed())
    };
    match session.plugins().and_then(|host| load(&host)) {
        Ok(time) => format!("{:.1} ms, once it is compiled", time.as_secs_f64() * 1e3),
        Err(problem) => format!("not at all: {problem}"),
    }
}

/// What can be known of the component `bytes`; errors name `plugin`.
pub(super) fn look_at(plugin: &str, bytes: &[u8]) -> ResultOf<Inspection> {
    Ok(Inspection::of(bytes).map_err(|kind| PluginError {
        plugin: plugin.to_owned(),
        kind,
    })?)
}

fn read(plugin: &str) -> ResultOf<Cow<'static, [u8]>> {
    if let Some(bytes) = built_in_component(plugin) {
        return Ok(bytes.into());
    }
    if Path::new(plugin).is_dir() {
        return Ok(Component::find(Path::new(plugin))?.bytes.into());
    }
    std::fs::read(plugin)
        .map(Cow::Owned)
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => no_plugin(plugin),
            _ => Problem::new(Code::FileAccess, error.to_string()).about(plugin),
        })
}

/// That `plugin` is neither a file nor the name of a plugin.
pub(super) fn no_plugin(plugin: &str) -> Problem {
    let message = format!(
        "there is no such file, and no built-in plugin of that name{}",
        did_you_mean(plugin, BUILT_INS)
    );
    Problem::new(Code::NotFound, message).about(plugin)
}

fn text(inspection: &Inspection, start: String) -> String {
    let manifest = inspection.manifest.clone().unwrap_or_default();
    let mut text = Description::default();
    text.field("Name", manifest.name)
        .field("Version", manifest.version)
        .field("Description", manifest.description)
        .field("World", inspection.world.name())
        .field("Contract", &inspection.contract)
        .field("Applies to", manifest.applies_to.join(", "))
        .field(
            "Needs grants",
            list(&inspection.grants().into_iter().collect::<Vec<_>>()),
        )
        .field("Pure", if manifest.pure { "yes" } else { "no" })
        .field("Imports", list(&inspection.imports))
        .field(
            "Size",
            units::size(u64::try_from(inspection.size).unwrap_or(u64::MAX)),
        )
        .field("SHA-256", &inspection.digest)
        .field(
            "Made with",
            inspection
                .producers
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join("\n"),
        )
        .field("Starts in", start);
    if let Some(schema) = manifest.config_schema {
        text.section("Configuration")
            .field("Schema", crate::object::yaml::write(&schema));
    }
    text.render()
}

/// One on each line.
fn list(all: &[String]) -> String {
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join("\n")
    }
}
