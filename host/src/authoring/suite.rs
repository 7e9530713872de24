//! A plugin and its cases.

use super::case::{EventSpec, ExecAnswer, Subject};
use super::component::asked_for;
use super::expectation::Actual;
use super::{AuthoringError, Case, CaseFile, Component};
use crate::plugin::{
    ExecOutput, Facts, Moment, Plugin, PluginError, PluginHost, PodError, Scripted, ScriptedPod,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long the hook of a case may take. The answers are there at once, so only a plugin that sleeps takes any time.
const HOOK: Duration = Duration::from_secs(60);

/// A plugin that is ready to go through its cases.
pub struct Suite<'a> {
    host: &'a PluginHost,
    plugin: Arc<Plugin>,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseResult {
    /// The name of the case.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// Its line there.
    pub line: usize,
    /// How what came out differs from what was expected; none where it does not.
    pub difference: Option<String>,
    /// What came out, in the words of a case.
    pub actual: Value,
}

impl CaseResult {
    /// Whether it came out as expected.
    pub fn passed(&self) -> bool {
        self.difference.is_none()
    }
}

impl<'a> Suite<'a> {
    /// Load the plugin. Nothing of it runs.
    pub fn new(host: &'a PluginHost, component: &Component) -> Result<Self, AuthoringError> {
        let (plugin, _) = component.load(host, json!({}))?;
        Ok(Suite { plugin, host })
    }

    /// Go through the cases of a file. What the plugin's manifest asks for is granted: the author trusts it.
    pub fn run(&self, file: &CaseFile) -> Vec<CaseResult> {
        file.cases.iter().map(|case| self.run_case(file, case)).collect()
    }

    fn run_case(&self, file: &CaseFile, case: &Case) -> CaseResult {
        let actual = self
            .call(case)
            .unwrap_or_else(|error| Actual::of_error(&error.kind));
        let nothing = json!({});
        CaseResult {
            name: case.name.clone(),
            file: file.path.display().to_string(),
            line: case.line,
            difference: actual.difference(case.expect.as_ref().unwrap_or(&nothing)),
            actual: Value::Object(actual.said),
        }
    }

    fn call(&self, case: &Case) -> Result<Actual, PluginError> {
        let operation = Arc::new(case.operation());
        let configured = self.host.configure(
            &self.plugin,
            asked_for(&self.plugin, case.config.clone()),
            &operation,
        )?;
        let mut batch = self.host.batch(&operation);
        match &case.subject {
            Subject::Object(object) => {
                let mut after = object.clone();
                let modified = batch.modify(&configured, &mut after)?;
                Ok(Actual::of_modifier(object.json.clone(), after.json, modified))
            }
            Subject::Conflict { wanted, live } => {
                let resolution = batch.resolve(&configured, &mut wanted.clone(), &mut live.clone())?;
                Ok(Actual::of_resolver(live.json.clone(), resolution))
            }
            Subject::Pod { pod, event } => {
                let script = Arc::new(ScriptedPod::new(case.exec.iter().map(scripted).collect()));
                let moment = moment(event, Arc::clone(&script));
                let result = batch.hook(&configured, pod, &moment);
                Ok(Actual::of_hook(
                    result,
                    &script.commands(),
                    &event.facts,
                    &moment.facts.all(),
                    moment.init_containers.all(),
                ))
            }
        }
    }
}

fn moment(event: &EventSpec, pod: Arc<ScriptedPod>) -> Moment {
    Moment {
        phase: event.phase.clone(),
        cause: event.cause.clone(),
        facts: Arc::new(Facts::new(event.facts.clone())),
        init_containers: Arc::default(),
        pod,
        deadline: HOOK,
    }
}

fn scripted(answer: &ExecAnswer) -> Scripted {
    Scripted {
        container: answer.container.clone(),
        command: answer.command.clone(),
        answer: match &answer.error {
            Some(code) => Err(PodError::new(code, "the case says so")),
            None => Ok(ExecOutput {
                exit_code: answer.exit_code,
                stdout: answer.stdout.clone().into_bytes(),
                stderr: answer.stderr.clone().into_bytes(),
                dropped: 0,
            }),
        },
    }
}
