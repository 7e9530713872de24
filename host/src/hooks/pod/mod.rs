//! The pod of a hook in a real cluster: commands run in its containers, with the rights of whoever runs the operation.

mod output;
mod session;
mod standing;
mod wait;

#[cfg(test)]
mod tests;

use standing::ENDED;
pub use standing::{Standing, containers as container_names};

use crate::cluster::{ClusterError, ExecCommand, ExecError, PodAccess, Process, ProcessEvent};
use crate::object::Object;
use crate::plugin::{ExecOutput, Pod, PodError, PodSession};
use crate::report::units::took;
use async_trait::async_trait;
use output::Output;
use session::Session;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How long the cluster is asked why a command failed.
const INQUIRY: Duration = Duration::from_secs(5);

/// Between two looks at the container of a command that runs.
const LOOK: Duration = Duration::from_secs(2);

/// A pod in a cluster.
pub struct RunningPod {
    access: PodAccess,
    namespace: String,
    name: String,
    /// Another pod of the same name is not this one.
    uid: Option<String>,
    /// Those that commands can run in, the first one first.
    containers: Vec<String>,
}

impl RunningPod {
    /// The pod that `object` is.
    pub fn new(access: PodAccess, object: &Object) -> Self {
        let uid = object.json.pointer("/metadata/uid").and_then(|uid| uid.as_str());
        RunningPod {
            access,
            namespace: object.id.namespace.clone().unwrap_or_default(),
            name: object.id.name.clone(),
            uid: uid.map(str::to_owned),
            containers: standing::containers(&object.json),
        }
    }

    /// The container that is meant: the first one where none is named.
    fn container<'a>(&'a self, named: Option<&'a str>) -> Result<&'a str, PodError> {
        let known = self.containers.iter().map(String::as_str);
        let found = match named {
            Some(named) => known.clone().find(|container| *container == named),
            None => known.clone().next(),
        };
        found.ok_or_else(|| {
            let known: Vec<&str> = known.collect();
            let message = match named {
                Some(named) => format!("the pod has no container '{named}': it has {}", known.join(", ")),
                None => "the pod has no containers".to_owned(),
            };
            PodError::new("no-container", message)
        })
    }

    async fn start(
        &self,
        container: &str,
        argv: &[String],
        has_stdin: bool,
        deadline: Instant,
    ) -> Result<Process, PodError> {
        let command = ExecCommand {
            namespace: &self.namespace,
            pod: &self.name,
            container,
            argv,
            has_stdin,
        };
        let began = Instant::now();
        let started = tokio::select! {
            started = timeout_at(deadline, self.access.start(&command)) => started,
            reason = self.end_of(container) => return Err(PodError::new(ENDED, reason)),
        };
        match started {
            Ok(Ok(process)) => Ok(process),
            Ok(Err(error)) => Err(self.why(container, error).await),
            Err(_) => {
                let waited = took(began.elapsed());
                let message = format!(
                    "the cluster did not say within {waited} whether the command was started: it may be running"
                );
                Err(PodError::new("timeout", message))
            }
        }
    }

    /// What `error` means: the cluster refuses a command, or a connection breaks, mostly for what became of the pod.
    async fn why(&self, container: &str, error: ExecError) -> PodError {
        if let ExecError::NotAsked(ClusterError::Forbidden { .. }) = &error {
            return PodError::new("forbidden", error.to_string());
        }
        let standing = match timeout(INQUIRY, self.standing(container)).await {
            Ok(Ok(standing)) => standing,
            // What went wrong first says more than that the cluster does not answer.
            Ok(Err(_)) | Err(_) => Standing::Running,
        };
        match standing.reason() {
            Some((code, reason)) => PodError::new(code, format!("{reason} ({error})")),
            None => match error {
                ExecError::Runtime(_) => PodError::new("not-started", error.to_string()),
                ExecError::NotAsked(_) | ExecError::Broken(_) => {
                    PodError::new("connection", error.to_string())
                }
            },
        }
    }

    /// Wait until the container has ended for good; returns how. A node may keep a connection open in which nothing comes
    /// any more, when a command is started at the moment at which its container ends.
    async fn end_of(&self, container: &str) -> String {
        loop {
            sleep(LOOK).await;
            if let Ok(Standing::Ended(reason)) = self.standing(container).await {
                // What the command wrote and how it ended may be on its way.
                sleep(LOOK).await;
                return reason;
            }
        }
    }

    /// How the container stands now.
    async fn standing(&self, container: &str) -> Result<Standing, ClusterError> {
        let live = self.access.get(&self.namespace, &self.name).await?;
        Ok(Standing::of(live.as_ref(), self.uid.as_deref(), container))
    }
}

#[async_trait]
impl Pod for RunningPod {
    async fn exec(
        &self,
        container: Option<&str>,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, PodError> {
        let deadline = Instant::now() + timeout;
        let container = self.container(container)?;
        let mut process = self.start(container, command, false, deadline).await?;
        let mut output = Output::default();
        let ended = tokio::select! {
            ended = timeout_at(deadline, run_to_end(&mut process, &mut output)) => ended,
            reason = self.end_of(container) => {
                return Err(PodError {
                    output: Some(Box::new(output.into_exec_output(-1))),
                    ..PodError::new(ENDED, reason)
                });
            }
        };
        match ended {
            Ok(Ok(code)) => Ok(output.into_exec_output(code)),
            Ok(Err(error)) => Err(PodError {
                output: Some(Box::new(output.into_exec_output(-1))),
                ..self.why(container, error).await
            }),
            Err(_) => {
                let message = format!(
                    "the command did not end within {}: it may still be running",
                    took(timeout)
                );
                Err(PodError {
                    output: Some(Box::new(output.into_exec_output(-1))),
                    ..PodError::new("timeout", message)
                })
            }
        }
    }

    async fn open(
        &self,
        container: Option<&str>,
        command: &[String],
    ) -> Result<Box<dyn PodSession>, PodError> {
        let container = self.container(container)?;
        let deadline = Instant::now() + session::OPENING;
        let process = self.start(container, command, true, deadline).await?;
        Ok(Box::new(Session::new(process)))
    }

    async fn wait(
        &self,
        container: Option<&str>,
        condition: &str,
        timeout: Duration,
    ) -> Result<(), PodError> {
        let container = self.container(container)?;
        wait::wait(self, container, condition, timeout).await
    }
}

/// Read what a command writes until it ends; returns its exit code.
async fn run_to_end(process: &mut Process, output: &mut Output) -> Result<i32, ExecError> {
    loop {
        match process.next().await {
            ProcessEvent::Stdout(data) => output.stdout.push(&data),
            ProcessEvent::Stderr(data) => output.stderr.push(&data),
            ProcessEvent::Ended(end) => return end,
        }
    }
}
