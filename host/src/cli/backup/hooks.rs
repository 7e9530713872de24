//! The hooks of a backup.

use crate::archive::{BackupName, Manifest};
use crate::cli::hooks::HookOptions;
use crate::cli::plugins::PluginOptions;
use crate::cluster::{Cluster, PodAccess};
use crate::hooks::{Attempt, Hook, HookRecord, Hooks, Side};
use crate::object::Schemas;
use crate::plugin::{ClusterSource, LookUps, Operation, PluginHost};
use crate::report::{Code, Problem, ResultOf};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Read the hooks that the user names, and load what carries them out; none where there are none.
pub(super) async fn prepare<'h>(
    options: &HookOptions,
    plugins: PluginOptions,
    host: &'h PluginHost,
    cluster: &Arc<dyn Cluster>,
    backup: &BackupName,
) -> ResultOf<Option<Hooks<'h>>> {
    let brought = plugins.load(host).await?.by_name;
    let mut hooks: Vec<Hook> = Vec::new();
    for document in options.documents(Side::Backup, cluster.as_ref()).await? {
        hooks.extend(document.hooks(Side::Backup)?);
    }
    let annotations = options.hook_annotations.then_some(Side::Backup);
    if hooks.is_empty() && annotations.is_none() {
        return Ok(None);
    }
    let operation = Arc::new(operation(backup, cluster));
    Hooks::prepare(hooks, annotations, host, &brought, operation).map(Some)
}

/// What plugins know of a backup.
pub(in crate::cli) fn operation(backup: &BackupName, cluster: &Arc<dyn Cluster>) -> Operation {
    Operation {
        kind: "backup".to_owned(),
        now: jiff::Timestamp::now(),
        backup: backup.to_string(),
        namespace_mappings: BTreeMap::new(),
        seed: Sha256::digest(backup.as_str()).into(),
        schemas: Arc::new(Schemas::default()),
        look_ups: LookUps::new(ClusterSource::new(Arc::clone(cluster))),
    }
}

/// The pods of the cluster. A folder of manifests has none that run.
pub(in crate::cli) fn pods(cluster: &dyn Cluster) -> ResultOf<PodAccess> {
    cluster.pods().ok_or_else(|| {
        let message = format!("hooks run in pods, and in {} no pods run", cluster.address());
        Problem::new(Code::InvalidArgument, message)
    })
}

/// A backup and what hooks did in it, for programs.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    /// What it is.
    #[serde(flatten)]
    pub manifest: &'a Manifest,
    /// Each command that hooks were to run.
    #[serde(skip_serializing_if = "<[Attempt]>::is_empty")]
    pub hooks: &'a [Attempt],
}

impl<'a> Shown<'a> {
    /// The backup of `manifest`, with what hooks left with it.
    pub fn new(manifest: &'a Manifest, record: &'a HookRecord) -> Self {
        Shown {
            manifest,
            hooks: &record.attempts,
        }
    }
}
