//! One command of a hook.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A command that runs in a container of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// Where; the first container of the pod if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The program and its arguments; there is no shell. Not empty.
    #[serde(rename = "command")]
    pub argv: Vec<String>,
    /// What follows from a failure.
    pub on_error: OnError,
    /// How long it may run. What runs longer is let go, and may go on running in its container.
    #[serde(with = "super::seconds", rename = "timeoutSeconds")]
    pub timeout: Duration,
    /// What is waited for before it runs; nothing in a backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
}

/// What follows when a command of a hook fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnError {
    /// It is reported, and what comes next is done. The default: as AKS Backup documents it for restores, and as Velero
    /// does it, against its documentation, where nothing is said.
    #[default]
    Continue,
    /// What comes next for this pod is not done, and the pod has failed.
    Fail,
}

/// What is waited for in a restored pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// How long.
    #[serde(with = "super::seconds", rename = "timeoutSeconds")]
    pub timeout: Duration,
    /// Whether the container must be ready, not only run.
    pub for_ready: bool,
}

impl Command {
    /// How long a command of a backup may run where nothing is said. Velero's default.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    /// How long is waited for a restored container where nothing is said. What the documentation of AKS Backup has in
    /// its example; Velero would wait for ever.
    pub const WAIT_TIMEOUT: Duration = Duration::from_mins(5);
}

impl Wait {
    /// What is waited for where nothing is said.
    pub const DEFAULT: Wait = Wait {
        timeout: Command::WAIT_TIMEOUT,
        for_ready: false,
    };
}
