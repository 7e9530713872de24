//! What plugins write to the log: bounded, and without control characters.

use super::Limits;
use super::activity::Activity;
use crate::object::ObjectId;
use std::sync::Arc;

/// The longest line that is kept, in characters.
const LINE: usize = 4_000;

/// The log of one instance.
#[derive(Debug)]
pub struct Log {
    plugin: String,
    lines_left: usize,
    bytes_left: usize,
    shown: u64,
    last_error: Option<String>,
    activity: Arc<Activity>,
}

impl Log {
    pub fn new(plugin: &str, limits: &Limits, activity: &Arc<Activity>) -> Self {
        Log {
            plugin: plugin.to_owned(),
            lines_left: limits.log_lines,
            bytes_left: limits.log_bytes,
            shown: limits.log_shown,
            last_error: None,
            activity: Arc::clone(activity),
        }
    }

    /// Write one line about `object`, unless the plugin has used up its log.
    pub fn write(&mut self, level: &str, message: &str, object: Option<&ObjectId>) {
        let message = printable(message);
        if level == "error" {
            self.last_error = Some(message.clone());
        }
        let Some((lines, bytes)) = self
            .lines_left
            .checked_sub(1)
            .zip(self.bytes_left.checked_sub(message.len()))
        else {
            self.activity.logged(false);
            return;
        };
        self.activity.logged(true);
        (self.lines_left, self.bytes_left) = (lines, bytes);
        self.show(level, &message, object);
    }

    /// Show a line, unless enough were shown.
    fn show(&self, level: &str, message: &str, object: Option<&ObjectId>) {
        let plugin = self.plugin.as_str();
        if !matches!(level, "trace" | "debug") {
            let before = self.activity.said(level, message, object);
            if before >= self.shown {
                if before == self.shown {
                    tracing::warn!(target: "plugin", plugin, "writes more lines, which are counted and not shown");
                }
                return;
            }
        }
        let object = object.map(ToString::to_string);
        let object = object.as_deref().unwrap_or("-");
        match level {
            "trace" => tracing::trace!(target: "plugin", plugin, object, "{message}"),
            "debug" => tracing::debug!(target: "plugin", plugin, object, "{message}"),
            "warn" => tracing::warn!(target: "plugin", plugin, object, "{message}"),
            "error" => tracing::error!(target: "plugin", plugin, object, "{message}"),
            _ => tracing::info!(target: "plugin", plugin, object, "{message}"),
        }
    }

    /// What the plugin said last at level `error`: after a panic, where it panicked.
    pub fn take_last_error(&mut self) -> Option<String> {
        self.last_error.take()
    }
}

/// `text` with control characters replaced, so that it cannot steer a terminal, and of bounded length.
pub fn printable(text: &str) -> String {
    text.chars()
        .take(LINE)
        .map(|c| if c.is_control() && c != '\t' { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mred\r\nb\u{9b}"), "a [31mred  b ");
    }

    #[test]
    fn the_first_lines_are_in_the_report_but_for_those_about_secrets() {
        let activity = Arc::default();
        let mut log = Log::new("chatty", &Limits::default(), &activity);
        let id = |resource: &str| ObjectId {
            resource: resource.parse().unwrap(),
            namespace: Some("shop".into()),
            name: "a".into(),
        };
        log.write("debug", "not this one", None);
        log.write("warn", "password is x", Some(&id("secrets")));
        for n in 0..100 {
            log.write("info", &format!("line {n}"), Some(&id("pods")));
        }
        let report = activity.report("chatty", "");
        assert_eq!((report.log_lines, report.log.len()), (102, 20));
        assert_eq!(report.log[0].message, "line 0");
        assert_eq!(report.log[0].object.as_deref(), Some("pods shop/a"));
    }

    #[test]
    fn lines_and_bytes_are_bounded() {
        let mut log = Log::new(
            "chatty",
            &Limits {
                log_lines: 2,
                log_bytes: 10,
                ..Limits::default()
            },
            &Arc::default(),
        );
        for _ in 0..1000 {
            log.write("info", "12345678", None);
        }
        assert_eq!((log.lines_left, log.bytes_left), (1, 2));
    }
}
