//! Deleting what is expired.

use super::ControllerError;
use super::context::Context;
use crate::archive::{self, Listing, Manifest};
use crate::policy::{Held, Point, Protection, Verdict, agreed_time, decide};
use crate::report::{Code, Problem};
use crate::resources::{BackupInstance, Restore};
use crate::store::Store;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use std::collections::{BTreeMap, BTreeSet};

/// Delete the backups of this cluster's instances that their policies no longer keep. How many were deleted.
///
/// What other clusters wrote, and what was made without an instance, is left alone.
pub(super) async fn delete_expired(
    context: &Context,
    location: &str,
    store: &dyn Store,
    listing: &Listing,
) -> Result<usize, ControllerError> {
    let of_instances = by_instance(context, listing);
    if of_instances.is_empty() {
        return Ok(0);
    }
    let now = trusted_now(context).await?;
    let protections = protections(context, location).await?;
    let in_use = in_use(context).await?;
    let mut count = 0;
    for (instance, manifests) in of_instances {
        // An instance that was deleted leaves its points to expire as they would have.
        let protection = protections
            .get(&instance)
            .copied()
            .unwrap_or(Protection::StoppedKeepByPolicy);
        let points: Vec<Point> = manifests
            .iter()
            .map(|manifest| point(manifest, &instance.0, &in_use))
            .collect();
        for (manifest, fate) in manifests.iter().zip(decide(&points, protection, now)) {
            if fate.operational == Verdict::Delete {
                archive::delete_after(store, &manifest.name, None, now)
                    .await
                    .map_err(Problem::from)?;
                tracing::info!(location, backup = %manifest.name, "an expired backup was deleted");
                count += 1;
            }
        }
    }
    Ok(count)
}

/// The backups of this cluster, by namespace and name of their instance.
fn by_instance<'a>(context: &Context, listing: &'a Listing) -> BTreeMap<(String, String), Vec<&'a Manifest>> {
    let mut found: BTreeMap<_, Vec<&Manifest>> = BTreeMap::new();
    for manifest in listing
        .backups
        .iter()
        .filter_map(|backup| backup.manifest.as_ref().ok())
    {
        if let Some(record) = manifest
            .point
            .as_ref()
            .filter(|record| record.cluster == context.cluster)
        {
            let instance = (record.namespace.clone(), record.instance.clone());
            found.entry(instance).or_default().push(manifest);
        }
    }
    found
}

fn point(manifest: &Manifest, namespace: &str, in_use: &BTreeSet<(String, String)>) -> Point {
    let expires_at = manifest.expires_at;
    Point {
        created_at: manifest.created_at,
        whole: manifest.errors == 0,
        operational: Some(Held { expires_at }),
        vault: None,
        awaits_copy: false,
        in_use: in_use.contains(&(namespace.to_owned(), manifest.name.to_string())),
    }
}

/// How the instances of a location are protected.
async fn protections(
    context: &Context,
    location: &str,
) -> Result<BTreeMap<(String, String), Protection>, ControllerError> {
    let instances: Api<BackupInstance> = Api::all(context.client.clone());
    let instances = instances.list(&ListParams::default()).await?.items.into_iter();
    let of_location = instances.filter(|instance| instance.spec.location == location);
    let protection = |instance: BackupInstance| {
        let key = (instance.namespace().unwrap_or_default(), instance.name_any());
        (key, instance.spec.protection.into())
    };
    Ok(of_location.map(protection).collect())
}

/// The points that something is being restored from, by namespace and name.
async fn in_use(context: &Context) -> Result<BTreeSet<(String, String)>, ControllerError> {
    let restores: Api<Restore> = Api::all(context.client.clone());
    let restores = restores.list(&ListParams::default()).await?.items.into_iter();
    let going_on = restores.filter(|restore| {
        !restore
            .status
            .as_ref()
            .is_some_and(|status| status.phase.is_final())
    });
    Ok(going_on
        .map(|restore| {
            (
                restore.namespace().unwrap_or_default(),
                restore.spec.recovery_point,
            )
        })
        .collect())
}

/// The time, on which our clock and the API server's agree.
async fn trusted_now(context: &Context) -> Result<Timestamp, ControllerError> {
    let request = http::Request::get("/version").body(kube::client::Body::empty());
    let request = request.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    let answer = context.client.send(request).await?;
    let date = answer
        .headers()
        .get(http::header::DATE)
        .and_then(|date| date.to_str().ok());
    let servers = date
        .and_then(|date| rfc2822::parse(date).ok())
        .map(|date| date.timestamp());
    let ours = Timestamp::now();
    servers.and_then(|servers| agreed_time(ours, servers)).ok_or_else(|| {
        let message = "our clock and the API server's differ by more than ten minutes: nothing is deleted for its age";
        Problem::new(Code::ClockSkew, message).into()
    })
}
