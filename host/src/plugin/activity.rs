//! What a plugin did in an operation.

use super::look_ups::Quota;
use crate::object::ObjectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a plugin did, counted as it goes. Shared by all its instances.
#[derive(Debug, Default)]
pub struct Activity {
    calls: AtomicU64,
    remembered: AtomicU64,
    failed: AtomicU64,
    changed: AtomicU64,
    nanoseconds: AtomicU64,
    memory: AtomicU64,
    look_ups: AtomicU64,
    commands: AtomicU64,
    log_lines: AtomicU64,
    log_lines_dropped: AtomicU64,
    /// What it may still look up.
    pub quota: Quota,
    /// Lines at level `info` and above.
    loud_lines: AtomicU64,
    /// The first of these.
    log: Mutex<Vec<LogLine>>,
}

/// Lines of its log that a report of a plugin has. 20: enough to see what it is about.
const REPORTED_LINES: usize = 20;

/// Characters of such a line.
const REPORTED_LINE: usize = 500;

/// A line that a plugin wrote to the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// `info`, `warn` or `error`.
    pub level: String,
    /// The object that it was called with; none while it was configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The line: its first 500 characters.
    pub message: String,
}

/// What a plugin did in an operation, for its report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginReport {
    /// The name of the plugin.
    pub plugin: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// Objects that it was called with.
    pub calls: u64,
    /// Objects about which an earlier decision held, so that it was not called.
    pub remembered: u64,
    /// Calls that ended in an error.
    pub failed: u64,
    /// Objects that it changed.
    pub changed: u64,
    /// Time that its calls took, in microseconds.
    pub microseconds: u64,
    /// The largest memory of one of its instances, in bytes.
    pub memory: u64,
    /// Look-ups in the cluster.
    pub look_ups: u64,
    /// Commands that it ran in pods.
    pub commands: u64,
    /// Lines that it wrote to the log.
    pub log_lines: u64,
    /// Lines that were too many.
    pub log_lines_dropped: u64,
    /// The first lines at level `info` and above: at most 20, and none of a call with a Secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLine>,
}

/// What one call did.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallReport {
    pub failed: bool,
    pub changed: bool,
    pub time: Duration,
    /// Bytes of memory of the instance.
    pub memory: usize,
}

impl Activity {
    /// A call has ended.
    pub fn called(&self, call: CallReport) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(call.failed.into(), Ordering::Relaxed);
        self.changed.fetch_add(call.changed.into(), Ordering::Relaxed);
        let nanoseconds = u64::try_from(call.time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        self.memory
            .fetch_max(u64::try_from(call.memory).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// An earlier decision held for an object.
    pub fn remembered(&self, changed: bool) {
        self.remembered.fetch_add(1, Ordering::Relaxed);
        self.changed.fetch_add(changed.into(), Ordering::Relaxed);
    }

    /// The plugin has looked something up.
    pub fn looked_up(&self) {
        self.look_ups.fetch_add(1, Ordering::Relaxed);
    }

    /// The plugin has run a command.
    pub fn ran_command(&self) {
        self.commands.fetch_add(1, Ordering::Relaxed);
    }

    /// The plugin has written a line to the log, or would have.
    pub fn logged(&self, kept: bool) {
        let counter = if kept {
            &self.log_lines
        } else {
            &self.log_lines_dropped
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// A line at level `info` or above about `object`: keep it if it is among the first, and say how many came before it.
    pub fn said(&self, level: &str, message: &str, object: Option<&ObjectId>) -> u64 {
        let before = self.loud_lines.fetch_add(1, Ordering::Relaxed);
        let is_secret = object.is_some_and(|object| object.resource.is("", "secrets"));
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() < REPORTED_LINES && !is_secret {
            log.push(LogLine {
                level: level.to_owned(),
                object: object.map(ToString::to_string),
                message: message.chars().take(REPORTED_LINE).collect(),
            });
        }
        before
    }

    /// What was done so far by the plugin of this name and digest.
    pub fn report(&self, plugin: &str, digest: &str) -> PluginReport {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PluginReport {
            plugin: plugin.to_owned(),
            digest: digest.to_owned(),
            calls: read(&self.calls),
            remembered: read(&self.remembered),
            failed: read(&self.failed),
            changed: read(&self.changed),
            microseconds: read(&self.nanoseconds) / 1000,
            memory: read(&self.memory),
            look_ups: read(&self.look_ups),
            commands: read(&self.commands),
            log_lines: read(&self.log_lines),
            log_lines_dropped: read(&self.log_lines_dropped),
            log: self.log.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl PluginReport {
    /// One report for each plugin that was called, by name, out of those of its rules.
    pub fn by_plugin(reports: impl Iterator<Item = PluginReport>) -> Vec<PluginReport> {
        let mut by_plugin: BTreeMap<(String, String), PluginReport> = BTreeMap::new();
        for report in reports.filter(|report| report.calls + report.remembered > 0) {
            let key = (report.plugin.clone(), report.digest.clone());
            by_plugin
                .entry(key)
                .and_modify(|known| known.add(&report))
                .or_insert(report);
        }
        by_plugin.into_values().collect()
    }

    /// Add what the same plugin did elsewhere: under another rule, say.
    pub fn add(&mut self, other: &PluginReport) {
        self.calls += other.calls;
        self.remembered += other.remembered;
        self.failed += other.failed;
        self.changed += other.changed;
        self.microseconds += other.microseconds;
        self.memory = self.memory.max(other.memory);
        self.look_ups += other.look_ups;
        self.commands += other.commands;
        self.log_lines += other.log_lines;
        self.log_lines_dropped += other.log_lines_dropped;
        let room = REPORTED_LINES.saturating_sub(self.log.len());
        self.log.extend(other.log.iter().take(room).cloned());
    }
}
