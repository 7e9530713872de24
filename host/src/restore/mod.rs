//! Restores: from a backup to a cluster.
//!
//! For each object: read → prepare → modify → place → decide → apply → report. A plan and its application go through
//! the same steps; a plan stops before the last one, and shows how objects would change.
//!
//! Objects are restored level by level ([`Level`]), in parallel within one, in batches that are cut by position in the
//! archive, so that plugins see the same batches whatever the concurrency. A failed object never stops the others; what
//! needs a namespace or a definition that could not be restored is left out, and names it. Hooks run last, in the pods
//! that were created.

mod agreed;
mod batches;
mod carry_out;
mod commitment;
mod conversions;
mod data;
mod decide;
mod definitions;
mod diff;
mod error;
mod ground;
mod hooks;
mod immutable;
mod item;
mod ledger;
mod level;
mod levels;
mod live;
mod marks;
mod namespaces;
mod owners;
mod pipeline;
mod place;
mod policy;
mod prepare;
mod references;
mod report;
mod request;
mod requests;
mod resolvers;
mod run;
mod saved;
mod saved_plan;
mod secrets;
mod select;
mod service_account;
mod start;
mod turns;
mod types;
mod volumes;
mod wait;

#[cfg(test)]
mod tests;

pub use commitment::{Commitment, PlanKey, Precondition};
pub use diff::Diff;
pub use error::RestoreError;
pub use levels::Level;
pub use policy::{ConflictPolicies, ConflictPolicy, ParsePolicyError};
pub use report::{
    ActionName, Note, ObjectReport, ObjectReports, RestoreReport, RuleReport, Totals, VolumeReport,
    VolumeState,
};
pub use request::{OnModifierError, ParseOnModifierErrorError, Plugins, RestoreRequest, VolumeMode};
pub use saved::{SavedReports, check_unused, read_saved, save, saved};
pub use saved_plan::{SavedPlan, Specification, SpecificationError};
pub use wait::{Pending, wait};

pub(crate) use hooks::pods_of;

use crate::archive::Backup;
use crate::cluster::Cluster;
use crate::plugin::{LookUps, PluginHost};
use crate::report::{Cancellation, Progress};
use std::sync::Arc;

/// What a restore works with.
pub struct Environment<'a> {
    /// The backup to restore.
    pub backup: &'a Backup,
    /// The cluster to restore into.
    pub cluster: &'a dyn Cluster,
    /// Where plugins run.
    pub plugins: &'a PluginHost,
    /// What plugins look up: in the cluster as it was before.
    pub look_ups: Arc<LookUps>,
    /// Told how far it is.
    pub progress: &'a Progress,
    /// Asked between batches whether to stop.
    pub cancellation: &'a Cancellation,
}

/// What restoring would do: nothing is changed.
pub async fn plan(request: RestoreRequest, with: &Environment<'_>) -> Result<RestoreReport, RestoreError> {
    start::run(request, with, true).await
}

/// Restore. An error means that nothing was changed; once something may have been, everything is in the report.
///
/// A saved plan that is to hold as a whole is made anew first: where it does not, that is the error.
pub async fn apply(request: RestoreRequest, with: &Environment<'_>) -> Result<RestoreReport, RestoreError> {
    if request.agreed.is_some() && request.strict {
        let again = start::run(request.clone(), with, true).await?;
        let changed: Vec<_> = again.objects.iter().filter(agreed::is_objected).collect();
        if !changed.is_empty() {
            return Err(RestoreError::Outdated(
                changed.into_iter().map(|report| report.id).collect(),
            ));
        }
    }
    start::run(request, with, false).await
}
