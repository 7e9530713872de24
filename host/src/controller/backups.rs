//! Backup: one run.

use super::account::Account;
use super::context::Context;
use super::status::{self, condition};
use super::{ControllerError, instances, points, stores};
use crate::archive::{self, BackupName, ListedBackup, Manifest, PointRecord, PointStamps};
use crate::backup::{self, BackupRequest, BackupSummary};
use crate::object::FilterSpec;
use crate::policy::{Past, Policy, Tag};
use crate::report::{Cancellation, Code, Outcome, Problem, Progress};
use crate::resources::{Backup, BackupInstance, BackupStatus, Finding, MOST_FINDINGS, Phase, RunProgress};
use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// A run that waits for its turn is looked at again after this.
const TURN: Duration = Duration::from_secs(2);

/// How often a status says how far a run is.
const TOLD: Duration = Duration::from_secs(2);

/// Begin a run, cancel it, or say what has become of one that an ended controller had begun.
pub(super) async fn reconcile(backup: Arc<Backup>, context: Arc<Context>) -> Result<Action, ControllerError> {
    let uid = backup.uid().unwrap_or_default();
    let phase = backup
        .status
        .as_ref()
        .map(|status| status.phase)
        .unwrap_or_default();
    match phase {
        phase if phase.is_final() => {}
        _ if context.runs.is_going_on(&uid) => {
            if backup.spec.cancel {
                context.runs.cancel(&uid);
            }
        }
        Phase::Running => adopt(&backup, &context).await?,
        _ if backup.spec.cancel => {
            let problem = Problem::new(Code::Cancelled, "it was cancelled before it began");
            finish(&backup, &context, BackupStatus::default(), Err(problem)).await?;
        }
        _ => match context.runs.begin(&uid) {
            Some(cancellation) => begin(&backup, &context, cancellation).await?,
            None => return Ok(Action::requeue(TURN)),
        },
    }
    Ok(Action::await_change())
}

/// Name of the backup in the store: no other run has it, in this cluster or another one.
fn stored_name(backup: &Backup) -> Result<BackupName, Problem> {
    let uid = backup.uid().unwrap_or_default();
    let id = uid.get(..8).unwrap_or(&uid);
    let name = format!(
        "{}.{}.{id}",
        backup.namespace().unwrap_or_default(),
        backup.name_any()
    );
    name.parse()
        .map_err(|error| Problem::new(Code::InvalidArgument, format!("{error}")))
}

async fn begin(
    backup: &Arc<Backup>,
    context: &Arc<Context>,
    cancellation: Cancellation,
) -> Result<(), ControllerError> {
    let status = BackupStatus {
        phase: Phase::Running,
        run_id: Some(uuid::Uuid::new_v4().to_string()),
        started_at: Some(status::now()),
        ..BackupStatus::default()
    };
    if let Err(error) = put(backup, context, &status).await {
        context.runs.end(&backup.uid().unwrap_or_default());
        return Err(error);
    }
    let span = tracing::info_span!("backup", name = %backup.name_any(), run = status.run_id);
    let run = run_to_end(Arc::clone(backup), Arc::clone(context), status, cancellation);
    tokio::spawn(run.instrument(span));
    Ok(())
}

async fn run_to_end(
    backup: Arc<Backup>,
    context: Arc<Context>,
    mut status: BackupStatus,
    cancellation: Cancellation,
) {
    let progress = Progress::default();
    let run = run(&backup, &context, &progress, &cancellation);
    let mut told = status.clone();
    let result = tokio::select! {
        result = run => result.map_err(Problem::from),
        () = tell(&backup, &context, &mut told, &progress) => Err(Problem::new(Code::Internal, "a run was left")),
    };
    status.progress = Some(position(&progress));
    match &result {
        Ok(summary) => tracing::info!(objects = summary.manifest.contents.objects, "the backup is done"),
        Err(problem) => tracing::warn!(code = problem.code.name(), "the backup failed: {problem}"),
    }
    let result = result.map(|summary| (summary.outcome(), summary));
    while let Err(error) = finish(&backup, &context, status.clone(), clone(&result)).await {
        tracing::warn!("the status of the run is not written: {error}");
        tokio::time::sleep(TURN).await;
    }
    context.runs.end(&backup.uid().unwrap_or_default());
}

type Ended = Result<(Outcome, BackupSummary), Problem>;

fn clone(result: &Ended) -> Ended {
    match result {
        Ok((outcome, summary)) => Ok((*outcome, summary.clone())),
        Err(problem) => Err(problem.clone()),
    }
}

/// Say how far the run is, until somebody stops asking.
async fn tell(backup: &Backup, context: &Context, status: &mut BackupStatus, progress: &Progress) {
    loop {
        tokio::time::sleep(TOLD).await;
        let position = Some(position(progress));
        if status.progress != position {
            status.progress = position;
            if let Err(error) = put(backup, context, status).await {
                tracing::debug!("how far the run is cannot be said: {error}");
            }
        }
    }
}

pub(super) fn position(progress: &Progress) -> RunProgress {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let now = progress.now();
    RunProgress {
        task: now.step,
        done: count(now.done),
        total: now.total.map(count),
    }
}

async fn run(
    backup: &Backup,
    context: &Arc<Context>,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<BackupSummary, ControllerError> {
    let namespace = backup.namespace().unwrap_or_default();
    let instance = instance_of(backup, context).await?;
    let policy = instances::policy(&instance, context).await?;
    let (_, store) = stores::open(context, &instance.spec.location).await?;
    let before = points::of_instance(context, &namespace, &instance.name_any()).await?;
    let past: Vec<Past> = before.iter().map(points::past).collect();
    let account = Account::open(context, &namespace, &instance.spec.service_account_name).await?;
    let request = BackupRequest {
        filter: FilterSpec::from(&instance.spec.selection),
        point: Some(stamps(backup, &instance, &policy, &past, context)),
        ..BackupRequest::new(stored_name(backup)?)
    };
    let summary = backup::create(
        &request,
        account.cluster.as_ref(),
        store.as_ref(),
        progress,
        cancellation,
    )
    .await;
    Ok(summary.map_err(Problem::from)?)
}

async fn instance_of(backup: &Backup, context: &Context) -> Result<BackupInstance, ControllerError> {
    let instances: Api<BackupInstance> =
        Api::namespaced(context.client.clone(), &backup.namespace().unwrap_or_default());
    let name = &backup.spec.instance;
    instances.get_opt(name).await?.ok_or_else(|| {
        Problem::new(Code::NotFound, "there is no such instance in this namespace")
            .about(format!("BackupInstance {name}"))
            .into()
    })
}

/// What is stamped on the point: by the schedule's turn, or as the person chose.
fn stamps(
    backup: &Backup,
    instance: &BackupInstance,
    policy: &Policy,
    past: &[Past],
    context: &Context,
) -> PointStamps {
    let now = Timestamp::now();
    let record = |is_whole| {
        let tag = match (backup.spec.retention_tag, backup.spec.scheduled_for) {
            (Some(tag), _) => tag.into(),
            (None, Some(_)) => policy.tag(now, is_whole, past),
            (None, None) => Tag::Default,
        };
        PointRecord {
            cluster: context.cluster.clone(),
            namespace: backup.namespace().unwrap_or_default(),
            instance: instance.name_any(),
            policy: instance.spec.policy.clone(),
            tag: tag.to_string(),
            scheduled_for: backup.spec.scheduled_for,
            expires_at: policy.stamp(tag, now).expires_at,
        }
    };
    PointStamps {
        whole: record(true),
        partial: record(false),
    }
}

/// A run that a controller had begun which is gone: it is done when the store has it, and else it failed.
async fn adopt(backup: &Backup, context: &Context) -> Result<(), ControllerError> {
    let status = backup.status.clone().unwrap_or_default();
    let instance = instance_of(backup, context).await?;
    let (_, store) = stores::open(context, &instance.spec.location).await?;
    match archive::read_manifest(store.as_ref(), &stored_name(backup)?).await {
        Ok(manifest) => complete(backup, context, status, &manifest).await,
        Err(archive::ArchiveError::Store(error)) => Err(Problem::from(error).into()),
        Err(_) => {
            let message = "the controller ended while it ran, and the backup is not in the store: make another Backup. \
                           What it left there is removed by `lazarette store cleanup`";
            let problem = Problem::new(Code::IncompleteBackup, message);
            finish(backup, context, status, Err(problem)).await
        }
    }
}

/// Write how a run ended, and make its RecoveryPoint.
async fn finish(
    backup: &Backup,
    context: &Context,
    mut status: BackupStatus,
    result: Ended,
) -> Result<(), ControllerError> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    match result {
        Ok((_, summary)) => {
            status.errors = first(&summary.errors);
            status.error_count = count(summary.errors.len());
            status.warnings = first(&summary.warnings);
            status.warning_count = count(summary.warnings.len());
            complete(backup, context, status, &summary.manifest).await
        }
        Err(problem) => {
            status.phase = match problem.code {
                Code::Cancelled => Phase::Cancelled,
                _ => Phase::Failed,
            };
            status.message = Some(format!("{problem}. {}", problem.code.action()));
            status.completed_at = Some(status::now());
            condition("Complete", Err(&problem), status::now())
                .put(&mut status.conditions, backup.metadata.generation);
            put(backup, context, &status).await
        }
    }
}

async fn complete(
    backup: &Backup,
    context: &Context,
    mut status: BackupStatus,
    manifest: &Manifest,
) -> Result<(), ControllerError> {
    let instance = instance_of(backup, context).await?;
    let listed = ListedBackup {
        name: manifest.name.clone(),
        manifest: Ok(manifest.clone()),
        deletion: None,
    };
    if let Some(point) = points::point(context, &instance.spec.location, &listed) {
        points::put(context, &point).await?;
    }
    status.recovery_point = Some(manifest.name.to_string());
    status.completed_at = Some(status::now());
    let partial = Problem::new(
        Code::NotListed,
        format!("{} things could not be backed up", manifest.errors),
    );
    let answer = match manifest.errors {
        0 => Ok("all was backed up"),
        _ => Err(&partial),
    };
    status.phase = match answer {
        Ok(_) => Phase::Completed,
        Err(_) => Phase::PartiallyFailed,
    };
    condition("Complete", answer, status::now()).put(&mut status.conditions, backup.metadata.generation);
    put(backup, context, &status).await
}

/// The first of the problems: a status holds no more.
pub(super) fn first(problems: &[Problem]) -> Vec<Finding> {
    problems.iter().take(MOST_FINDINGS).map(Finding::from).collect()
}

async fn put(backup: &Backup, context: &Context, status: &BackupStatus) -> Result<(), ControllerError> {
    let backups: Api<Backup> =
        Api::namespaced(context.client.clone(), &backup.namespace().unwrap_or_default());
    status::put(&backups, &backup.name_any(), status).await
}
