//! A command that runs on while its plugin does other things.

use crate::cluster::{ExecError, Process, ProcessEvent};
use crate::plugin::{PodError, PodSession};
use crate::report::units::took;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::timeout;

/// How long it may take to start a command with a session: plugins give no time for it.
pub(super) const OPENING: Duration = Duration::from_secs(30);

/// An open command in a pod.
pub(super) struct Session {
    process: Process,
    /// Standard output that has come and was not asked for yet.
    unread: Bytes,
    /// How it ended, once that is known.
    end: Option<Result<i32, PodError>>,
}

impl Session {
    pub(super) fn new(process: Process) -> Self {
        Session {
            process,
            unread: Bytes::new(),
            end: None,
        }
    }

    /// Wait for standard output: empty at its end. Standard error is of no use here, and is let go by so that the
    /// command is not held up by it.
    async fn fill(&mut self) {
        while self.unread.is_empty() && self.end.is_none() {
            match self.process.next().await {
                ProcessEvent::Stdout(data) => self.unread = data,
                ProcessEvent::Stderr(_) => {}
                ProcessEvent::Ended(end) => self.end = Some(end.map_err(broken)),
            }
        }
    }

    async fn exit_code(&mut self) -> Result<i32, PodError> {
        loop {
            self.unread = Bytes::new();
            if let Some(end) = &self.end {
                return end.clone();
            }
            self.fill().await;
        }
    }
}

#[async_trait]
impl PodSession for Session {
    async fn write(&mut self, stdin: Vec<u8>) -> Result<(), PodError> {
        self.process.write(stdin).await.map_err(broken)
    }

    async fn read(&mut self, max: usize, patience: Duration) -> Result<Vec<u8>, PodError> {
        if timeout(patience, self.fill()).await.is_err() {
            let message = format!("the command wrote nothing for {}", took(patience));
            return Err(PodError::new("timeout", message));
        }
        if let (true, Some(Err(error))) = (self.unread.is_empty(), &self.end) {
            return Err(error.clone());
        }
        let size = max.min(self.unread.len());
        Ok(self.unread.split_to(size).into())
    }

    async fn finish(&mut self, patience: Duration) -> Result<i32, PodError> {
        self.process.end_stdin();
        match timeout(patience, self.exit_code()).await {
            Ok(end) => end,
            Err(_) => {
                let open = match self.process.can_end_stdin() {
                    true => "",
                    false => {
                        "; the API server is older than Kubernetes 1.30 and cannot end the command's standard input: have \
                         the command end by itself"
                    }
                };
                let waited = took(patience);
                let message =
                    format!("the command did not end within {waited}: it may still be running{open}");
                Err(PodError::new("timeout", message))
            }
        }
    }
}

fn broken(error: ExecError) -> PodError {
    let code = match &error {
        ExecError::Runtime(_) => "not-started",
        ExecError::NotAsked(_) | ExecError::Broken(_) => "connection",
    };
    PodError::new(code, error.to_string())
}
