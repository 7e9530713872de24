//! What plugins did in an operation, for people.

use crate::plugin::{BUILT_INS, LogLine, PluginReport};
use crate::report::{Cell, Table, Tone, units};
use anstyle::Style;
use std::fmt::Write;
use std::time::Duration;

/// Which plugins are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Shown {
    /// Those that the user has brought.
    ThirdParty,
    /// All, with what they wrote to the log.
    All,
}

/// A table of what each plugin did, with an empty line before it; nothing where there is nobody to show.
pub(in crate::cli) fn render(plugins: &[PluginReport], shown: Shown) -> String {
    let is_shown =
        |report: &&PluginReport| shown == Shown::All || !BUILT_INS.contains(&report.plugin.as_str());
    let plugins: Vec<&PluginReport> = plugins.iter().filter(is_shown).collect();
    if plugins.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        "PLUGIN",
        "CALLS",
        "REMEMBERED",
        "FAILED",
        "CHANGED",
        "TIME",
        "MEMORY",
        "LOOK-UPS",
        "COMMANDS",
        "LOG LINES",
    ]);
    for report in &plugins {
        let failed = if report.failed > 0 { Tone::Bad } else { Tone::Plain };
        table.row([
            report.plugin.as_str().into(),
            report.calls.into(),
            report.remembered.into(),
            Cell::new(report.failed, failed),
            report.changed.into(),
            time(report).into(),
            units::size(report.memory).into(),
            report.look_ups.into(),
            report.commands.into(),
            lines(report).into(),
        ]);
    }
    let mut text = format!("\n{}", table.render(None));
    if shown == Shown::All {
        for report in plugins {
            text.extend(report.log.iter().map(|line| logged(&report.plugin, line)));
        }
    }
    text.push('\n');
    text
}

fn time(report: &PluginReport) -> String {
    format!("{:.1?}", Duration::from_micros(report.microseconds))
}

/// How many lines it wrote, and how many more it would have.
fn lines(report: &PluginReport) -> String {
    match report.log_lines_dropped {
        0 => report.log_lines.to_string(),
        dropped => format!("{} ({dropped} dropped)", report.log_lines),
    }
}

fn logged(plugin: &str, line: &LogLine) -> String {
    let dim = Style::new().dimmed();
    let mut text = format!("{dim}{plugin} {}{dim:#} ", line.level);
    if let Some(object) = &line.object {
        let _ = write!(text, "{object}: ");
    }
    let _ = writeln!(text, "{}", line.message);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(plugin: &str) -> PluginReport {
        PluginReport {
            plugin: plugin.into(),
            calls: 3,
            changed: 2,
            microseconds: 1500,
            memory: 1 << 20,
            look_ups: 4,
            log_lines: 5,
            log_lines_dropped: 6,
            log: vec![LogLine {
                level: "info".into(),
                object: Some("pods shop/web".into()),
                message: "labelled".into(),
            }],
            ..PluginReport::default()
        }
    }

    #[test]
    fn a_plugin_of_the_user_is_always_shown_and_a_built_in_one_where_all_are() {
        let reports = [report("json-patch"), report("label")];
        let text = render(&reports, Shown::ThirdParty);
        assert!(text.contains("label") && !text.contains("json-patch"), "{text}");
        assert!(text.contains("1.5ms") && text.contains("5 (6 dropped)"), "{text}");
        let text = anstream::adapter::strip_str(&render(&reports, Shown::All)).to_string();
        assert!(
            text.contains("json-patch") && text.contains("label info pods shop/web: labelled"),
            "{text}"
        );
        assert_eq!(render(&reports[..1], Shown::ThirdParty), "");
    }
}
