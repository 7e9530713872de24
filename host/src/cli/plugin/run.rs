//! `lazarette plugin run`

use super::config_value;
use crate::authoring::Component;
use crate::cli::examples::examples;
use crate::cli::failure::{Ended, Failure};
use crate::cli::modify::{input::Input, operation};
use crate::cli::session::Session;
use crate::object::yaml;
use crate::report::{Outcome, Problem, diff, paint_diff};
use anstyle::Style;
use clap::{Args, ValueHint};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// Let a resource modifier loose on objects, and print what it makes of them
///
/// Objects are YAML or JSON, many in a file, `List`s too. What the plugin's manifest asks for is granted. Exit code 3
/// when it failed on an object.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("What does it do to my manifests?", "lazarette plugin run plugin.wasm --plugin-config '{\"labels\":{\"team\":\"shop\"}}' --input manifests.yaml --diff"),
    ("In a pipe", "lazarette plugin run plugin.wasm --plugin-config @config.yaml < manifests.yaml"),
]))]
pub(super) struct Run {
    /// A component, or the folder of a project that was built
    #[arg(value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    plugin: PathBuf,

    /// Its configuration: JSON or YAML, or @FILE
    #[arg(long = "plugin-config", value_name = "TEXT|@FILE", default_value = "{}", value_parser = config_value)]
    plugin_config: Value,

    /// Files with the objects [default: standard input, as for `-`]
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    input: Vec<PathBuf>,

    /// Print how objects change, instead of the objects
    #[arg(long)]
    diff: bool,
}

impl Run {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let component = Component::find(&self.plugin)?;
        let mut input = Input::read(&self.input)?;
        let host = session.plugins()?;
        let operation = Arc::new(operation(&input));
        let (plugin, settings) = component.load(&host, self.plugin_config)?;
        let plugin = host.configure(&plugin, settings, &operation)?;
        let before: Vec<Value> = input.objects.iter().map(|object| object.json.clone()).collect();
        let mut problems: Vec<Problem> = Vec::new();
        let mut batch = host.batch(&operation);
        for object in &mut input.objects {
            match batch.modify(&plugin, object) {
                Ok(modified) => {
                    for note in modified.notes {
                        session.say(&format!("{}: {} ({})", object.id, note.message, note.code));
                    }
                    if let Some(reason) = modified.skipped {
                        session.say(&format!("{}: left as it is: {reason}", object.id));
                    }
                }
                Err(error) => problems.push(Problem::from(error).about(&object.id)),
            }
        }
        match self.diff {
            true => session.output.write(&differences(&before, &input))?,
            false => input.print(session.output)?,
        }
        let failed = problems.len();
        if failed > 0 {
            Failure(problems).print(session.output.format);
        }
        Ok(Outcome::of_failures(failed))
    }
}

fn differences(before: &[Value], input: &Input) -> String {
    let bold = Style::new().bold();
    let changed = before
        .iter()
        .zip(&input.objects)
        .filter(|(before, after)| **before != after.json);
    changed
        .map(|(before, after)| {
            let difference = diff(&yaml::write(before), &yaml::write(&after.json));
            format!("{bold}{}{bold:#}\n{}", after.id, paint_diff(&difference))
        })
        .collect()
}
