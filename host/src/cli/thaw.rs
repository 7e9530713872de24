//! `lazarette thaw`

use super::backup::{hook_operation, pods};
use super::examples::examples;
use super::failure::Ended;
use super::hooks::attempted;
use super::plugins::PluginOptions;
use super::session::Session;
use crate::archive::BackupName;
use crate::cluster::Cluster;
use crate::hooks::{self, Attempt, Frozen, Left, Thawing};
use crate::modify::ThirdParty;
use crate::plugin::PluginHost;
use crate::report::{Code, Outcome, Problem, ResultOf};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Run the after-hooks of pods that a backup may have left standing still
///
/// Before the before-hooks of a pod run, a note in the store says so, and another one when its after-hooks are done.
/// After a kill or a failure of the network, `lazarette doctor` and the next backup name the pods that may stand still;
/// for those of an encrypted backup they need its private key, too. Exit code 3 when some of them still may.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("All pods that any run has left", "lazarette thaw --store file:./backups"),
    ("Those of one run, whose hooks were a plugin's", "lazarette thaw nightly --plugin postgres=./postgres.wasm --grant postgres=pods.exec"),
]))]
pub(super) struct Thaw {
    /// Name of the backup whose run left them [default: any]
    #[arg(value_name = "BACKUP")]
    backup: Option<BackupName>,

    #[command(flatten)]
    plugins: PluginOptions,
}

/// What was done.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Thawed {
    /// Each command that was to run.
    attempts: Vec<Attempt>,
    /// Pods that stand still no longer.
    pods: Vec<String>,
    /// Those that still may.
    frozen: Vec<String>,
    /// Backups whose runs may have left pods standing still, and nobody here can read which.
    unknown: Vec<String>,
    /// How much went wrong.
    #[serde(skip)]
    problems: usize,
}

impl Thaw {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let (store, cluster, host) = (session.store()?, session.cluster()?, session.plugins()?);
        let brought = self.plugins.load(&host).await?.by_name;
        let Left { frozen, unreadable } = hooks::frozen(store.as_ref()).await?;
        let is_meant = |backup: &BackupName| self.backup.as_ref().is_none_or(|name| name == backup);
        let mut thawed = Thawed::default();
        for notes in unreadable.iter().filter(|notes| is_meant(&notes.backup)) {
            session.report(&notes.problem());
            thawed.unknown.push(notes.backup.to_string());
        }
        for frozen in frozen.into_iter().filter(|frozen| is_meant(&frozen.backup)) {
            if frozen.cluster != cluster.address() {
                session.report(&elsewhere(&frozen));
                thawed
                    .frozen
                    .extend(frozen.pods.iter().map(|pod| pod.pod.to_string()));
                continue;
            }
            let thawing = thaw(&frozen, &cluster, &host, &brought).await?;
            if thawing.frozen.is_empty() {
                frozen.settle(store.as_ref()).await?;
            }
            thawed.add(thawing, session);
        }
        session.output.show(&thawed, |thawed, _| text(thawed))?;
        let failures = thawed.problems + thawed.frozen.len() + thawed.unknown.len();
        Ok(Outcome::of_failures(failures))
    }
}

impl Thawed {
    fn add(&mut self, thawing: Thawing, session: &Session) {
        for problem in &thawing.problems {
            session.report(problem);
        }
        self.problems += thawing.problems.len();
        self.attempts.extend(thawing.attempts);
        self.pods.extend(thawing.thawed.iter().map(ToString::to_string));
        self.frozen.extend(thawing.frozen.iter().map(ToString::to_string));
    }
}

/// Pods of a cluster that is not the one at hand.
fn elsewhere(frozen: &Frozen) -> Problem {
    let message = format!(
        "its pods are of {}: name that cluster with --cluster",
        frozen.cluster
    );
    Problem::new(Code::InvalidArgument, message).about(format!("backup {}", frozen.backup))
}

async fn thaw(
    frozen: &Frozen,
    cluster: &Arc<dyn Cluster>,
    host: &PluginHost,
    brought: &BTreeMap<String, ThirdParty>,
) -> ResultOf<Thawing> {
    let access = pods(cluster.as_ref())?;
    let operation = Arc::new(hook_operation(&frozen.backup, cluster));
    frozen.thaw(host, brought, &operation, &access).await
}

fn text(thawed: &Thawed) -> String {
    if thawed.pods.is_empty() && thawed.frozen.is_empty() && thawed.unknown.is_empty() {
        return "No pods stand still.\n".to_owned();
    }
    let mut text = attempted(&thawed.attempts);
    for pod in &thawed.pods {
        text.push_str(&format!("{pod} stands still no longer\n"));
    }
    for pod in &thawed.frozen {
        text.push_str(&format!("{pod} may still stand still\n"));
    }
    for backup in &thawed.unknown {
        text.push_str(&format!(
            "pods of the run of backup {backup} may still stand still\n"
        ));
    }
    text
}
