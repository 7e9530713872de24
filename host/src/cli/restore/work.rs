//! Planning and restoring, as the commands do it.

use crate::archive::{ArchiveError, Backup, BackupName, Salvage};
use crate::cli::backup::explain;
use crate::cli::failure::{Ended, Failure};
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::plugin::{ClusterSource, LookUps, PluginHost};
use crate::report::{Code, Outcome, Progress};
use crate::restore::{self, Environment, RestoreReport, RestoreRequest};
use crate::store::Store;
use std::sync::Arc;

/// Whether to look or to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Show what would be done.
    Plan,
    /// Do it.
    Apply,
}

/// Plan or do a restore of `backup`.
pub(super) async fn work(
    request: RestoreRequest,
    backup: &BackupName,
    session: &Session,
    plugins: &PluginHost,
    mode: Mode,
) -> Ended<RestoreReport> {
    let (store, cluster) = (session.store()?, session.target()?);
    let backup = open(backup, &store, session, request.skip_damaged).await?;
    let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
    let _watched = session.watch(&progress);
    let with = Environment {
        backup: &backup,
        cluster: cluster.as_ref(),
        look_ups: LookUps::new(ClusterSource::new(Arc::clone(&cluster))),
        plugins,
        progress: &progress,
        cancellation: &cancellation,
    };
    Ok(match mode {
        Mode::Plan => restore::plan(request, &with).await?,
        Mode::Apply => restore::apply(request, &with).await?,
    })
}

/// The backup; where damage is to be skipped, as far as it can be opened.
async fn open(
    name: &BackupName,
    store: &Arc<dyn Store>,
    session: &Session,
    skip_damaged: bool,
) -> Ended<Backup> {
    let trust = session.trust()?;
    match Backup::open(Arc::clone(store), name).await {
        Ok(backup) => {
            trust.check(backup.manifest())?;
            Ok(backup)
        }
        Err(ArchiveError::Damaged { .. }) if skip_damaged => {
            let Salvage { backup, findings } = Backup::salvage(Arc::clone(store), name).await?;
            trust.check(backup.manifest())?;
            findings.iter().for_each(|finding| session.warn(finding));
            Ok(backup)
        }
        Err(error) => Err(explain(error, store.as_ref()).await.into()),
    }
}

/// What a restore ended in: an interrupted one is a failure, whatever was restored before.
pub(super) fn outcome(report: &RestoreReport) -> Ended<Outcome> {
    match report
        .problems
        .iter()
        .find(|problem| problem.code == Code::Cancelled)
    {
        Some(problem) => Err(Failure(vec![problem.clone()])),
        None => Ok(report.outcome),
    }
}
