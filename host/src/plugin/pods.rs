//! The pod that a hook was called for, as far as a plugin can reach it.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Bytes of standard output, and as many of standard error, that a plugin gets of a command: their end.
pub const EXEC_OUTPUT: usize = 64 << 10;

/// The pod that a hook was called for, and no other.
#[async_trait]
pub trait Pod: Send + Sync {
    /// Run a command to its end, in the first container where none is named.
    async fn exec(
        &self,
        container: Option<&str>,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, PodError>;

    /// Start a command with standard input open.
    async fn open(
        &self,
        container: Option<&str>,
        command: &[String],
    ) -> Result<Box<dyn PodSession>, PodError>;

    /// Wait until the container is `running` or `ready`.
    async fn wait(&self, container: Option<&str>, condition: &str, timeout: Duration)
    -> Result<(), PodError>;
}

/// A command that runs on while the plugin does other things. Dropped when the plugin drops it, or is gone itself.
#[async_trait]
pub trait PodSession: Send + Sync {
    /// Write to standard input; ready when it is sent.
    async fn write(&mut self, stdin: Vec<u8>) -> Result<(), PodError>;

    /// At least one byte and at most `max` of standard output; nothing at its end.
    async fn read(&mut self, max: usize, timeout: Duration) -> Result<Vec<u8>, PodError>;

    /// Close standard input and wait for the exit code.
    async fn finish(&mut self, timeout: Duration) -> Result<i32, PodError>;
}

/// What a command left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// As the command exited.
    pub exit_code: i32,
    /// The end of standard output, at most 64 KiB.
    pub stdout: Vec<u8>,
    /// The end of standard error, at most 64 KiB.
    pub stderr: Vec<u8>,
    /// Bytes that were written to both of them before what is here.
    pub dropped: u64,
}

/// Why something cannot be done in a pod; in the words of the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PodError {
    /// `no-container`, `timeout`, `connection`, `limit`, `pod-gone`, `not-running`, …
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Where a command was cut short: what it had written until then, and no exit code of its own.
    pub output: Option<Box<ExecOutput>>,
}

impl PodError {
    /// An error with a code of the interface `pods`.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        PodError {
            code: code.to_owned(),
            message: message.into(),
            output: None,
        }
    }
}

/// A command that a [`ScriptedPod`] knows, and how it ends.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// The container; any where it is none.
    pub container: Option<String>,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What comes of it.
    pub answer: Result<ExecOutput, PodError>,
}

/// A pod whose commands end as was said beforehand, each answer once, and that writes down what was run.
#[derive(Debug, Default)]
pub struct ScriptedPod {
    answers: Mutex<Vec<Scripted>>,
    commands: Mutex<Vec<Vec<String>>>,
}

impl ScriptedPod {
    /// A pod that knows these commands.
    pub fn new(answers: Vec<Scripted>) -> Self {
        ScriptedPod {
            answers: Mutex::new(answers),
            commands: Mutex::default(),
        }
    }

    /// The commands that were run, in their order.
    pub fn commands(&self) -> Vec<Vec<String>> {
        self.commands
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn answer(&self, container: Option<&str>, command: &[String]) -> Result<ExecOutput, PodError> {
        self.commands
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(command.to_vec());
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |known: &Scripted| {
            known.command == command && (known.container.is_none() || known.container.as_deref() == container)
        };
        match answers.iter().position(fits) {
            Some(index) => answers.remove(index).answer,
            None => Err(PodError::new(
                "not-running",
                format!("nothing says how {command:?} ends"),
            )),
        }
    }
}

#[async_trait]
impl Pod for ScriptedPod {
    async fn exec(
        &self,
        container: Option<&str>,
        command: &[String],
        _timeout: Duration,
    ) -> Result<ExecOutput, PodError> {
        self.answer(container, command)
    }

    async fn open(
        &self,
        container: Option<&str>,
        command: &[String],
    ) -> Result<Box<dyn PodSession>, PodError> {
        let output = self.answer(container, command)?;
        Ok(Box::new(ScriptedSession {
            stdout: output.stdout.into(),
            exit_code: output.exit_code,
        }))
    }

    async fn wait(
        &self,
        _container: Option<&str>,
        condition: &str,
        _timeout: Duration,
    ) -> Result<(), PodError> {
        match condition {
            "running" | "ready" => Ok(()),
            _ => Err(PodError::new(
                "invalid-condition",
                format!("there is no condition '{condition}'"),
            )),
        }
    }
}

/// A command of a [`ScriptedPod`] that is open.
struct ScriptedSession {
    stdout: VecDeque<u8>,
    exit_code: i32,
}

#[async_trait]
impl PodSession for ScriptedSession {
    async fn write(&mut self, _stdin: Vec<u8>) -> Result<(), PodError> {
        Ok(())
    }

    async fn read(&mut self, max: usize, _timeout: Duration) -> Result<Vec<u8>, PodError> {
        let length = max.min(self.stdout.len());
        Ok(self.stdout.drain(..length).collect())
    }

    async fn finish(&mut self, _timeout: Duration) -> Result<i32, PodError> {
        Ok(self.exit_code)
    }
}
