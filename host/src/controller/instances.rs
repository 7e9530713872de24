//! BackupInstance: whether it can be backed up, and when the next run is due.

use super::context::Context;
use super::status::{self, condition};
use super::{ControllerError, points};
use crate::policy::{Due, History, Policy};
use crate::report::{Code, Problem};
use crate::resources::{
    AccessMode, Backup, BackupInstance, BackupInstanceStatus, BackupLocation, BackupPolicy, BackupSpec,
    LastRun, LocationTier, Phase, PointState, ProtectionSpec,
};
use jiff::Timestamp;
use kube::api::{ListParams, PostParams};
use kube::runtime::controller::Action;
use kube::{Api, Resource, ResourceExt};
use std::sync::Arc;
use std::time::Duration;

/// An instance is looked at so often at least: its policy may have been changed.
const LOOK: Duration = Duration::from_secs(60);

/// Begin a run that is due, and say how the instance is.
pub(super) async fn reconcile(
    instance: Arc<BackupInstance>,
    context: Arc<Context>,
) -> Result<Action, ControllerError> {
    let (namespace, name) = (instance.namespace().unwrap_or_default(), instance.name_any());
    let mut status = instance.status.clone().unwrap_or_default();
    let now = status::now();
    let policy = policy(&instance, &context).await.map_err(Problem::from);
    let result = policy.as_ref().map(|_| "backups can be made");
    condition("Ready", result, now).put(&mut status.conditions, instance.metadata.generation);
    let is_running = describe(&mut status, &namespace, &name, &context).await?;
    let is_active = instance.spec.protection == ProtectionSpec::Active && !instance.spec.suspend;
    let mut wait = LOOK;
    match policy.ok().filter(|_| is_active) {
        Some(policy) => {
            let due = schedule(&mut status, &policy, &format!("{namespace}/{name}"), now);
            if let (Some(Due::Now(run)), false) = (due, is_running) {
                begin(&instance, &context, run.scheduled_for).await?;
                status.last_scheduled = Some(run.scheduled_for);
            } else if let Some(Due::Later(at)) = due {
                wait = Duration::try_from(at.duration_since(Timestamp::now()))
                    .unwrap_or_default()
                    .min(LOOK);
            }
        }
        // What is missed from now on is not made up for.
        None => (status.schedule, status.scheduled_since, status.next_run) = (None, None, None),
    }
    if instance.status.as_ref() != Some(&status) {
        let instances: Api<BackupInstance> = Api::namespaced(context.client.clone(), &namespace);
        status::put(&instances, &name, &status).await?;
    }
    Ok(Action::requeue(wait.max(Duration::from_millis(500))))
}

/// The policy of an instance, when backups can be made by it.
pub(super) async fn policy(instance: &BackupInstance, context: &Context) -> Result<Policy, ControllerError> {
    let spec = &instance.spec;
    let unsupported = [
        (spec.vault_location.is_some(), "vaultLocation"),
        (!spec.hooks.is_empty(), "hooks"),
    ];
    if let Some((_, field)) = unsupported.into_iter().find(|(is_there, _)| *is_there) {
        let message = "the controller cannot do this yet: leave the field out, and use the command line";
        return Err(Problem::new(Code::InvalidArgument, message)
            .about(format!("spec.{field}"))
            .into());
    }
    let missing = |kind: &str, name: &str| {
        Problem::new(Code::NotFound, "there is no such object").about(format!("{kind} {name}"))
    };
    let locations: Api<BackupLocation> = Api::all(context.client.clone());
    let location = locations.get_opt(&spec.location).await?;
    let location = location
        .ok_or_else(|| missing("BackupLocation", &spec.location))?
        .spec;
    if location.access_mode == AccessMode::ReadOnly || location.tier == LocationTier::Vault {
        let message = "backups cannot be made into it: it must be ReadWrite, and of the tier Operational";
        return Err(Problem::new(Code::InvalidArgument, message)
            .about(format!("BackupLocation {}", spec.location))
            .into());
    }
    let policies: Api<BackupPolicy> = Api::all(context.client.clone());
    let policy = policies.get_opt(&spec.policy).await?;
    let policy = policy
        .ok_or_else(|| missing("BackupPolicy", &spec.policy))?
        .spec
        .read()
        .map_err(Problem::from)?;
    match policy.uses_vault() {
        false => Ok(policy),
        true => {
            let message = "it copies points to a vault, which the controller cannot do yet";
            Err(Problem::new(Code::InvalidArgument, message)
                .about(format!("BackupPolicy {}", spec.policy))
                .into())
        }
    }
}

/// Fill in what the runs and points of an instance say. Whether a run goes on.
async fn describe(
    status: &mut BackupInstanceStatus,
    namespace: &str,
    name: &str,
    context: &Context,
) -> Result<bool, ControllerError> {
    let runs: Api<Backup> = Api::namespaced(context.client.clone(), namespace);
    let mut runs = runs.list(&ListParams::default()).await?.items;
    runs.retain(|run| run.spec.instance == name);
    let phase = |run: &Backup| run.status.as_ref().map(|status| status.phase).unwrap_or_default();
    let newest = runs
        .iter()
        .max_by_key(|run| (run.creation_timestamp(), run.name_any()));
    status.last_run = newest.map(|run| LastRun {
        name: run.name_any(),
        phase: phase(run),
    });
    let points = points::of_instance(context, namespace, name).await?;
    status.points = Some(i64::try_from(points.len()).unwrap_or(i64::MAX));
    let whole = points
        .iter()
        .filter(|point| point.spec.state == PointState::Whole);
    status.last_success = whole.map(|point| point.spec.created_at).max();
    Ok(runs
        .iter()
        .any(|run| matches!(phase(run), Phase::Pending | Phase::Running)))
}

/// What the schedule wants; none without one.
fn schedule(status: &mut BackupInstanceStatus, policy: &Policy, key: &str, now: Timestamp) -> Option<Due> {
    let schedule = policy.schedule()?;
    let text = Some(schedule.to_string());
    if status.schedule != text || status.scheduled_since.is_none() {
        (status.schedule, status.scheduled_since) = (text, Some(now));
    }
    let history = History {
        since: status.scheduled_since.unwrap_or(now),
        last: status.last_scheduled,
    };
    let due = schedule.due(history, key, Timestamp::now());
    status.next_run = match due {
        Due::Later(at) => Some(at),
        Due::Now(run) => Some(run.scheduled_for),
        Due::Never => None,
    };
    Some(due)
}

/// Make the Backup for a time. There is one for each time, whoever asks how often.
async fn begin(instance: &BackupInstance, context: &Context, time: Timestamp) -> Result<(), ControllerError> {
    let name = format!("{}-{}", instance.name_any(), time.strftime("%Y%m%d%H%M%S"));
    let spec = BackupSpec {
        instance: instance.name_any(),
        scheduled_for: Some(time),
        retention_tag: None,
        cancel: false,
    };
    let mut backup = Backup::new(&name, spec);
    backup.metadata.owner_references = instance.controller_owner_ref(&()).map(|owner| vec![owner]);
    let backups: Api<Backup> =
        Api::namespaced(context.client.clone(), &instance.namespace().unwrap_or_default());
    match backups.create(&PostParams::default(), &backup).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        Err(error) => Err(error.into()),
    }
}
