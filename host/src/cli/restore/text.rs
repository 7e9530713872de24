//! The report of a restore as text for people.

use crate::cli::failure::explain;
use crate::cli::hooks;
use crate::cli::plugin::activity::{self, Shown};
use crate::report::{Code, Outcome, paint_diff, units};
use crate::restore::{ActionName, Diff, ObjectReport, RestoreReport, RuleReport, Totals, VolumeReport};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Objects that are shown of those with the same cause.
const SHOWN: usize = 3;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Objects that were not just created.
    Exceptions,
    /// All objects.
    Objects,
    /// Objects that change, and how.
    Differences,
}

impl Detail {
    /// Whether an object is shown.
    fn shows(self, object: &ObjectReport) -> bool {
        match self {
            Detail::Objects => true,
            // What is as it shall be is only counted.
            Detail::Differences => !object.is_equal() || !object.notes.is_empty(),
            Detail::Exceptions => {
                !object.notes.is_empty()
                    || object.is_lost()
                    || !(object.is_equal() || object.action == ActionName::Create)
            }
        }
    }
}

/// The report as text that ends in a line feed.
pub(super) fn render(report: &RestoreReport, detail: Detail) -> String {
    let mut text = heading(report);
    let mut causes = Causes::default();
    for object in report.objects.iter().filter(|object| detail.shows(object)) {
        causes.note(&object);
        if detail == Detail::Objects || causes.is_worth_showing(&object) {
            text.push_str(&of_object(&object, detail));
        }
    }
    text.push_str(&causes.hidden());
    text.push_str(&causes.help());
    text.push_str(&volumes(&report.volumes));
    text.push_str(&hooks::planned(&report.planned_hooks));
    text.push_str(&hooks::attempted(&report.hook_attempts));
    if !report.problems.is_empty() {
        text.push_str(&explain(&report.problems));
        text.push('\n');
    }
    let yellow = AnsiColor::Yellow.on_default().bold();
    for warning in &report.warnings {
        let _ = writeln!(text, "{yellow}warning{yellow:#}: {warning}");
    }
    let shown = match detail {
        Detail::Objects => Shown::All,
        Detail::Exceptions | Detail::Differences => Shown::ThirdParty,
    };
    text.push_str(&activity::render(&report.plugins, shown));
    text.push_str(&summary(report));
    text
}

/// Why objects were not restored: of many with one cause a few are shown, and how many there are.
#[derive(Default)]
struct Causes {
    /// How many objects have each.
    counts: BTreeMap<String, usize>,
    /// The codes of those that are problems, in the order in which they came.
    codes: Vec<Code>,
}

impl Causes {
    /// Take note of the code of an object's problem.
    fn note(&mut self, object: &ObjectReport) {
        let code = object.problem.as_ref().map(|problem| problem.code);
        self.codes.extend(code.filter(|code| !self.codes.contains(code)));
    }

    /// Count an object to its cause. False where enough with the same have been shown.
    fn is_worth_showing(&mut self, object: &ObjectReport) -> bool {
        let cause = match (&object.problem, &object.reason) {
            (Some(problem), _) => problem.message.clone(),
            (None, Some(reason)) if object.action == ActionName::LeaveOut => reason.clone(),
            _ => return true,
        };
        let count = self.counts.entry(cause).or_default();
        *count += 1;
        *count <= SHOWN
    }

    /// A line for each cause of which not all objects were shown.
    fn hidden(&self) -> String {
        let red = AnsiColor::Red.on_default();
        let mut text = String::new();
        for (cause, count) in self.counts.iter().filter(|(_, count)| **count > SHOWN) {
            let more = count - SHOWN;
            let _ = writeln!(text, "{red}! {more} more objects{red:#}: {cause}");
        }
        text
    }

    /// What to do about objects that could not be restored: a line for each code.
    fn help(&self) -> String {
        let bold = Style::new().bold();
        let line = |code: &Code| format!("{bold}help[{}]{bold:#}: {}\n", code.name(), code.action());
        self.codes.iter().map(line).collect()
    }
}

/// A line for each volume that is made from a snapshot.
fn volumes(volumes: &[VolumeReport]) -> String {
    let mut text = String::new();
    for volume in volumes {
        let size = volume.bytes.map(|bytes| format!(", {}", units::size(bytes)));
        let _ = writeln!(
            text,
            "Volume of {}, from snapshot {} of {}{}: {}",
            volume.target,
            volume.snapshot,
            volume.driver,
            size.unwrap_or_default(),
            volume.state
        );
    }
    text
}

fn heading(report: &RestoreReport) -> String {
    let bold = Style::new().bold();
    let RestoreReport {
        backup,
        cluster,
        restore,
        ..
    } = report;
    match report.planned {
        true => format!("{bold}Plan{bold:#}: restoring backup {backup} into {cluster} would do this.\n"),
        false => format!("{bold}Restore {restore}{bold:#} of backup {backup} into {cluster}\n"),
    }
}

/// A line for the object, and below it what there is to say.
fn of_object(object: &ObjectReport, detail: Detail) -> String {
    let (sign, style) = match object.action {
        _ if object.problem.is_some() => ("!", AnsiColor::Red.on_default()),
        ActionName::Create | ActionName::Rename => ("+", AnsiColor::Green.on_default()),
        ActionName::Patch | ActionName::Replace | ActionName::Recreate => {
            ("~", AnsiColor::Yellow.on_default())
        }
        ActionName::Skip => ("=", Style::new().dimmed()),
        ActionName::Refuse | ActionName::LeaveOut => ("!", AnsiColor::Red.on_default()),
    };
    let action = object.action.to_string();
    let mut text = format!("{style}{sign} {action:9}{style:#} {}", object.target);
    if object.target != object.id {
        let _ = write!(text, " (from {})", origin(object));
    }
    if let Some(reason) = &object.reason {
        let _ = write!(text, ": {reason}");
    }
    text.push('\n');
    let mut lines: Vec<String> = Vec::new();
    lines.extend(
        object
            .problem
            .iter()
            .map(|problem| format!("error[{}]: {problem}", problem.code.name())),
    );
    lines.extend(object.rules.iter().filter_map(of_rule));
    lines.extend(object.notes.iter().map(|note| match &note.pointer {
        Some(pointer) => format!("note: {} ({pointer})", note.message),
        None => format!("note: {}", note.message),
    }));
    if detail == Detail::Differences {
        let modification = object.modification.as_ref().filter(|diff| !is_placing(diff));
        lines.extend(difference("changed on its way from the backup:", modification));
        lines.extend(difference("the live object would change:", object.diff.as_ref()));
    }
    for line in lines.iter().flat_map(|lines| lines.lines()) {
        let _ = writeln!(text, "    {line}");
    }
    text
}

/// Where the object comes from, without what is the same in the cluster.
fn origin(object: &ObjectReport) -> String {
    match &object.id.namespace {
        _ if object.id.resource != object.target.resource => object.id.to_string(),
        Some(namespace) => format!("{namespace}/{}", object.id.name),
        None => object.id.name.clone(),
    }
}

/// Whether the change is only that the object comes into another namespace, which its line says.
fn is_placing(diff: &Diff) -> bool {
    let operations = diff.patch.as_array().into_iter().flatten();
    operations
        .map(|operation| operation.get("path"))
        .all(|path| path == Some(&"/metadata/namespace".into()))
}

/// What a rule did, where that is not plain from the difference.
fn of_rule(rule: &RuleReport) -> Option<String> {
    let RuleReport {
        rule: number,
        skipped,
        failed,
        ..
    } = rule;
    match (failed, skipped) {
        (Some(failed), _) => Some(format!("rule {number} failed: {failed}")),
        (None, Some(skipped)) => Some(format!("rule {number} left it as it is: {skipped}")),
        (None, None) => None,
    }
}

fn difference(title: &str, diff: Option<&Diff>) -> Option<String> {
    Some(format!("{title}\n{}", paint_diff(&diff?.text)))
}

/// The last line: how many objects came to what.
fn summary(report: &RestoreReport) -> String {
    let Totals {
        created,
        changed,
        skipped,
        failed,
        left_out,
    } = report.totals;
    let style = match report.outcome {
        Outcome::Completed => AnsiColor::Green.on_default(),
        Outcome::PartiallyFailed | Outcome::Failed => AnsiColor::Red.on_default(),
    };
    let outcome = match report.planned {
        true => "Plan".to_owned(),
        false => report.outcome.to_string(),
    };
    let (create, change, skip, fail, leave_out) = match report.planned {
        true => (
            "to create",
            "to change",
            "to skip",
            "would fail",
            "would be left out",
        ),
        false => ("created", "changed", "skipped", "failed", "left out"),
    };
    let mut text =
        format!("{style}{outcome}{style:#}: {created} {create}, {changed} {change}, {skipped} {skip}");
    for (count, what) in [(failed, fail), (left_out, leave_out)] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    text.push_str(".\n");
    text
}
