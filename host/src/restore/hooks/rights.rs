//! Whether the user may run hooks in the pods of a namespace: asked before the first of them is restored, when roles and
//! bindings of the backup are there already.

use crate::cluster::{Cluster, ClusterError};
use crate::doctor::{hook_rights, hooks_forbidden, missing_rights};
use crate::hooks::Side;
use crate::report::Problem;
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// What is known of the user's rights.
#[derive(Default)]
pub(super) struct Rights<'a> {
    /// Who is asked; none where pods do not run.
    cluster: Option<&'a dyn Cluster>,
    /// The namespaces that were asked about.
    known: Mutex<BTreeMap<String, bool>>,
}

impl<'a> Rights<'a> {
    /// Those in `cluster`.
    pub(super) fn new(cluster: &'a dyn Cluster) -> Self {
        Rights {
            cluster: cluster.is_live().then_some(cluster),
            known: Mutex::default(),
        }
    }

    /// Whether hooks may run in a namespace. What speaks against it is told once.
    pub(super) async fn may_run(&self, namespace: &str) -> Result<bool, Problem> {
        let Some(cluster) = self.cluster else {
            return Ok(true);
        };
        // Held while it is asked for, so that each is asked for once.
        let mut known = self.known.lock().await;
        if let Some(may) = known.get(namespace) {
            return Ok(*may);
        }
        let answer = may_run(cluster, namespace).await;
        known.insert(namespace.to_owned(), answer.is_ok());
        answer.map(|()| true)
    }
}

async fn may_run(cluster: &dyn Cluster, namespace: &str) -> Result<(), Problem> {
    let needed = hook_rights(Side::Restore, Some(namespace));
    let missing = missing_rights(cluster, needed)
        .await
        .map_err(|error: ClusterError| {
            let problem = Problem::from(error);
            let message = format!(
                "hooks do not run in its pods, as rights could not be asked for: {}",
                problem.message
            );
            Problem::new(problem.code, message).about(format!("namespace {namespace}"))
        })?;
    match hooks_forbidden(&missing).pop() {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}
