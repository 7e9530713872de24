//! `lazarette controller`

use super::examples::examples;
use super::failure::Ended;
use super::interrupt;
use super::session::Session;
use crate::controller::{self, Settings};
use crate::plugin;
use crate::report::{Outcome, Problem, units};
use clap::Args;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::time::Duration;

/// Run the backups and restores that the resources of the cluster ask for
///
/// Makes the scheduled backups of each BackupInstance, runs each Backup and Restore with the rights of the service account
/// that it names, mirrors what stores hold as RecoveryPoints, and deletes what is expired. Of several that run in a
/// cluster one works at a time. `lazarette install` prints what a cluster needs for it.
///
/// Not supported yet: hooks, resource modifiers and plugins of runs, and copies to a vault. An instance, policy or restore
/// that asks for one says so in its status.
#[derive(Args, Debug)]
#[command(after_help = examples(&[("In a pod, or from outside with a kubeconfig", "lazarette controller --namespace lazarette")]))]
pub(super) struct Controller {
    /// Its namespace: of its Lease, of the Secrets of stores, and of the recovery points of other clusters
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "POD_NAMESPACE",
        default_value = "lazarette"
    )]
    namespace: String,

    /// What this one is known by among several; default: a random name
    #[arg(long, value_name = "NAME", env = "POD_NAME")]
    identity: Option<String>,

    /// Where the probes of a kubelet are answered, /healthz and /readyz; nowhere where it is not given
    #[arg(long, value_name = "ADDRESS:PORT")]
    probes: Option<SocketAddr>,

    /// How often each store is read
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = units::parse_duration)]
    sync: SignedDuration,

    /// How many backups and restores run at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
}

impl Controller {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let shutdown = interrupt::cancellation()?;
        let random = || format!("lazarette-{}", uuid::Uuid::new_v4());
        let settings = Settings {
            namespace: self.namespace,
            identity: self.identity.unwrap_or_else(random),
            probes: self.probes,
            sync: Duration::try_from(self.sync).unwrap_or(Duration::from_secs(300)),
            runs: usize::from(self.runs),
            cache: plugin::default_cache(),
        };
        session.say(&format!(
            "The controller {} waits for its lease in {}.",
            settings.identity, settings.namespace
        ));
        controller::run(settings, &shutdown)
            .await
            .map_err(Problem::from)?;
        Ok(Outcome::Completed)
    }
}
