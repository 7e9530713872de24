//! BackupPolicy: whether it can be used.

use super::ControllerError;
use super::context::Context;
use super::status::{self, condition};
use crate::report::Problem;
use crate::resources::{BackupPolicy, BackupPolicyStatus};
use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};
use std::sync::Arc;

/// Say whether a policy can be used.
pub(super) async fn reconcile(
    policy: Arc<BackupPolicy>,
    context: Arc<Context>,
) -> Result<Action, ControllerError> {
    let mut status = policy.status.clone().unwrap_or_default();
    let read = policy.spec.read().map_err(Problem::from);
    let result = read.as_ref().map(|_| "the policy can be used");
    condition("Valid", result, status::now()).put(&mut status.conditions, policy.metadata.generation);
    if policy.status.as_ref() != Some(&status) {
        let policies: Api<BackupPolicy> = Api::all(context.client.clone());
        status::put::<_, BackupPolicyStatus>(&policies, &policy.name_any(), &status).await?;
    }
    Ok(Action::await_change())
}
