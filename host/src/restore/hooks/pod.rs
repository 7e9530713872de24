//! Pods as hooks of a restore reach them.

use super::super::requests::Requests;
use super::mark::Mark;
use crate::cluster::{ClusterError, Write};
use crate::object::{Object, ResourceType};
use crate::plugin::{ExecOutput, Pod, PodError, PodSession};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::Instant;

/// How often a pod is written again that its node has changed in between.
const ATTEMPTS: usize = 10;

/// The least time for a wait: for one look.
const ONE_LOOK: Duration = Duration::from_secs(2);

/// A pod that is not created yet: nothing runs in it.
pub(super) struct UncreatedPod;

#[async_trait]
impl Pod for UncreatedPod {
    async fn exec(&self, _: Option<&str>, _: &[String], _: Duration) -> Result<ExecOutput, PodError> {
        Err(not_created())
    }

    async fn open(&self, _: Option<&str>, _: &[String]) -> Result<Box<dyn PodSession>, PodError> {
        Err(not_created())
    }

    async fn wait(&self, _: Option<&str>, _: &str, _: Duration) -> Result<(), PodError> {
        Err(not_created())
    }
}

fn not_created() -> PodError {
    PodError::new("not-running", "the pod is not created yet")
}

/// Asks for the mark of the running hook; the answer says whether it stands.
pub(super) type MarkRequest = oneshot::Sender<Result<(), ClusterError>>;

/// A pod that was restored. It is marked before the first command of each hook, and time to wait for it runs from its
/// creation on, as it is the same for all of its hooks.
pub(super) struct RestoredPod {
    pub inner: Arc<dyn Pod>,
    pub marks: mpsc::Sender<MarkRequest>,
    pub since: Instant,
}

impl RestoredPod {
    /// Have the running hook marked as started.
    async fn mark(&self) -> Result<(), PodError> {
        let refuse = |why: String| {
            let message = format!("the hook did not run because that could not be noted on the pod: {why}");
            PodError::new("not-marked", message)
        };
        let (asked, answer) = oneshot::channel();
        if self.marks.send(asked).await.is_err() {
            return Err(refuse("the restore has ended".to_owned()));
        }
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(refuse(error.to_string())),
            Err(_) => Err(refuse("the restore has ended".to_owned())),
        }
    }
}

#[async_trait]
impl Pod for RestoredPod {
    async fn exec(
        &self,
        container: Option<&str>,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, PodError> {
        self.mark().await?;
        self.inner.exec(container, command, timeout).await
    }

    async fn open(
        &self,
        container: Option<&str>,
        command: &[String],
    ) -> Result<Box<dyn PodSession>, PodError> {
        self.mark().await?;
        self.inner.open(container, command).await
    }

    async fn wait(
        &self,
        container: Option<&str>,
        condition: &str,
        timeout: Duration,
    ) -> Result<(), PodError> {
        let left = timeout
            .saturating_sub(self.since.elapsed())
            .max(ONE_LOOK.min(timeout));
        self.inner.wait(container, condition, left).await
    }
}

/// Writes marks on one pod.
pub(super) struct Marker<'a> {
    pub requests: &'a Requests<'a>,
    pub pods: &'a ResourceType,
    pub pod: &'a Object,
    pub restore: &'a str,
    pub mark: Mutex<Mark>,
}

impl Marker<'_> {
    /// `hook` is about to run a command.
    pub(super) async fn start(&self, hook: &str) -> Result<(), ClusterError> {
        let mut mark = self.mark.lock().await;
        let mut next = mark.clone();
        if next.start(hook) {
            self.write(&next).await?;
            *mark = next;
        }
        Ok(())
    }

    /// `hook` has ended. That is written with the start of the next hook, or by [`Marker::finish`].
    pub(super) async fn end(&self, hook: &str) -> bool {
        self.mark.lock().await.end(hook)
    }

    /// Write what was not written yet. Where that fails, a hook that has ended counts as one that may have: nothing is
    /// run twice by it.
    pub(super) async fn finish(&self) {
        let mark = self.mark.lock().await;
        if let Err(error) = self.write(&mark).await {
            tracing::debug!("{}: how far its hooks came is not noted: {error}", self.pod.id);
        }
    }

    async fn write(&self, mark: &Mark) -> Result<(), ClusterError> {
        let (namespace, name) = (self.pod.id.namespace.as_deref(), self.pod.id.name.as_str());
        let uid = |pod: &Value| pod.pointer("/metadata/uid").cloned();
        for _ in 0..ATTEMPTS {
            let live = self.requests.get(self.pods, namespace, name).await?;
            let is_it = |live: &Value| uid(live) == uid(&self.pod.json);
            let Some(mut live) = live.filter(is_it) else {
                return Err(ClusterError::NotFound(self.pod.id.clone()));
            };
            mark.put(&mut live, self.restore);
            let written = self.requests.replace(self.pods, &live, Write::default()).await;
            match written.result {
                Err(ClusterError::Conflict(_)) => {}
                result => return result.map(drop),
            }
        }
        Err(ClusterError::Conflict(self.pod.id.clone()))
    }
}
