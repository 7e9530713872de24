//! What every pass over a resource needs.

use super::ControllerError;
use super::runs::Runs;
use crate::plugin::PluginHost;
use crate::report::Problem;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, Config};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How the controller works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its own namespace: of the lease, of the Secrets of stores, and of recovery points of other clusters.
    pub namespace: String,
    /// What it is known by among its replicas: the name of its pod.
    pub identity: String,
    /// Where probes are answered; none: nowhere.
    pub probes: Option<SocketAddr>,
    /// How long after one reading of a store the next one comes.
    pub sync: Duration,
    /// How many runs go on at a time. With one, overlapping instances take turns.
    pub runs: usize,
    /// Where compiled plugins are kept; none: nowhere.
    pub cache: Option<PathBuf>,
}

/// What every pass over a resource needs.
pub(super) struct Context {
    pub client: Client,
    pub config: Config,
    pub settings: Settings,
    pub runs: Runs,
    pub plugins: PluginHost,
    /// The uid of the namespace `kube-system`, which tells clusters apart.
    pub cluster: String,
    /// Where tokens lie.
    pub folder: TempDir,
}

impl Context {
    pub async fn new(settings: Settings) -> Result<Arc<Self>, ControllerError> {
        let config = Config::infer().await?;
        let client = Client::try_from(config.clone())?;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let cluster = namespaces
            .get("kube-system")
            .await?
            .metadata
            .uid
            .unwrap_or_default();
        let plugins = PluginHost::new(settings.cache.clone()).map_err(Problem::from)?;
        let folder = tempfile::tempdir().map_err(|error| {
            Problem::new(
                crate::report::Code::FileAccess,
                format!("no temporary folder: {error}"),
            )
        })?;
        Ok(Arc::new(Context {
            client,
            config,
            runs: Runs::new(settings.runs),
            plugins,
            cluster,
            folder,
            settings,
        }))
    }
}
