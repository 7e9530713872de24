//! `lazarette modify`

pub(super) mod input;
mod results;

use super::examples::examples;
use super::failure::{Ended, Failure};
use super::plugins::PluginOptions;
use super::rules;
use super::session::Session;
use crate::modify::{CompiledRules, Statistics};
use crate::object::Object;
use crate::plugin::{GivenObjects, LookUps, Operation, PluginHost, PluginReport};
use crate::report::Outcome;
use clap::{Args, ValueHint};
use input::Input;
use results::Modified;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How many objects share instances of plugins: as in a restore, so that both give the same.
const BATCH: usize = 256;

/// Apply resource modifiers to objects, and print the objects
///
/// Objects are YAML or JSON, many in a file, `List`s too, and come out in the form in which they went in. On standard
/// error stands how often each rule matched, changed something, left an object as it was because a `test` failed, and
/// failed.
/// Exit code 3 when a rule failed on an object (which is printed as the other rules made it), 2 when the rules were
/// refused.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Try the rules of a restore on manifests", "lazarette modify --rules rules.yaml --input manifests/*.yaml --diff"),
    ("In a pipe", "lazarette modify --rules rules.yaml < manifests.yaml | kubectl apply -f -"),
    ("Why does a rule not match?", "lazarette modify --rules rules.yaml --input manifests.yaml --explain"),
]))]
pub(super) struct Modify {
    /// File with the rules: a resource modifier, bare or in its ConfigMap
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    rules: PathBuf,

    /// Files with the objects [default: standard input, as for `-`]
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    input: Vec<PathBuf>,

    /// Print how objects change, instead of the objects
    #[arg(long, conflicts_with = "explain")]
    diff: bool,

    /// Print for each object and rule why it matched or did not, and what came of it, instead of the objects
    #[arg(long)]
    explain: bool,

    #[command(flatten)]
    plugins: PluginOptions,
}

impl Modify {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let mut rules = Some(rules::read(&self.rules, session)?);
        let mut input = Input::read(&self.input)?;
        let plugins = session.plugins()?;
        let operation = Arc::new(operation(&input));
        let brought = self.plugins.load(&plugins).await?;
        rules::add_applied(&mut rules, &brought, session)?;
        let rules = rules
            .unwrap_or_default()
            .compile(&plugins, &operation, &brought.by_name)?;
        let mut statistics = Statistics::new(rules.len());
        let results = apply(&rules, &plugins, &operation, &mut input, &mut statistics);

        match (self.diff, self.explain) {
            (true, _) => results::show_differences(&results, session.output)?,
            (_, true) => results::show_explanations(&results, session.output)?,
            _ => input.print(session.output)?,
        }
        let reports = PluginReport::by_plugin(rules.plugin_reports());
        results::say_statistics(&statistics, &reports, session);
        let problems: Vec<_> = results
            .iter()
            .flat_map(|result| result.outcome.problems().cloned())
            .collect();
        let failed = problems.len();
        if failed > 0 {
            Failure(problems).print(session.output.format);
        }
        Ok(Outcome::of_failures(failed))
    }
}

/// What plugins know: the time, how lists of custom resources are merged, and a seed that follows from the objects.
pub(in crate::cli) fn operation(input: &Input) -> Operation {
    Operation {
        kind: "modify".to_owned(),
        now: jiff::Timestamp::now(),
        backup: String::new(),
        namespace_mappings: BTreeMap::new(),
        seed: Sha256::digest(input.text.as_bytes()).into(),
        schemas: Arc::new(input.schemas()),
        look_ups: LookUps::new(GivenObjects::new(input.objects.clone())),
    }
}

fn apply(
    rules: &CompiledRules,
    plugins: &PluginHost,
    operation: &Arc<Operation>,
    input: &mut Input,
    statistics: &mut Statistics,
) -> Vec<Modified> {
    let mut results = Vec::new();
    for chunk in input.objects.chunks_mut(BATCH) {
        let mut batch = plugins.batch(operation);
        for object in chunk {
            let before: Object = object.clone();
            let explanations = rules.explain(object);
            let outcome = rules.apply(&mut batch, object);
            statistics.record(&outcome);
            results.push(Modified {
                before,
                after: object.clone(),
                explanations,
                outcome,
            });
        }
    }
    results
}
