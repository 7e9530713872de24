//! What hooks would do, or did, as text for people.

use crate::hooks::{Attempt, PlannedStep};
use crate::report::units;
use anstyle::{AnsiColor, Style};
use jiff::SignedDuration;
use std::fmt::Write;
use std::time::Duration;

/// Lines of a command's output that are shown where it failed.
const LINES: usize = 5;

/// All steps that would be done, below a heading; nothing where there are none.
pub(in crate::cli) fn planned(steps: &[PlannedStep]) -> String {
    let bold = Style::new().bold();
    match steps {
        [] => String::new(),
        steps => format!(
            "{bold}Hooks{bold:#} that would run:\n{}",
            steps.iter().map(of_step).collect::<String>()
        ),
    }
}

/// How many commands ran, and those that did not end well; nothing where there were none.
pub(in crate::cli) fn attempted(attempts: &[Attempt]) -> String {
    let bold = Style::new().bold();
    if attempts.is_empty() {
        return String::new();
    }
    let failed: Vec<_> = attempts.iter().filter(|attempt| !attempt.succeeded()).collect();
    let lines: String = failed.iter().copied().map(of_attempt).collect();
    format!(
        "{bold}Hooks{bold:#}: {} commands, {} of them did not end well\n{lines}",
        attempts.len(),
        failed.len()
    )
}

/// `+ shop/web-0 after-restore: default (RestoreHook a/b) runs ["uname", "-a"] in container web, at most 30 s`
fn of_step(step: &PlannedStep) -> String {
    let green = AnsiColor::Green.on_default();
    let PlannedStep {
        namespace,
        pod,
        phase,
        hook,
        ..
    } = step;
    let mut text = format!("{green}*{green:#} {namespace}/{pod} {phase}: {hook}");
    match (&step.plugin, &step.container) {
        (Some(plugin), _) => {
            let _ = write!(text, ", by plugin {plugin}");
        }
        (None, Some(container)) if step.timeout.is_none() => {
            let _ = write!(text, " adds the init container '{container}'");
        }
        (None, container) => {
            let container = container.as_deref().unwrap_or_default();
            let _ = write!(text, " runs {:?} in container {container}", step.command);
        }
    }
    if let Some(timeout) = step.timeout {
        let _ = write!(text, ", at most {}", length(timeout));
    }
    if let Some(wait) = step.wait {
        let state = if wait.for_ready { "is ready" } else { "runs" };
        let _ = write!(
            text,
            ", waiting at most {} until it {state}",
            length(wait.timeout)
        );
    }
    text.push('\n');
    text
}

/// `7s`: as people write it in a hook.
fn length(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| units::took(time), units::duration)
}

fn of_attempt(attempt: &Attempt) -> String {
    let red = AnsiColor::Red.on_default();
    let Attempt {
        namespace,
        pod,
        container,
        hook,
        ..
    } = attempt;
    let took = units::took(Duration::from_millis(attempt.milliseconds));
    let what = match attempt.command.is_empty() {
        true => "waiting".to_owned(),
        false => format!("{:?}", attempt.command),
    };
    let mut text = format!(
        "{red}!{red:#} {namespace}/{pod} container {container}: {hook}: {what}: {} (after {took})\n",
        attempt.end
    );
    for output in [&attempt.stdout, &attempt.stderr] {
        let lines: Vec<&str> = output.lines().collect();
        let end = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
        for line in end {
            // What comes out of a container must not steer the terminal.
            let line: String = line.chars().filter(|c| !c.is_control()).collect();
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}
