//! RecoveryPoints: what stores hold, as resources.

use super::ControllerError;
use super::context::Context;
use super::status::MANAGER;
use crate::archive::{ListedBackup, Manifest};
use crate::policy::{Past, Tag};
use crate::resources::{PointState, RecoveryPoint, RecoveryPointSpec, TierSpec};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use std::collections::BTreeMap;

/// The label with the location that a point was found in.
const LOCATION: &str = "lazarette.dev/location";

/// A point that stands in `namespace`.
pub(super) fn point(context: &Context, location: &str, backup: &ListedBackup) -> Option<RecoveryPoint> {
    let spec = match &backup.manifest {
        Ok(manifest) => spec(location, manifest, backup),
        // Nobody knows when it was made, nor of what: `lazarette backup verify` tells what is wrong.
        Err(_) => return None,
    };
    let manifest = backup.manifest.as_ref().ok()?;
    let record = manifest
        .point
        .as_ref()
        .filter(|record| record.cluster == context.cluster);
    let namespace = record.map_or(context.settings.namespace.as_str(), |record| {
        record.namespace.as_str()
    });
    let mut point = RecoveryPoint::new(backup.name.as_str(), spec);
    point.metadata.namespace = Some(namespace.to_owned());
    point.metadata.labels = Some(BTreeMap::from([(LOCATION.to_owned(), location.to_owned())]));
    Some(point)
}

fn spec(location: &str, manifest: &Manifest, backup: &ListedBackup) -> RecoveryPointSpec {
    let record = manifest.point.as_ref();
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    RecoveryPointSpec {
        backup: manifest.name.to_string(),
        instance: record.map(|record| record.instance.clone()),
        cluster: record.map(|record| record.cluster.clone()),
        created_at: manifest.created_at,
        tag: record
            .and_then(|record| record.tag.parse::<Tag>().ok())
            .map(Into::into),
        scheduled: record.is_some_and(|record| record.scheduled_for.is_some()),
        state: match manifest.errors {
            0 => PointState::Whole,
            _ => PointState::Partial,
        },
        message: None,
        objects: count(manifest.contents.objects),
        bytes: count(manifest.contents.bytes),
        operational: Some(TierSpec {
            location: location.to_owned(),
            expires_at: manifest.expires_at,
            deletion_at: backup.deletion,
        }),
        vault: None,
    }
}

/// Let the RecoveryPoints of a location be `points`: what is new is made, what changed is changed, what is gone goes.
pub(super) async fn mirror(
    context: &Context,
    location: &str,
    points: &[RecoveryPoint],
) -> Result<(), ControllerError> {
    let all: Api<RecoveryPoint> = Api::all(context.client.clone());
    let before = all
        .list(&ListParams::default().labels(&format!("{LOCATION}={location}")))
        .await?;
    let key = |point: &RecoveryPoint| (point.namespace(), point.name_any());
    let mut gone: BTreeMap<_, _> = before.items.iter().map(|point| (key(point), point)).collect();
    for point in points {
        let same = gone
            .remove(&key(point))
            .is_some_and(|before| before.spec == point.spec);
        if !same {
            put(context, point).await?;
        }
    }
    for (namespace, name) in gone.into_keys() {
        let points: Api<RecoveryPoint> =
            Api::namespaced(context.client.clone(), namespace.as_deref().unwrap_or_default());
        match points.delete(&name, &DeleteParams::default()).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Make or change a RecoveryPoint. Without its namespace there is no place for it, and nobody who would want it there.
pub(super) async fn put(context: &Context, point: &RecoveryPoint) -> Result<(), ControllerError> {
    let namespace = point.namespace().unwrap_or_default();
    let points: Api<RecoveryPoint> = Api::namespaced(context.client.clone(), &namespace);
    let params = PatchParams::apply(MANAGER).force();
    match points
        .patch(&point.name_any(), &params, &Patch::Apply(point))
        .await
    {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The points of an instance that there are.
pub(super) async fn of_instance(
    context: &Context,
    namespace: &str,
    instance: &str,
) -> Result<Vec<RecoveryPoint>, ControllerError> {
    let points: Api<RecoveryPoint> = Api::namespaced(context.client.clone(), namespace);
    let mut found = points.list(&ListParams::default()).await?.items;
    found.retain(|point| point.spec.instance.as_deref() == Some(instance));
    Ok(found)
}

/// A point as far as the tags of later ones go.
pub(super) fn past(point: &RecoveryPoint) -> Past {
    Past {
        created_at: point.spec.created_at,
        whole: point.spec.state == PointState::Whole,
        scheduled: point.spec.scheduled,
    }
}
