//! A node whose commands do what they are called.

use super::*;
use crate::cluster::{Discovery, ListOptions, Page};
use crate::hooks::Pods;
use crate::plugin::{ExecOutput, Pod, PodError, PodSession};
use tokio::sync::Notify;

/// A node and its cluster. What is done is written down, in its order.
pub(super) struct Node {
    cluster: Given,
    pub(super) forbidden: Vec<&'static str>,
    pub(super) deleted: Vec<&'static str>,
    /// Pods that appear after pods were listed once.
    pub(super) late: Vec<&'static str>,
    log: Arc<Mutex<Vec<String>>>,
    /// Told when a command stalls.
    pub(super) stalled: Arc<Notify>,
}

impl Node {
    pub(super) fn new(pods: Vec<Value>) -> Self {
        let mut objects = pods;
        objects.push(object("Namespace", "shop"));
        let mut cluster = Given::new(objects);
        cluster.is_live = true;
        Node {
            cluster,
            forbidden: vec![],
            deleted: vec![],
            late: vec![],
            log: Arc::default(),
            stalled: Arc::default(),
        }
    }

    /// What was done: `db-0 freeze`, `read db-0`.
    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// What was done in a pod.
    pub(super) fn log_of(&self, pod: &str) -> Vec<String> {
        let prefix = format!("{pod} ");
        self.log()
            .iter()
            .filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
            .collect()
    }

    fn write(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }
}

impl Pods for Node {
    fn reach(&self, pod: &Object) -> Arc<dyn Pod> {
        Arc::new(PodOfNode {
            name: pod.id.name.clone(),
            log: Arc::clone(&self.log),
            stalled: Arc::clone(&self.stalled),
        })
    }
}

struct PodOfNode {
    name: String,
    log: Arc<Mutex<Vec<String>>>,
    stalled: Arc<Notify>,
}

#[async_trait]
impl Pod for PodOfNode {
    async fn exec(
        &self,
        container: Option<&str>,
        command: &[String],
        _: Duration,
    ) -> Result<ExecOutput, PodError> {
        let line = format!("{} {}", self.name, command.join(" "));
        let times = {
            let mut log = self.log.lock().unwrap();
            log.push(line.clone());
            log.iter().filter(|done| **done == line).count()
        };
        if container.is_some_and(|container| container != "db") {
            return Err(PodError::new("no-container", "there is no such container"));
        }
        let exit = |exit_code, stderr: &[u8]| ExecOutput {
            exit_code,
            stderr: stderr.to_vec(),
            ..ExecOutput::default()
        };
        match command.first().map_or("", String::as_str) {
            "fail" => Ok(exit(3, b"it is full\n")),
            "killed" => Ok(exit(137, b"")),
            "talk" => Ok(exit(0, &[b'x'; 60_000])),
            "fail-in-db-0" if self.name == "db-0" => Ok(exit(3, b"")),
            "hang" => Err(PodError::new("timeout", "it did not end")),
            "lost" => Err(PodError::new("connection", "reset")),
            "lost-once" if times == 1 => Err(PodError::new("connection", "reset")),
            "stall" => {
                self.stalled.notify_one();
                std::future::pending().await
            }
            _ => Ok(exit(0, b"")),
        }
    }

    async fn open(&self, _: Option<&str>, _: &[String]) -> Result<Box<dyn PodSession>, PodError> {
        Err(PodError::new("not-running", "not here"))
    }

    async fn wait(&self, _: Option<&str>, _: &str, _: Duration) -> Result<(), PodError> {
        Ok(())
    }
}

#[async_trait]
impl Cluster for Node {
    fn address(&self) -> String {
        self.cluster.address()
    }

    fn is_live(&self) -> bool {
        true
    }

    async fn resource_types(&self) -> Result<Discovery, ClusterError> {
        self.cluster.resource_types().await
    }

    fn list<'a>(
        &'a self,
        of: &'a ResourceType,
        options: &ListOptions,
    ) -> BoxStream<'a, Result<Page, ClusterError>> {
        let is_pods = |resource: &GroupResource| resource.is("", "pods");
        let is_first = !self
            .cluster
            .lists
            .lock()
            .unwrap()
            .iter()
            .any(|(of, _)| is_pods(of));
        let hides = is_first && is_pods(&of.resource);
        let pages = self.cluster.list(of, options);
        let without_late = move |mut page: Page| {
            page.items
                .retain(|pod| !(hides && self.late.contains(&pod.id.name.as_str())));
            page
        };
        pages.map(move |page| page.map(without_late)).boxed()
    }

    /// The pod as it is now: it says that it was read.
    async fn get(
        &self,
        of: &ResourceType,
        _: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        self.write(format!("read {name}"));
        let found = self
            .cluster
            .objects
            .iter()
            .find(|object| object.id.resource == of.resource && object.id.name == name);
        let live = found.map(|object| with(object.json.clone(), "/metadata/resourceVersion", json!("read")));
        Ok(live.filter(|_| !self.deleted.contains(&name)))
    }

    /// Only reviews of rights are created.
    async fn create(&self, _: &ResourceType, review: &Value, _: Write) -> Result<Value, ClusterError> {
        let namespace = review
            .pointer("/spec/resourceAttributes/namespace")
            .and_then(Value::as_str);
        let is_forbidden = match namespace {
            Some(namespace) => self.forbidden.contains(&namespace),
            None => !self.forbidden.is_empty(),
        };
        Ok(json!({"status": {"allowed": !is_forbidden}}))
    }

    async fn replace(&self, _: &ResourceType, _: &Value, _: Write) -> Result<Value, ClusterError> {
        unreachable!("a backup changes nothing")
    }

    async fn delete(
        &self,
        _: &ResourceType,
        _: Option<&str>,
        _: &str,
        _: Option<&str>,
    ) -> Result<(), ClusterError> {
        unreachable!("a backup changes nothing")
    }
}
