//! `lazarette backup create`

use crate::archive::{BackupName, FileRecord, Manifest, Recipient};
use crate::backup::{self, BackupRequest};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::filters::Filters;
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::cli::values::{label, moment, one_of};
use crate::report::{Code, Outcome, Problem, Progress, ResultOf, units};
use crate::store::AccessTier;
use anstyle::AnsiColor;
use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write;
use std::path::PathBuf;

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
}

impl Create {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store_to_write(|options| {
            options.immutable_until = self.immutable_until;
            options.access_tier = self.access_tier;
        })?;
        let cluster = session.cluster()?;
        let request = BackupRequest {
            filter: self.filters.into(),
            ttl: self.ttl,
            labels: self.labels.into_iter().collect(),
            protection: session.protection(self.encrypt_to, self.signing_key)?,
            ..BackupRequest::new(self.name.map_or_else(default_name, Ok)?)
        };
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let summary = {
            let _watched = session.watch(&progress);
            backup::create(
                &request,
                cluster.as_ref(),
                store.as_ref(),
                &progress,
                &cancellation,
            )
            .await?
        };
        for warning in &summary.warnings {
            session.warn(warning);
        }
        for error in &summary.errors {
            session.report(error);
        }
        session
            .output
            .show(&summary.manifest, |manifest, _| text(manifest, &store.address()))?;
        Ok(summary.outcome())
    }
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
