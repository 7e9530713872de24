//! What a plugin is given: configuration, grants, limits.

use super::{AppliesTo, Grants};
use serde_json::Value;
use std::time::Duration;

/// How a plugin is used in an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Handed to `configure`: a JSON object.
    pub config: Value,
    /// What the operator allows.
    pub grants: Grants,
    /// What the plugin may use up.
    pub limits: Limits,
    /// How long an instance lives.
    pub isolation: Isolation,
    /// Which objects it is called with.
    pub applies_to: AppliesTo,
}

impl Settings {
    /// `config` with no grants and the default limits, for all objects.
    pub fn new(config: Value) -> Self {
        Settings {
            config,
            grants: Grants::default(),
            limits: Limits::default(),
            isolation: Isolation::default(),
            applies_to: AppliesTo::default(),
        }
    }
}

/// How long an instance of a plugin lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// A fresh instance for each object.
    Object,
    /// One for each batch of at most 256 objects.
    #[default]
    Batch,
    /// One for the whole operation: for an interpreter that takes long to start. Calls wait for each other.
    Operation,
}

/// What one plugin may use up. Each limit is for one call unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time, host functions included. One second: a thousand times what a built-in needs for a large object.
    pub deadline: Duration,
    /// Bytes of linear memory of an instance. 64 MiB: an object is at most 1.5 MiB, and script runtimes need about 20.
    pub memory: usize,
    /// Bytes of all that one call may hand to the host: patches, messages, keys. 16 MiB: ten times the largest object.
    pub output: usize,
    /// Operations in all patches of one call. 10,000: more than any object has fields worth patching one by one.
    pub operations: usize,
    /// Depth of JSON that the plugin hands over. 128: what JSON parsers take by default.
    pub depth: usize,
    /// Lines in the log, and bytes of them, for an instance. 1,000 lines, 256 KiB: enough to find a fault.
    pub log_lines: usize,
    /// Bytes in the log for an instance.
    pub log_bytes: usize,
    /// Lines at level `info` and above that are shown while the operation runs; the rest is counted. 20: many objects
    /// with a line each would hide everything else.
    pub log_shown: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            deadline: Duration::from_secs(1),
            memory: 64 << 20,
            output: 16 << 20,
            operations: 10_000,
            depth: 128,
            log_lines: 1_000,
            log_bytes: 256 << 10,
            log_shown: 20,
        }
    }
}
