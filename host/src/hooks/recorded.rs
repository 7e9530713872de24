//! A pod that keeps what was run in it.

use super::{Attempt, Command, Ending, Hook, Phase, container_names};
use crate::object::Object;
use crate::plugin::{ExecOutput, Pod, PodError, PodSession};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What was run in a pod, in its order.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<Vec<Attempt>>);

impl Attempts {
    /// All until now.
    pub fn all(&self) -> Vec<Attempt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many there are until now.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn push(&self, attempt: Attempt) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(attempt);
    }
}

/// A pod whose commands are kept, whatever comes of them.
pub(super) struct RecordedPod {
    inner: Arc<dyn Pod>,
    first_container: String,
    attempts: Arc<Attempts>,
    /// How many attempts there were before this moment.
    before: usize,
    /// What the hook is to run at this moment, in its order, where that is known beforehand.
    commands: Vec<Command>,
    /// What all attempts have in common.
    common: Attempt,
}

impl RecordedPod {
    /// `inner`, which is `pod`, at one moment of `hook`.
    pub(super) fn new(
        inner: Arc<dyn Pod>,
        pod: &Object,
        hook: &Hook,
        phase: Phase,
        attempts: &Arc<Attempts>,
    ) -> Self {
        RecordedPod {
            inner,
            first_container: container_names(&pod.json).into_iter().next().unwrap_or_default(),
            attempts: Arc::clone(attempts),
            before: attempts.count(),
            commands: hook.commands(phase).to_vec(),
            common: Attempt {
                namespace: pod.id.namespace.clone().unwrap_or_default(),
                pod: pod.id.name.clone(),
                container: String::new(),
                hook: hook.label(),
                phase,
                command: Vec::new(),
                started_at: Timestamp::UNIX_EPOCH,
                milliseconds: 0,
                end: Ending::CutShort,
                stdout: String::new(),
                stderr: String::new(),
                dropped: 0,
            },
        }
    }

    /// The command that a wait is for: of each command of a hook one attempt is kept, so it is the one after those that
    /// are. Empty where a plugin decides what it runs.
    fn awaited(&self) -> &[String] {
        let index = self.attempts.count().saturating_sub(self.before);
        self.commands.get(index).map_or(&[], |command| &command.argv)
    }

    /// Begin to keep a command.
    fn begin(&self, container: Option<&str>, command: &[String]) -> Open {
        Open {
            attempts: Some(Arc::clone(&self.attempts)),
            begun: Instant::now(),
            attempt: Attempt {
                container: container.map_or_else(|| self.first_container.clone(), str::to_owned),
                command: command.to_vec(),
                started_at: Timestamp::now(),
                ..self.common.clone()
            },
        }
    }
}

/// A command that is under way. Dropped before its end, it is kept as cut short.
struct Open {
    /// Where it is kept; none where it need not be.
    attempts: Option<Arc<Attempts>>,
    begun: Instant,
    attempt: Attempt,
}

impl Open {
    fn end(mut self, end: Ending) {
        self.attempt.end = end;
    }

    fn forget(mut self) {
        self.attempts = None;
    }

    fn output(&mut self, output: &ExecOutput) {
        let (stdout, before) = tail(&output.stdout);
        let (stderr, more) = tail(&output.stderr);
        self.attempt.stdout = stdout;
        self.attempt.stderr = stderr;
        self.attempt.dropped = output.dropped.saturating_add(before).saturating_add(more);
    }

    fn error(mut self, error: &PodError) {
        if let Some(output) = &error.output {
            self.output(output);
        }
        let message = error.message.clone();
        self.end(match error.code.as_str() {
            "timeout" => Ending::TimedOut,
            "connection" => Ending::ConnectionLost { message },
            "no-container" => Ending::NoContainer,
            code => Ending::NotRun {
                code: code.to_owned(),
                message,
            },
        });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.attempt.milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(attempts) = self.attempts.take() {
            attempts.push(self.attempt.clone());
        }
    }
}

/// The end of an output as text, and how many bytes come before it.
fn tail(output: &[u8]) -> (String, u64) {
    let before = output.len().saturating_sub(Attempt::OUTPUT);
    let end = output.get(before..).unwrap_or_default();
    let text = String::from_utf8_lossy(end).into_owned();
    (text, u64::try_from(before).unwrap_or(u64::MAX))
}

/// How an exit code is to be read: container runtimes give 128 and the number of the signal that ended a command.
fn ending(exit_code: i32) -> Ending {
    match exit_code {
        129..=192 => Ending::Signalled {
            signal: exit_code - 128,
        },
        code => Ending::Exited { code },
    }
}

#[async_trait]
impl Pod for RecordedPod {
    async fn exec(
        &self,
        container: Option<&str>,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, PodError> {
        let mut open = self.begin(container, command);
        let done = self.inner.exec(container, command, timeout).await;
        match &done {
            Ok(output) => {
                open.output(output);
                open.end(ending(output.exit_code));
            }
            Err(error) => open.error(error),
        }
        done
    }

    async fn open(
        &self,
        container: Option<&str>,
        command: &[String],
    ) -> Result<Box<dyn PodSession>, PodError> {
        let open = self.begin(container, command);
        match self.inner.open(container, command).await {
            Ok(inner) => Ok(Box::new(RecordedSession {
                inner,
                open: Some(open),
            })),
            Err(error) => {
                open.error(&error);
                Err(error)
            }
        }
    }

    /// Only a wait in vain is kept: as the command that could not run because of it.
    async fn wait(
        &self,
        container: Option<&str>,
        condition: &str,
        timeout: Duration,
    ) -> Result<(), PodError> {
        let open = self.begin(container, self.awaited());
        let waited = self.inner.wait(container, condition, timeout).await;
        match &waited {
            Ok(()) => open.forget(),
            Err(error) => open.end(Ending::NotRun {
                code: error.code.clone(),
                message: error.message.clone(),
            }),
        }
        waited
    }
}

/// A command that a plugin talks with.
struct RecordedSession {
    inner: Box<dyn PodSession>,
    open: Option<Open>,
}

#[async_trait]
impl PodSession for RecordedSession {
    async fn write(&mut self, stdin: Vec<u8>) -> Result<(), PodError> {
        self.inner.write(stdin).await
    }

    async fn read(&mut self, max: usize, timeout: Duration) -> Result<Vec<u8>, PodError> {
        self.inner.read(max, timeout).await
    }

    async fn finish(&mut self, timeout: Duration) -> Result<i32, PodError> {
        let finished = self.inner.finish(timeout).await;
        if let Some(open) = self.open.take() {
            match &finished {
                Ok(exit_code) => open.end(ending(*exit_code)),
                Err(error) => open.error(error),
            }
        }
        finished
    }
}
