//! `lazarette backup create`

use super::hooks::{Shown, pods, prepare};
use super::snapshots::{self, SnapshotArguments};
use crate::archive::{BackupName, FileRecord, Manifest, Recipient};
use crate::backup::{self, BackupRequest, BackupSummary, Hooking};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::filters::Filters;
use crate::cli::hooks::{HookOptions, attempted, planned};
use crate::cli::interrupt;
use crate::cli::plugins::PluginOptions;
use crate::cli::session::Session;
use crate::cli::values::{label, moment, one_of};
use crate::cluster::Cluster;
use crate::hooks::{self, Frozen, Hooks, Left};
use crate::report::{Code, Outcome, Problem, Progress, ResultOf, units};
use crate::store::{AccessTier, Store};
use anstyle::AnsiColor;
use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Back up a cluster
///
/// What a cluster makes by itself is left out unless a filter names it: events, nodes, leases, what controllers keep for
/// Services, kube-system and its like; the result says so. What cannot be read is an error in the result (exit code 3),
/// and the rest is backed up. Interrupted, it leaves nothing behind.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("All of a folder of manifests, kept for 30 days", "lazarette backup create nightly --ttl 30d --cluster dir:./manifests --store file:./backups"),
    ("One application", "lazarette backup create shop --include-namespaces shop -l app=web"),
    ("Into Azure, where nobody can delete it this year", "lazarette backup create nightly --immutable-until 2027-01-01 --access-tier cool --store azblob://ACCOUNT/backups"),
    ("Two applications of another cluster", "lazarette backup create --cluster kubeconfig:prod --include-namespaces shop,bank"),
    ("All but Secrets", "lazarette backup create --exclude-secrets"),
    ("With hooks in pods", "lazarette backup create shop --include-namespaces shop --hooks default/databases"),
    ("Which hooks would run?", "lazarette backup create --hooks hooks.yaml --dry-run"),
]))]
pub(super) struct Create {
    /// Name of the backup [default: `backup-` and the time]
    name: Option<BackupName>,

    /// How long it is kept, such as 30d or 12h; `backup prune` deletes it then [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration)]
    ttl: Option<SignedDuration>,

    /// A label on the backup; can be given several times
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,

    /// Until when nobody can change or delete the backup, such as 2027-01-31 or 2027-01-31T12:00:00Z: not its owner
    /// either, and no failed backup's remains; needs a container with version-level immutability
    #[arg(long, value_name = "DATE", value_parser = moment)]
    immutable_until: Option<Timestamp>,

    /// Where in the account the objects are put: `hot`, `cool` or `cold` [default: as the account says]
    #[arg(long, value_name = "TIER", value_parser = one_of::<AccessTier>(AccessTier::NAMES))]
    access_tier: Option<AccessTier>,

    /// Encrypt everything but the name, the sizes and the time to this public key, `age1…`; can be given several times
    ///
    /// Without one of the private keys nobody reads the backup. Velero cannot read it in any case.
    #[arg(long, value_name = "RECIPIENT")]
    encrypt_to: Vec<Recipient>,

    /// Sign with this Ed25519 private key, a PEM file as `lazarette key generate` and `openssl genpkey` write it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    signing_key: Option<PathBuf>,

    #[command(flatten)]
    filters: Filters,

    /// Show which hooks would run in which pods, and which snapshots of volumes would be cut: nothing is done or written
    #[arg(long)]
    dry_run: bool,

    /// How long pods may stand still; then their after-hooks run, whatever is not done yet
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "60s", help_heading = "Hooks")]
    max_freeze: SignedDuration,

    #[command(flatten)]
    snapshots: SnapshotArguments,

    #[command(flatten)]
    hooks: HookOptions,

    #[command(flatten)]
    plugins: PluginOptions,
}

impl Create {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let (cluster, host) = (session.cluster()?, session.plugins()?);
        let request = BackupRequest {
            filter: self.filters.into(),
            ttl: self.ttl,
            labels: self.labels.into_iter().collect(),
            protection: session.protection(self.encrypt_to, self.signing_key)?,
            snapshots: self.snapshots.into(),
            ..BackupRequest::new(self.name.map_or_else(default_name, Ok)?)
        };
        let hooks = prepare(&self.hooks, self.plugins, &host, &cluster, &request.name).await?;
        if self.dry_run {
            return plan(&request, hooks.as_ref(), cluster.as_ref(), session).await;
        }
        let store = session.store_to_write(|options| {
            options.immutable_until = self.immutable_until;
            options.access_tier = self.access_tier;
        })?;
        say_frozen(cluster.as_ref(), store.as_ref(), session).await;
        let max_freeze = Duration::try_from(self.max_freeze).unwrap_or(Hooking::MAX_FREEZE);
        let work = Work {
            request: &request,
            hooks: hooks.as_ref(),
            max_freeze,
        };
        let summary = work.run(cluster.as_ref(), store.as_ref(), session).await?;
        show(&summary, &store.address(), session)?;
        Ok(summary.outcome())
    }
}

/// A backup that is to be made.
struct Work<'a> {
    request: &'a BackupRequest,
    hooks: Option<&'a Hooks<'a>>,
    max_freeze: Duration,
}

impl Work<'_> {
    async fn run(&self, cluster: &dyn Cluster, store: &dyn Store, session: &Session) -> Ended<BackupSummary> {
        let access = match self.hooks {
            Some(_) => Some(pods(cluster)?),
            None => None,
        };
        let hooking = self.hooks.zip(access.as_ref()).map(|(hooks, pods)| Hooking {
            hooks,
            pods,
            max_freeze: self.max_freeze,
        });
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let _watched = session.watch(&progress);
        let summary =
            backup::create_with_hooks(self.request, hooking, cluster, store, &progress, &cancellation);
        Ok(summary.await?)
    }
}

/// Say which hooks would run.
async fn plan(
    request: &BackupRequest,
    hooks: Option<&Hooks<'_>>,
    cluster: &dyn Cluster,
    session: &Session,
) -> Ended<Outcome> {
    let (steps, problems) = match hooks {
        Some(hooks) => backup::plan_hooks(request, hooks, cluster).await?,
        None => Default::default(),
    };
    let (candidates, not_taken) = backup::plan_snapshots(request, cluster).await?;
    for problem in problems.iter().chain(&not_taken) {
        session.warn(problem);
    }
    session.output.show(&steps, |steps, _| {
        let hooks = match steps.is_empty() {
            true => "No hooks would run.\n".to_owned(),
            false => planned(steps),
        };
        hooks + &snapshots::planned(&candidates)
    })?;
    Ok(Outcome::Completed)
}

/// Name the pods that earlier runs may have left standing still.
async fn say_frozen(cluster: &dyn Cluster, store: &dyn Store, session: &Session) {
    if cluster.is_live() {
        match hooks::frozen(store).await {
            Ok(Left { frozen, unreadable }) => {
                let problems: Vec<Problem> = frozen.iter().map(Frozen::problem).collect();
                session.report_all(&problems);
                // Whoever backs up need not be able to read what was encrypted before.
                unreadable.iter().for_each(|notes| session.warn(notes.problem()));
            }
            Err(error) => session.warn(Problem::from(error)),
        }
    }
}

fn show(summary: &BackupSummary, store: &str, session: &Session) -> Ended<()> {
    for warning in &summary.warnings {
        session.warn(warning);
    }
    session.report_all(&summary.errors);
    let shown = Shown::new(&summary.manifest, &summary.hooks);
    session.output.show(&shown, |shown, _| {
        format!("{}{}", text(shown.manifest, store), attempted(shown.hooks))
    })?;
    Ok(())
}

/// `backup-20260301040500`.
fn default_name() -> ResultOf<BackupName> {
    let name = Timestamp::now().strftime("backup-%Y%m%d%H%M%S").to_string();
    name.parse()
        .map_err(|error| Problem::new(Code::Internal, format!("{error}")))
}

fn text(manifest: &Manifest, store: &str) -> String {
    let (style, ended) = match manifest.errors {
        0 => (AnsiColor::Green.on_default(), "Completed"),
        _ => (AnsiColor::Yellow.on_default(), "Completed in part"),
    };
    let size = manifest.files.iter().map(FileRecord::stored_size).sum();
    let took = manifest
        .completed_at
        .duration_since(manifest.created_at)
        .unsigned_abs();
    let mut text = format!(
        "{style}{ended}{style:#}: backup {} of {} in {store}: {} objects, {}, {}.\n",
        manifest.name,
        manifest.source.cluster,
        manifest.contents.objects,
        units::size(size),
        units::took(took),
    );
    match manifest.contents.snapshots {
        0 => {}
        1 => text.push_str("One snapshot of a volume belongs to it.\n"),
        count => _ = writeln!(text, "{count} snapshots of volumes belong to it."),
    }
    text.push_str(&left_out(manifest));
    if let Some(at) = manifest.expires_at {
        let _ = writeln!(text, "It expires at {}.", units::moment(at));
    }
    text
}

/// What is not in the backup, in one line; nothing where nothing was left out.
fn left_out(manifest: &Manifest) -> String {
    let left_out = &manifest.contents.left_out;
    let mut parts = left_out.namespaces.clone();
    parts.extend(left_out.types.iter().map(ToString::to_string));
    let mut text = String::new();
    if manifest.source.filter.leaves_out_secrets() {
        text.push_str("Secrets are left out.\n");
    }
    if !parts.is_empty() {
        let _ = writeln!(
            text,
            "Left out by default, as no filter names it: {}.",
            parts.join(", ")
        );
    }
    text
}
