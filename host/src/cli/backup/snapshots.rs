//! Snapshots of volumes on the command line: the options of a backup, what it would cut, and removing them with a backup.

use crate::archive::{ArchiveError, BackupName, read_manifest};
use crate::cli::session::Session;
use crate::cli::values::{label, one_of};
use crate::cluster::Cluster;
use crate::report::{Outcome, Problem, ResultOf, units};
use crate::store::Store;
use crate::volumes::{Candidate, SnapshotMode, SnapshotOptions, VolumeRecords, remove_snapshots};
use clap::Args;
use jiff::SignedDuration;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// How the data of volumes is taken.
#[derive(Args, Debug)]
#[command(next_help_heading = "Volumes")]
pub(super) struct SnapshotArguments {
    /// Whether snapshots of volumes are cut: `auto` where that is possible, `true` of all (what cannot be is an error),
    /// `false` of none
    #[arg(
        long,
        value_name = "WHEN",
        value_parser = one_of::<SnapshotMode>(["auto", "true", "false"]),
        default_value = "auto"
    )]
    snapshot_volumes: SnapshotMode,

    /// The VolumeSnapshotClass for a CSI driver, where a claim names none; can be given several times
    #[arg(long = "volume-snapshot-class", value_name = "DRIVER=CLASS", value_parser = label)]
    volume_snapshot_classes: Vec<(String, String)>,

    /// How long a snapshot is waited for until it is cut, and again until it is ready to use
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "10m")]
    snapshot_timeout: SignedDuration,
}

impl From<SnapshotArguments> for SnapshotOptions {
    fn from(arguments: SnapshotArguments) -> Self {
        SnapshotOptions {
            mode: arguments.snapshot_volumes,
            classes: arguments.volume_snapshot_classes.into_iter().collect(),
            timeout: Duration::try_from(arguments.snapshot_timeout).unwrap_or(SnapshotOptions::TIMEOUT),
        }
    }
}

/// The snapshots that would be cut, for people.
pub(super) fn planned(candidates: &[Candidate]) -> String {
    let mut text = String::new();
    for candidate in candidates {
        let Candidate { driver, class, .. } = candidate;
        let _ = writeln!(
            text,
            "A snapshot of {} would be cut, with class {class} of driver {driver}.",
            candidate.id()
        );
    }
    text
}

/// The snapshots of backups that are to be deleted.
pub(super) struct Doomed {
    cluster: Option<Arc<dyn Cluster>>,
    backups: Vec<(BackupName, VolumeRecords)>,
}

impl Doomed {
    /// Those of these backups. Where there are some and they are not to be kept, the cluster has to answer before anything
    /// is deleted. Of a backup that cannot be read they are not known: `doctor backup --fix` finds them afterwards.
    pub(super) async fn of(
        names: impl IntoIterator<Item = &BackupName>,
        keep: bool,
        store: &dyn Store,
        session: &Session,
    ) -> ResultOf<Self> {
        let mut backups = Vec::new();
        for name in names.into_iter().filter(|_| !keep) {
            match records(store, name).await {
                Ok(records) if records.snapshots.is_empty() => {}
                Ok(records) => backups.push((name.clone(), records)),
                Err(error) => session.warn(format!(
                    "which snapshots belong to backup {name} is not known; `lazarette doctor backup --fix` removes them \
                     afterwards: {error}"
                )),
            }
        }
        let cluster = match backups.is_empty() {
            true => None,
            false => Some(answering(session).await?),
        };
        Ok(Doomed { cluster, backups })
    }

    /// Remove the snapshots of the backups that are gone, and say what stays.
    pub(super) async fn remove(self, session: &Session, is_gone: impl Fn(&BackupName) -> bool) -> Outcome {
        let mut failed = 0;
        for (_, records) in self.backups.iter().filter(|(name, _)| is_gone(name)) {
            if let Some(cluster) = &self.cluster {
                let problems = remove_snapshots(records, cluster.as_ref()).await;
                problems.iter().for_each(|problem| session.report(problem));
                failed += problems.len();
            }
        }
        Outcome::of_failures(failed)
    }
}

/// What the backup `name` says of its volumes; nothing where there is no such backup of ours.
async fn records(store: &dyn Store, name: &BackupName) -> Result<VolumeRecords, ArchiveError> {
    match read_manifest(store, name).await {
        Ok(manifest) if manifest.contents.snapshots == 0 => Ok(VolumeRecords::default()),
        Ok(manifest) => VolumeRecords::read(store, &manifest).await,
        Err(
            ArchiveError::NotFound { .. } | ArchiveError::Incomplete { .. } | ArchiveError::OfVelero { .. },
        ) => Ok(VolumeRecords::default()),
        Err(error) => Err(error),
    }
}

/// The cluster, which answers.
async fn answering(session: &Session) -> ResultOf<Arc<dyn Cluster>> {
    let cluster = session.target()?;
    match cluster.resource_types().await {
        Ok(_) => Ok(cluster),
        Err(error) => {
            let problem = Problem::from(error);
            let message = format!(
                "snapshots of volumes are to be deleted with the backup, and the cluster does not answer; \
                 --keep-snapshots leaves them alone: {}",
                problem.message
            );
            Err(Problem::new(problem.code, message))
        }
    }
}
