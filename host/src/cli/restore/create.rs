//! `lazarette restore create`

use super::options::Options;
use super::text::{self, Detail};
use super::wait::WaitOptions;
use super::work::{Mode, outcome, work};
use crate::archive::BackupName;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::files;
use crate::cli::rules;
use crate::cli::session::Session;
use crate::cli::values::restore_name;
use crate::plugin::PluginHost;
use crate::report::{Outcome, units};
use crate::restore::{self, RestoreReport, RestoreRequest, SavedPlan, VolumeMode};
use crate::store::Store;
use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options that say what a restore does. A saved plan says it already.
const SAID_BY_PLAN: [&str; 17] = [
    "backup",
    "namespace_mappings",
    "conflict_policy",
    "resource_modifiers",
    "on_modifier_error",
    "skip_damaged",
    "preserve_node_ports",
    "restore_volumes",
    "include_namespaces",
    "exclude_namespaces",
    "include_resources",
    "exclude_resources",
    "exclude_secrets",
    "selector",
    "include_cluster_resources",
    "named",
    "hook_annotations",
];

/// Restore a backup
///
/// The report is kept with the backups, for `restore describe`. Exit code 3 when some objects could not be restored, 1
/// when with --wait something is not ready in time.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Bring back what is missing, leave alone what is there", "lazarette restore create nightly --cluster dir:./manifests --store file:./backups"),
    ("Bring edited fields back too, but not in Secrets", "lazarette restore create nightly --conflict-policy patch,secrets=skip"),
    ("Until what was restored runs", "lazarette restore create nightly --wait --wait-timeout 10m"),
    ("With hooks, in the pods that the restore creates", "lazarette restore create nightly --hooks default/databases"),
    ("One namespace, under another name", "lazarette restore create nightly --include-namespaces shop --namespace-mappings shop:shop-staging"),
]))]
pub(super) struct Create {
    /// Name of the restore [default: that of the backup, the time and a few random letters]. One that was interrupted
    /// is run again under its name, and goes on
    #[arg(long, value_parser = restore_name)]
    name: Option<String>,

    /// Do what this plan says, from `restore plan --save`: what does not hold any more is left out
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = SAID_BY_PLAN)]
    plan: Option<PathBuf>,

    /// Change nothing where the plan does not hold for every object
    #[arg(long, requires = "plan")]
    strict: bool,

    #[command(flatten)]
    options: Box<Options>,

    /// Where this restore was interrupted and is run again: run hooks again of which nobody knows how they ended
    #[arg(long, help_heading = "Hooks")]
    retry_hooks: bool,

    /// How long each volume that is made from a snapshot is waited for
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "10m", help_heading = "Volumes")]
    volume_timeout: SignedDuration,

    #[command(flatten)]
    wait: WaitOptions,
}

impl Create {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let (store, host) = (session.store()?, session.plugins()?);
        let Create {
            name,
            plan,
            strict,
            options,
            retry_hooks,
            volume_timeout,
            wait,
        } = self;
        let asked = Asked {
            name,
            plan,
            strict,
            options,
        };
        let (backup, mut request) = asked.request(session, &host).await?;
        request.retry_hooks = retry_hooks;
        request.volume_timeout = Duration::try_from(volume_timeout).unwrap_or(VolumeMode::TIMEOUT);
        restore::check_unused(store.as_ref(), &request.name).await?;
        let report = work(request, &backup, session, &host, Mode::Apply).await?;
        keep(&report, store.as_ref(), session).await;
        session
            .output
            .show(&report, |report, _| text::render(report, Detail::Exceptions))?;
        let ended = outcome(&report)?;
        wait.run(session, &report).await?;
        Ok(ended)
    }
}

/// Keep the report with the backups. One of a restore that was stopped would keep it from going on under its name.
async fn keep(report: &RestoreReport, store: &dyn Store, session: &Session) {
    if report.stopped {
        let name = &report.restore;
        session.warn(format!(
            "the restore was stopped; the same command with --name {name} lets it go on"
        ));
    } else if let Err(error) = restore::save(store, report).await {
        session.warn(format!("the report of the restore is not kept: {error}"));
    }
}

/// What a restore is asked to do, by options or by a plan.
struct Asked {
    name: Option<String>,
    plan: Option<PathBuf>,
    strict: bool,
    options: Box<Options>,
}

impl Asked {
    async fn request(self, session: &Session, host: &PluginHost) -> Ended<(BackupName, RestoreRequest)> {
        let Some(file) = &self.plan else {
            let (specification, plugins) = self.options.specification(session, host).await?;
            let name = self.name.unwrap_or_else(|| default_name(&specification.backup));
            let mut request = specification.request(name, Timestamp::now(), plugins.by_name.clone())?;
            rules::add_applied(&mut request.modifiers, &plugins, session)?;
            return Ok((specification.backup, request));
        };
        let plan = read(file)?;
        let plugins = self.options.plugins(host).await?;
        let backup = plan.specification.backup.clone();
        let name = self.name.unwrap_or_else(|| default_name(&backup));
        let mut request = RestoreRequest {
            strict: self.strict,
            ..plan.request(name, plugins.by_name.clone())?
        };
        rules::add_applied(&mut request.modifiers, &plugins, session)?;
        Ok((backup, request))
    }
}

fn read(file: &Path) -> Ended<SavedPlan> {
    Ok(SavedPlan::read(&files::read(file)?).map_err(|problem| problem.about(file.display()))?)
}

/// Two restores of one backup have different names also when they begin in the same moment: objects that they restore
/// carry them.
fn default_name(backup: &BackupName) -> String {
    let now = Timestamp::now().strftime("%Y%m%d%H%M%S");
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{backup}-{now}-{}", random.get(..4).unwrap_or_default())
}
