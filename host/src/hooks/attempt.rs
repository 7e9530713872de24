//! What became of a command that was to run in a pod.

use super::Phase;
use crate::report::{Code, Problem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A command that was to run in a pod, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The hook, as people know it.
    pub hook: String,
    /// When around the pod.
    pub phase: Phase,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// How it ended.
    pub end: Ending,
    /// The end of its standard output: at most [`Attempt::OUTPUT`] bytes, what is not UTF-8 replaced.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// The end of its standard error, the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
    /// Bytes of both that were written and are not here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

/// How a command in a pod ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Ending {
    /// It ended by itself.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// A signal ended it: its exit code, as the container runtime gives it, is 128 and the number of the signal.
    Signalled {
        /// The number of the signal.
        signal: i32,
    },
    /// It did not end in time. It may still be running in its container: nobody ends it there.
    TimedOut,
    /// It was under way when the hook was ended, or let go of it. It may still be running.
    CutShort,
    /// The connection broke, or there was none. Whether the command ran, and to which end, is not known.
    ConnectionLost {
        /// What happened.
        message: String,
    },
    /// It was not run: the pod has no such container.
    NoContainer,
    /// It was not run, or is known to be gone.
    NotRun {
        /// The code in the contract of plugins: `pod-gone`, `not-running`, `image-pull`, …
        code: String,
        /// Why.
        message: String,
    },
}

impl Attempt {
    /// Bytes of each output that are kept of a command.
    pub const OUTPUT: usize = 4 << 10;

    /// What is wrong with it; none where it came to a good end.
    pub fn problem(&self) -> Option<Problem> {
        let code = self.end.code()?;
        let what = match self.command.is_empty() {
            true => format!("waiting for container {}", self.container),
            false => format!("{:?} in container {}", self.command, self.container),
        };
        let said = [&self.stderr, &self.stdout];
        let said = said
            .iter()
            .find_map(|output| output.lines().rev().find(|line| !line.trim().is_empty()));
        let said = said.map(|line| format!(": {}", line.trim())).unwrap_or_default();
        let message = format!("{} {}: {what}: {}{said}", self.phase, self.hook, self.end);
        Some(Problem::new(code, message).about(format!("pods {}/{}", self.namespace, self.pod)))
    }

    /// Those of `attempts`, which are in their order, that count: not one whose connection broke and that was made again.
    pub(super) fn counting(attempts: &[Attempt]) -> impl Iterator<Item = &Attempt> {
        let numbered = attempts.iter().enumerate();
        let counts = |(index, attempt): (usize, _)| {
            let again = attempts.get(index + 1).is_some_and(|next| next.is_again(attempt));
            (!again).then_some(attempt)
        };
        numbered.filter_map(counts)
    }

    /// Whether it is the next try of the attempt `before`, whose connection broke.
    fn is_again(&self, before: &Attempt) -> bool {
        let what = |of: &Attempt| {
            (
                of.namespace.clone(),
                of.pod.clone(),
                of.container.clone(),
                of.command.clone(),
            )
        };
        matches!(before.end, Ending::ConnectionLost { .. }) && what(self) == what(before)
    }

    /// Whether it came to a good end.
    pub fn succeeded(&self) -> bool {
        matches!(self.end, Ending::Exited { code: 0 })
    }
}

impl Ending {
    /// The code in the catalogue; none where it is good.
    pub fn code(&self) -> Option<Code> {
        match self {
            Ending::Exited { code: 0 } => None,
            Ending::Exited { .. } | Ending::Signalled { .. } => Some(Code::HookFailed),
            Ending::TimedOut | Ending::CutShort => Some(Code::HookTimeout),
            Ending::ConnectionLost { .. } => Some(Code::HookConnection),
            Ending::NoContainer => Some(Code::HookContainerMissing),
            Ending::NotRun { .. } => Some(Code::HookNotRun),
        }
    }

    /// Whether it was not run because the pod has ended, or is not there any more.
    pub fn is_of_gone_pod(&self) -> bool {
        matches!(self, Ending::NotRun { code, .. } if matches!(code.as_str(), "pod-gone" | "pod-ended"))
    }

    /// Whether it is known what the command did: it ended, or cannot have run.
    pub fn is_certain(&self) -> bool {
        !matches!(
            self,
            Ending::TimedOut | Ending::CutShort | Ending::ConnectionLost { .. }
        )
    }
}

/// `exit code 3`, `timed out; it may still be running`.
impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ending::Exited { code } => write!(f, "exit code {code}"),
            Ending::Signalled { signal } => write!(f, "ended by signal {signal}"),
            Ending::TimedOut => f.write_str("timed out; it may still be running"),
            Ending::CutShort => f.write_str("cut short; it may still be running"),
            Ending::ConnectionLost { message } => {
                write!(f, "the connection broke, whether it ran is not known: {message}")
            }
            Ending::NoContainer => f.write_str("not run: the pod has no such container"),
            Ending::NotRun { message, .. } => write!(f, "not run: {message}"),
        }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
