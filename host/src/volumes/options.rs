//! How a backup takes the data of volumes.

use std::collections::BTreeMap;
use std::time::Duration;

/// Whether a backup takes the data of volumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotMode {
    /// Where snapshots can be cut; what cannot be taken is a warning.
    #[default]
    Auto,
    /// Of every volume; what cannot be taken is an error.
    Always,
    /// Of none.
    Never,
}

/// A text that says nothing about snapshots.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is none of 'auto', 'true' and 'false'")]
pub struct ParseSnapshotModeError(String);

impl std::str::FromStr for SnapshotMode {
    type Err = ParseSnapshotModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(SnapshotMode::Auto),
            "true" => Ok(SnapshotMode::Always),
            "false" => Ok(SnapshotMode::Never),
            _ => Err(ParseSnapshotModeError(text.to_owned())),
        }
    }
}

/// How a backup takes the data of volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotOptions {
    /// Whether it does.
    pub mode: SnapshotMode,
    /// For a driver, the class to use where the claim names none.
    pub classes: BTreeMap<String, String>,
    /// How long a snapshot is waited for: until it is cut, and again until it is ready to use.
    pub timeout: Duration,
}

impl SnapshotOptions {
    /// As Velero's `csiSnapshotTimeout`: drivers that copy are slow.
    pub const TIMEOUT: Duration = Duration::from_mins(10);
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        SnapshotOptions {
            mode: SnapshotMode::default(),
            classes: BTreeMap::new(),
            timeout: SnapshotOptions::TIMEOUT,
        }
    }
}
