//! Which hooks a backup would run.

use super::find::find;
use super::outcome::Hooked;
use crate::backup::selection::Selection;
use crate::backup::{BackupError, BackupRequest};
use crate::cluster::Cluster;
use crate::hooks::{Hooks, Phase, PlannedStep, PreparedHook};
use crate::report::Problem;
use std::sync::Arc;

/// What the hooks of a backup would do, by pod and in their order, and what speaks against some. Nothing is changed.
pub async fn plan(
    request: &BackupRequest,
    hooks: &Hooks<'_>,
    cluster: &dyn Cluster,
) -> Result<(Vec<PlannedStep>, Vec<Problem>), BackupError> {
    let (selection, mut problems) = Selection::new(request, cluster).await?;
    let mut hooked = Hooked::default();
    let found = find(&selection, hooks, cluster, &mut hooked).await?;
    let mut steps = Vec::new();
    for pod in found {
        for phase in [Phase::BeforeBackup, Phase::AfterBackup] {
            let of_hook = |hook: &Arc<PreparedHook>| PlannedStep::of(&pod.pod, &hook.hook, phase);
            steps.extend(pod.hooks.iter().flat_map(of_hook));
        }
    }
    problems.extend(hooked.warnings);
    problems.extend(hooked.errors);
    Ok((steps, problems))
}
