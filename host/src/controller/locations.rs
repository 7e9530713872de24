//! BackupLocation: whether the store works, what it holds, and what of that is deleted.

use super::context::Context;
use super::status::{self, condition};
use super::{ControllerError, expiry, points, stores};
use crate::archive::{self, Listing};
use crate::report::Problem;
use crate::resources::{AccessMode, BackupLocation};
use crate::store::Store;
use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};
use std::sync::Arc;

/// Read a store, let its RecoveryPoints be what it holds, and delete what is expired.
pub(super) async fn reconcile(
    location: Arc<BackupLocation>,
    context: Arc<Context>,
) -> Result<Action, ControllerError> {
    let mut status = location.status.clone().unwrap_or_default();
    let now = status::now();
    // Our own status is a change, too; a store is not listed for it.
    let is_seen = status
        .conditions
        .iter()
        .all(|condition| condition.observed_generation == location.metadata.generation);
    if let Some(checked) = status
        .last_checked
        .filter(|_| is_seen && !status.conditions.is_empty())
    {
        let since = std::time::Duration::try_from(now.duration_since(checked)).unwrap_or_default();
        if let Some(rest) = context
            .settings
            .sync
            .checked_sub(since)
            .filter(|rest| !rest.is_zero())
        {
            return Ok(Action::requeue(rest));
        }
    }
    let result = sync(&location, &context).await;
    let result = result.map_err(Problem::from);
    let answer = result.as_ref().map(|_| "the store answers");
    condition("Available", answer, now).put(&mut status.conditions, location.metadata.generation);
    status.last_checked = Some(now);
    if let Ok(backups) = result {
        status.backups = Some(i64::try_from(backups).unwrap_or(i64::MAX));
    }
    let locations: Api<BackupLocation> = Api::all(context.client.clone());
    status::put(&locations, &location.name_any(), &status).await?;
    Ok(Action::requeue(context.settings.sync))
}

/// How many backups there are.
async fn sync(location: &BackupLocation, context: &Context) -> Result<usize, ControllerError> {
    let name = location.name_any();
    let store = stores::store_of(context, &location.spec).await?;
    let mut listing = listing(store.as_ref()).await?;
    if location.spec.access_mode == AccessMode::ReadWrite
        && expiry::delete_expired(context, &name, store.as_ref(), &listing).await? > 0
    {
        listing = self::listing(store.as_ref()).await?;
    }
    let points: Vec<_> = listing
        .backups
        .iter()
        .filter_map(|backup| points::point(context, &name, backup))
        .collect();
    points::mirror(context, &name, &points).await?;
    Ok(listing.backups.len())
}

async fn listing(store: &dyn Store) -> Result<Listing, ControllerError> {
    Ok(archive::list(store).await.map_err(Problem::from)?)
}
