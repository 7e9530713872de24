//! Rules ready for an operation: each with its configured plugin, found quickly by the type of an object.

use super::candidates::Candidates;
use super::plugins::Plugins;
use super::{Conditions, Mismatch, Rule, RuleProblem, Rules, ThirdParty};
use crate::object::{GroupResource, Object};
use crate::plugin::{
    Batch, Configured, Note, Operation, PluginError, PluginErrorKind, PluginHost, PluginReport,
};
use crate::report::{Code, Problem};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rules that are ready for an operation. Shared by its workers.
pub struct CompiledRules {
    rules: Vec<CompiledRule>,
    candidates: Candidates,
}

struct CompiledRule {
    conditions: Conditions,
    plugin: Arc<Configured>,
    built_in: bool,
    name: String,
}

/// Why rules cannot be used in an operation.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Rules that name an unknown plugin, or that their plugin refused.
    #[error("{}", .0.iter().map(RuleProblem::to_string).collect::<Vec<_>>().join("\n"))]
    Rules(Vec<RuleProblem>),
    /// A built-in plugin cannot be loaded.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

/// What became of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The rules whose conditions the object fulfilled, by index, in their order, and what came of each.
    pub rules: Vec<(usize, RuleOutcome)>,
    /// What plugins want the user to know about the object.
    pub notes: Vec<Note>,
}

/// What a rule did to an object whose type, namespace, name, labels and values match.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleOutcome {
    /// It changed the object.
    Changed,
    /// There was nothing to change.
    Unchanged,
    /// It left the object as it was: a `test` failed.
    Left {
        /// Why, in the plugin's words.
        reason: String,
    },
    /// It failed, and changed nothing.
    Failed(Problem),
}

impl Rules {
    /// Make the rules ready for `operation`: load and configure their plugins. `third_party` are the plugins that rules
    /// may name.
    pub fn compile(
        self,
        host: &PluginHost,
        operation: &Arc<Operation>,
        third_party: &BTreeMap<String, ThirdParty>,
    ) -> Result<CompiledRules, CompileError> {
        let mut plugins = Plugins::new(host, third_party);
        let mut rules = Vec::new();
        let mut problems = Vec::new();
        for (index, rule) in self.rules.into_iter().enumerate() {
            let Some((plugin, settings)) = plugins.find(&rule)? else {
                problems.push(plugins.unknown(index, &rule));
                continue;
            };
            match host.configure(&plugin, settings, operation) {
                Ok(plugin) => {
                    let name = format!("rule {}", index + 1);
                    let built_in = rule.patches.built_in;
                    rules.push(CompiledRule {
                        conditions: rule.conditions,
                        plugin,
                        built_in,
                        name,
                    });
                }
                Err(error) => problems.push(refused(index, &rule, error)?),
            }
        }
        if !problems.is_empty() {
            return Err(CompileError::Rules(problems));
        }
        Ok(CompiledRules {
            rules,
            candidates: Candidates::default(),
        })
    }
}

impl CompiledRules {
    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What the plugin of each rule did.
    pub fn plugin_reports(&self) -> impl Iterator<Item = PluginReport> {
        self.rules.iter().map(|rule| rule.plugin.report())
    }

    /// The conditions of each rule.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Conditions> {
        self.rules.iter().map(|rule| &rule.conditions)
    }

    /// Apply the rules to `object`, in their order. Conditions see it as it is now; each rule is applied as a whole, or
    /// not at all, and one that fails does not stop those after it.
    pub fn apply(&self, batch: &mut Batch, object: &mut Object) -> Outcome {
        let mut outcome = Outcome {
            rules: self.matching(object),
            notes: Vec::new(),
        };
        for (index, result) in &mut outcome.rules {
            if let Some(rule) = self.rules.get(*index)
                && *result == RuleOutcome::Unchanged
            {
                *result = rule.apply(batch, object, &mut outcome.notes);
            }
        }
        outcome
    }

    /// The rules whose conditions `object` fulfils, which have done nothing so far, and those that fail because their
    /// conditions cannot be asked of it.
    fn matching(&self, object: &Object) -> Vec<(usize, RuleOutcome)> {
        let of = &object.id.resource;
        self.candidates.with(
            of,
            || self.for_type(of),
            |candidates| self.check(candidates, object),
        )
    }

    /// The rules that can apply to objects of this type.
    fn for_type(&self, of: &GroupResource) -> Vec<usize> {
        let name = of.to_string();
        let fits = |(index, rule): (usize, &CompiledRule)| rule.conditions.applies_to(&name).then_some(index);
        self.rules.iter().enumerate().filter_map(fits).collect()
    }

    /// The same as `matching`, of rules that can apply to objects of this type.
    fn check(&self, candidates: &[usize], object: &Object) -> Vec<(usize, RuleOutcome)> {
        let check_one = |&index: &usize| {
            let rule = self.rules.get(index)?;
            match rule.conditions.check(object) {
                Ok(()) => Some((index, RuleOutcome::Unchanged)),
                Err(mismatch @ Mismatch::NotAnIndex { .. }) => {
                    let problem = rule.problem(object, &mismatch.to_string());
                    Some((index, RuleOutcome::Failed(problem)))
                }
                Err(_) => None,
            }
        };
        candidates.iter().filter_map(check_one).collect()
    }
}

impl CompiledRule {
    fn apply(&self, batch: &mut Batch, object: &mut Object, notes: &mut Vec<Note>) -> RuleOutcome {
        match batch.modify(&self.plugin, object) {
            Ok(mut modified) => {
                notes.append(&mut modified.notes);
                match modified.skipped {
                    Some(reason) => RuleOutcome::Left { reason },
                    None if modified.changed => RuleOutcome::Changed,
                    None => RuleOutcome::Unchanged,
                }
            }
            Err(PluginError {
                kind: PluginErrorKind::Failed { message, pointer, .. },
                ..
            }) => {
                let place = pointer
                    .map(|pointer| format!(" (at {pointer})"))
                    .unwrap_or_default();
                RuleOutcome::Failed(self.problem(object, &format!("{message}{place}")))
            }
            // Our plugins do as the rule says: where the object is none afterwards, it is the rule.
            Err(PluginError {
                kind: PluginErrorKind::Output(message),
                ..
            }) if self.built_in => RuleOutcome::Failed(self.problem(object, &message)),
            Err(error) => RuleOutcome::Failed(Problem::from(error).about(&object.id)),
        }
    }

    fn problem(&self, object: &Object, message: &str) -> Problem {
        Problem::new(Code::ModifierFailed, format!("{}: {message}", self.name)).about(&object.id)
    }
}

impl Outcome {
    /// Whether any rule changed the object.
    pub fn changed(&self) -> bool {
        self.rules
            .iter()
            .any(|(_, outcome)| *outcome == RuleOutcome::Changed)
    }

    /// What went wrong, in the order of the rules.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.rules.iter().filter_map(|(_, outcome)| match outcome {
            RuleOutcome::Failed(problem) => Some(problem),
            _ => None,
        })
    }
}

impl From<CompileError> for Problem {
    fn from(error: CompileError) -> Problem {
        match error {
            CompileError::Rules(_) => Problem::new(Code::InvalidModifiers, error.to_string()),
            CompileError::Plugin(error) => error.into(),
        }
    }
}

/// The plugin's refusal of its configuration in terms of the rule; any other error as it is.
fn refused(index: usize, rule: &Rule, error: PluginError) -> Result<RuleProblem, PluginError> {
    let PluginErrorKind::Configuration { message, pointer } = error.kind else {
        return Err(error);
    };
    let pointer = pointer.unwrap_or_default();
    let in_patch = pointer
        .strip_prefix("/patches/")
        .filter(|_| rule.patches.built_in);
    let patch = in_patch.and_then(|rest| rest.split('/').next()?.parse().ok());
    let field = match patch {
        Some(patch) => format!("{}[{patch}]", rule.patches.field),
        None => rule.patches.field.to_owned(),
    };
    let field = format!("resourceModifierRules[{index}].{field}");
    let place = if pointer.is_empty() {
        String::new()
    } else {
        format!(" (at {pointer})")
    };
    Ok(RuleProblem {
        rule: Some(index),
        patch,
        field,
        line: rule.line,
        message: format!("{message}{place}"),
    })
}
