//! Commands in pods: the subresource `exec` over WebSocket, in the protocols `v5.channel.k8s.io` and
//! `v4.channel.k8s.io`. A command is a program and its arguments; no shell is involved unless it is that program.

mod process;
mod protocol;
mod status;
mod upgrade;

pub use process::{Process, ProcessEvent};

use super::connection::Connection;
use super::failure::Call;
use super::path;
use super::write::{self, Target};
use crate::cluster::ClusterError;
use crate::object::{GroupResource, ResourceType};
use serde_json::Value;
use std::sync::Arc;

/// The pods of a cluster, to look at them and to run commands in them. Clones share one connection.
#[derive(Clone)]
pub struct PodAccess(Arc<Connection>);

/// A command in a container.
#[derive(Clone, Copy, Debug)]
pub struct ExecCommand<'a> {
    /// Namespace of the pod.
    pub namespace: &'a str,
    /// Name of the pod.
    pub pod: &'a str,
    /// Name of the container.
    pub container: &'a str,
    /// The program and its arguments.
    pub argv: &'a [String],
    /// Whether the command has standard input; otherwise it is at its end from the beginning.
    pub has_stdin: bool,
}

/// Why a command did not come to its end, as far as this side knows.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The API server was not reached, or refused it. The command was not started.
    #[error(transparent)]
    NotAsked(#[from] ClusterError),
    /// The node answered that it could not start the command, or lost it.
    #[error("{0}")]
    Runtime(String),
    /// The connection broke. The command may have been started, and may still be running.
    #[error("the connection to the command broke: {0}")]
    Broken(String),
}

impl PodAccess {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        PodAccess(connection)
    }

    /// The pod as it is now, or none.
    pub async fn get(&self, namespace: &str, name: &str) -> Result<Option<Value>, ClusterError> {
        let of = pods("pods");
        let target = Target {
            of: &of,
            namespace: Some(namespace),
            name,
        };
        write::get(&self.0, target).await
    }

    /// Start a command. While it is certain that the command was not started, because the API server cannot be reached
    /// or is busy, it is tried again within the patience of the connection: whoever waits for this bounds it.
    pub async fn start(&self, command: &ExecCommand<'_>) -> Result<Process, ExecError> {
        let of = pods("pods/exec");
        let call = Call {
            // A server asks for this right, and old ones, or whoever comes by GET, for `get` as well.
            verb: "create",
            of: &of,
            namespace: Some(command.namespace),
            name: Some(command.pod),
        };
        let upgraded = self.0.upgrade(call, &path_of(command)).await?;
        Ok(Process::new(upgraded, command.has_stdin))
    }
}

fn path_of(command: &ExecCommand<'_>) -> String {
    let mut query = vec![
        ("container", command.container),
        ("stdout", "true"),
        ("stderr", "true"),
    ];
    if command.has_stdin {
        query.push(("stdin", "true"));
    }
    query.extend(command.argv.iter().map(|argument| ("command", argument.as_str())));
    let pod = path::object(&pods("pods"), Some(command.namespace), command.pod);
    path::with_query(&format!("{pod}/exec"), &query)
}

fn pods(resource: &str) -> ResourceType {
    ResourceType {
        resource: GroupResource::new("", resource),
        version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespaced: true,
    }
}
