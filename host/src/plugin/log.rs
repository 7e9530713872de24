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
    last_error: Option<String>,
    activity: Arc<Activity>,
}

impl Log {
    pub fn new(plugin: &str, limits: &Limits, activity: &Arc<Activity>) -> Self {
        Log {
            plugin: plugin.to_owned(),
            lines_left: limits.log_lines,
            bytes_left: limits.log_bytes,
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
        let object = object.map(ToString::to_string);
        let (plugin, object) = (self.plugin.as_str(), object.as_deref().unwrap_or("-"));
        match level {
            "trace" => tracing::trace!(target: "plugin", plugin, object, "{message}"),
            "debug" => tracing::debug!(target: "plugin", plugin, object, "{message}"),
            "warn" => tracing::warn!(target: "plugin", plugin, object, "{message}"),
            "error" => tracing::error!(target: "plugin", plugin, object, "{message}"),
            _ => tracing::info!(target: "plugin", plugin, object, "{message}"),
        }
        if self.lines_left == 0 || self.bytes_left == 0 {
            tracing::warn!(target: "plugin", plugin, "has used up its log; further lines are dropped");
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
