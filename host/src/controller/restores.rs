//! Restore: one run.

use super::account::Account;
use super::backups::{first, position};
use super::context::Context;
use super::status::{self, condition};
use super::{ControllerError, stores};
use crate::archive;
use crate::object::FilterSpec;
use crate::plugin::{ClusterSource, LookUps};
use crate::report::{Cancellation, Code, Outcome, Problem, Progress};
use crate::resources::{ConflictPolicySpec, Phase, RecoveryPoint, Restore, RestoreStatus};
use crate::restore::{self, ConflictPolicy, Environment, RestoreReport, RestoreRequest};
use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// A run that waits for its turn is looked at again after this.
const TURN: Duration = Duration::from_secs(2);

/// Begin a restore or cancel it. One that an ended controller had begun goes on under its name.
pub(super) async fn reconcile(
    restore: Arc<Restore>,
    context: Arc<Context>,
) -> Result<Action, ControllerError> {
    let uid = restore.uid().unwrap_or_default();
    let phase = restore
        .status
        .as_ref()
        .map(|status| status.phase)
        .unwrap_or_default();
    if phase.is_final() {
        return Ok(Action::await_change());
    }
    if context.runs.is_going_on(&uid) {
        if restore.spec.cancel {
            context.runs.cancel(&uid);
        }
        return Ok(Action::await_change());
    }
    if restore.spec.cancel {
        let problem = Problem::new(
            Code::Cancelled,
            "it was cancelled; what was restored before stays",
        );
        finish(
            &restore,
            &context,
            restore.status.clone().unwrap_or_default(),
            &Err(problem),
        )
        .await?;
        return Ok(Action::await_change());
    }
    match context.runs.begin(&uid) {
        Some(cancellation) => begin(&restore, &context, cancellation).await?,
        None => return Ok(Action::requeue(TURN)),
    }
    Ok(Action::await_change())
}

async fn begin(
    restore: &Arc<Restore>,
    context: &Arc<Context>,
    cancellation: Cancellation,
) -> Result<(), ControllerError> {
    let before = restore.status.clone().unwrap_or_default();
    let status = RestoreStatus {
        phase: Phase::Running,
        run_id: before.run_id.or_else(|| Some(uuid::Uuid::new_v4().to_string())),
        started_at: before.started_at.or_else(|| Some(status::now())),
        ..RestoreStatus::default()
    };
    if let Err(error) = put(restore, context, &status).await {
        context.runs.end(&restore.uid().unwrap_or_default());
        return Err(error);
    }
    let span = tracing::info_span!("restore", name = %restore.name_any(), run = status.run_id);
    let run = run_to_end(Arc::clone(restore), Arc::clone(context), status, cancellation);
    tokio::spawn(run.instrument(span));
    Ok(())
}

async fn run_to_end(
    restore: Arc<Restore>,
    context: Arc<Context>,
    mut status: RestoreStatus,
    cancellation: Cancellation,
) {
    let progress = Progress::default();
    let result = run(&restore, &context, &progress, &cancellation)
        .await
        .map_err(Problem::from);
    status.progress = Some(position(&progress));
    match &result {
        Ok(report) => tracing::info!(outcome = %report.outcome, "the restore is done"),
        Err(problem) => tracing::warn!(code = problem.code.name(), "the restore failed: {problem}"),
    }
    while let Err(error) = finish(&restore, &context, status.clone(), &result).await {
        tracing::warn!("the status of the run is not written: {error}");
        tokio::time::sleep(TURN).await;
    }
    context.runs.end(&restore.uid().unwrap_or_default());
}

async fn run(
    restore: &Restore,
    context: &Arc<Context>,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<RestoreReport, ControllerError> {
    let namespace = restore.namespace().unwrap_or_default();
    let request = request(restore)?;
    let points: Api<RecoveryPoint> = Api::namespaced(context.client.clone(), &namespace);
    let target = format!("RecoveryPoint {}", restore.spec.recovery_point);
    let missing = || {
        Problem::new(
            Code::NotFound,
            "there is no such recovery point in this namespace",
        )
        .about(&target)
    };
    let point = points
        .get_opt(&restore.spec.recovery_point)
        .await?
        .ok_or_else(missing)?;
    let tier = point.spec.operational.as_ref().ok_or_else(missing)?;
    let (_, store) = stores::open(context, &tier.location).await?;
    let name = point.spec.backup.parse();
    let name =
        name.map_err(|error| Problem::new(Code::InvalidArgument, format!("{error}")).about(&target))?;
    let backup = archive::Backup::open(Arc::clone(&store), &name)
        .await
        .map_err(Problem::from)?;
    check_owner(&backup, &namespace, context)?;
    let account = Account::open(context, &namespace, &restore.spec.service_account_name).await?;
    let with = Environment {
        backup: &backup,
        cluster: account.cluster.as_ref(),
        look_ups: LookUps::new(ClusterSource::new(Arc::clone(&account.cluster))),
        plugins: &context.plugins,
        progress,
        cancellation,
    };
    let report = restore::apply(request, &with).await.map_err(Problem::from)?;
    if !report.stopped
        && let Err(error) = restore::save(store.as_ref(), &report).await
    {
        tracing::warn!("the report of the restore is not kept: {error}");
    }
    Ok(report)
}

/// Whether a namespace may have what a backup holds. Who may write RecoveryPoints must not be able to name the backup of
/// somebody else: the store says whose it is. The namespace of the controller may have all of them.
fn check_owner(backup: &archive::Backup, namespace: &str, context: &Context) -> Result<(), Problem> {
    let record = backup.manifest().point.as_ref();
    let is_own =
        record.is_some_and(|record| record.cluster == context.cluster && record.namespace == namespace);
    match is_own || namespace == context.settings.namespace {
        true => Ok(()),
        false => Err(Problem::new(
            Code::Forbidden,
            "the backup is not one of an instance of this namespace: restore it from the controller's namespace",
        )),
    }
}

fn request(restore: &Restore) -> Result<RestoreRequest, Problem> {
    let spec = &restore.spec;
    let unsupported = [
        (!spec.hooks.is_empty(), "hooks"),
        (spec.resource_modifier.is_some(), "resourceModifier"),
    ];
    if let Some((_, field)) = unsupported.into_iter().find(|(is_there, _)| *is_there) {
        let message = "the controller cannot do this yet: leave the field out, and use the command line";
        return Err(Problem::new(Code::InvalidArgument, message).about(format!("spec.{field}")));
    }
    let policy = match spec.conflict_policy {
        ConflictPolicySpec::Skip => ConflictPolicy::Skip,
        ConflictPolicySpec::Patch => ConflictPolicy::Patch,
    };
    let uid = restore.uid().unwrap_or_default();
    let created = restore.creation_timestamp().map(|time| time.0.as_second());
    let time = created
        .and_then(|second| Timestamp::from_second(second).ok())
        .unwrap_or_else(Timestamp::now);
    Ok(RestoreRequest {
        filter: FilterSpec::from(&spec.selection),
        namespace_mappings: spec.namespace_mappings.clone(),
        conflict_policies: policy.into(),
        // A run that goes on after the end of a controller has the name and the time of its beginning.
        ..RestoreRequest::new(
            format!("{}-{}", restore.name_any(), uid.get(..8).unwrap_or(&uid)),
            time,
        )
    })
}

async fn finish(
    restore: &Restore,
    context: &Context,
    mut status: RestoreStatus,
    result: &Result<RestoreReport, Problem>,
) -> Result<(), ControllerError> {
    status.completed_at = Some(status::now());
    let answer = match result {
        Err(problem) => Err(problem.clone()),
        Ok(report) => describe(&mut status, report),
    };
    status.phase = match (&answer, result) {
        (Ok(()), _) => Phase::Completed,
        (Err(problem), _) if problem.code == Code::Cancelled => Phase::Cancelled,
        (Err(_), Ok(report)) if report.outcome == Outcome::PartiallyFailed => Phase::PartiallyFailed,
        (Err(_), _) => Phase::Failed,
    };
    status.message = answer
        .as_ref()
        .err()
        .map(|problem| format!("{problem}. {}", problem.code.action()));
    let answer = answer.as_ref().map(|()| "all was restored");
    condition("Complete", answer, status::now()).put(&mut status.conditions, restore.metadata.generation);
    put(restore, context, &status).await
}

/// Fill in what a report says. An error when not all was restored.
fn describe(status: &mut RestoreStatus, report: &RestoreReport) -> Result<(), Problem> {
    let of_objects = report.objects.iter().filter_map(|object| {
        let target = object.id.to_string();
        object.problem.map(|problem| match problem.target {
            Some(_) => problem,
            None => problem.about(target),
        })
    });
    let problems: Vec<Problem> = report.problems.iter().cloned().chain(of_objects).collect();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    status.errors = first(&problems);
    status.error_count = count(problems.len());
    status.warning_count = count(report.warnings.len());
    if let Some(cancelled) = problems.iter().find(|problem| problem.code == Code::Cancelled) {
        return Err(cancelled.clone());
    }
    match (report.outcome, problems.first()) {
        (Outcome::Completed, _) => Ok(()),
        (_, Some(problem)) => Err(problem.clone()),
        (_, None) => Err(Problem::new(
            Code::Internal,
            "not all was restored, and nothing says why",
        )),
    }
}

async fn put(restore: &Restore, context: &Context, status: &RestoreStatus) -> Result<(), ControllerError> {
    let restores: Api<Restore> =
        Api::namespaced(context.client.clone(), &restore.namespace().unwrap_or_default());
    status::put(&restores, &restore.name_any(), status).await
}
