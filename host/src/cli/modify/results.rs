//! What rules did to objects, as text.

use crate::cli::output::Output;
use crate::cli::plugin::activity::{self, Shown};
use crate::cli::session::Session;
use crate::modify::{Explanation, Outcome, RuleOutcome, Statistics};
use crate::object::{Object, yaml};
use crate::plugin::PluginReport;
use crate::report::{Cell, ResultOf, Table, Tone, diff, paint_diff};
use anstyle::Style;
use serde::Serialize;
use serde_json::json;
use std::fmt::Write;

/// An object before and after the rules.
pub(super) struct Modified {
    pub before: Object,
    pub after: Object,
    pub explanations: Vec<Explanation>,
    pub outcome: Outcome,
}

/// How an object changed.
#[derive(Serialize)]
struct Difference {
    object: String,
    diff: String,
}

/// Print how objects changed; those that did not are left out.
pub(super) fn show_differences(results: &[Modified], output: Output) -> ResultOf<()> {
    let changed = results
        .iter()
        .filter(|result| result.before.json != result.after.json);
    let differences: Vec<Difference> = changed
        .map(|result| Difference {
            object: result.before.id.to_string(),
            diff: diff(
                &yaml::write(&result.before.json),
                &yaml::write(&result.after.json),
            ),
        })
        .collect();
    let bold = Style::new().bold();
    output.show(&differences, |differences, _| {
        let text = |Difference { object, diff }: &Difference| {
            format!("{bold}{object}{bold:#}\n{}", paint_diff(diff))
        };
        differences.iter().map(text).collect()
    })
}

/// What each rule made of an object.
#[derive(Serialize)]
struct Explained {
    object: String,
    rules: Vec<ExplainedRule>,
}

/// What a rule made of an object.
#[derive(Serialize)]
struct ExplainedRule {
    /// Position in the document, from 1.
    rule: usize,
    /// `not matched`, `changed`, `unchanged`, `left`, `failed`.
    result: &'static str,
    /// Why.
    reason: Option<String>,
}

/// Print for each object what each rule made of it, and why.
pub(super) fn show_explanations(results: &[Modified], output: Output) -> ResultOf<()> {
    let explained: Vec<Explained> = results
        .iter()
        .map(|result| Explained {
            object: result.before.id.to_string(),
            rules: result
                .explanations
                .iter()
                .map(|explanation| explain(explanation, &result.outcome))
                .collect(),
        })
        .collect();
    let bold = Style::new().bold();
    output.show(&explained, |explained, _| {
        let mut text = String::new();
        for Explained { object, rules } in explained {
            let _ = writeln!(text, "{bold}{object}{bold:#}");
            for ExplainedRule { rule, result, reason } in rules {
                let reason = reason
                    .as_ref()
                    .map(|reason| format!(": {reason}"))
                    .unwrap_or_default();
                let _ = writeln!(text, "  rule {rule} {result}{reason}");
            }
        }
        text
    })
}

fn explain(explanation: &Explanation, outcome: &Outcome) -> ExplainedRule {
    let found = outcome
        .rules
        .iter()
        .find(|(rule, _)| *rule == explanation.rule)
        .map(|(_, outcome)| outcome);
    let (result, reason) = match found {
        Some(RuleOutcome::Changed) => ("changed it", None),
        Some(RuleOutcome::Unchanged) => ("matched, with nothing to change", None),
        Some(RuleOutcome::Left { reason }) => ("left it as it is", Some(reason.clone())),
        Some(RuleOutcome::Failed(problem)) => ("failed", Some(problem.message.clone())),
        None => ("does not match", explanation.mismatch.clone()),
    };
    ExplainedRule {
        rule: explanation.rule + 1,
        result,
        reason,
    }
}

/// Tell on standard error how often each rule did what, and which never matched.
pub(super) fn say_statistics(statistics: &Statistics, plugins: &[PluginReport], session: &Session) {
    let mut table = Table::new(["RULE", "MATCHED", "CHANGED", "SKIPPED", "FAILED"]);
    for (index, counts) in statistics.rules.iter().enumerate() {
        let failed = if counts.failed > 0 { Tone::Bad } else { Tone::Plain };
        table.row([
            (index + 1).into(),
            counts.matched.into(),
            counts.changed.into(),
            counts.left.into(),
            Cell::new(counts.failed, failed),
        ]);
    }
    session.say(table.render(None).trim_end());
    let plugins_of_the_user = activity::render(plugins, Shown::ThirdParty);
    if !plugins_of_the_user.is_empty() {
        session.say(plugins_of_the_user.trim_end());
    }
    session.say_json(|| json!({"rules": statistics.rules, "plugins": plugins}));
    for rule in statistics.unmatched() {
        session.warn(format!("rule {} matched no object", rule + 1));
    }
}
