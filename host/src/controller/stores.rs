//! The store of a BackupLocation.

use super::ControllerError;
use super::context::Context;
use crate::report::{Code, Problem};
use crate::resources::{BackupLocation, BackupLocationSpec};
use crate::store::{self, Credential, Store, StoreOptions, Variables};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use std::sync::Arc;

/// The BackupLocation `name`, and its store.
pub(super) async fn open(
    context: &Context,
    name: &str,
) -> Result<(BackupLocation, Arc<dyn Store>), ControllerError> {
    let locations: Api<BackupLocation> = Api::all(context.client.clone());
    let location = locations.get_opt(name).await?.ok_or_else(|| {
        let message = "there is no BackupLocation of this name";
        Problem::new(Code::NotFound, message).about(format!("BackupLocation {name}"))
    })?;
    let store = store_of(context, &location.spec).await?;
    Ok((location, store))
}

/// The store that a location names, with the credentials that lie in its Secret.
pub(super) async fn store_of(
    context: &Context,
    location: &BackupLocationSpec,
) -> Result<Arc<dyn Store>, ControllerError> {
    let mut options = StoreOptions::default();
    if let Some(credential) = &location.credential {
        options.variables = variables(context, &credential.name).await?;
        options.credential = Credential::default();
    }
    Ok(store::open(&location.store, &options).map_err(Problem::from)?)
}

/// What a Secret says, in the place of the environment.
async fn variables(context: &Context, name: &str) -> Result<Variables, ControllerError> {
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &context.settings.namespace);
    let target = || format!("Secret {}/{name}", context.settings.namespace);
    let secret = secrets
        .get_opt(name)
        .await?
        .ok_or_else(|| Problem::new(Code::NotFound, "there is no such Secret").about(target()))?;
    let mut pairs = Vec::new();
    for (key, value) in secret.data.unwrap_or_default() {
        let value = String::from_utf8(value.0).map_err(|_| {
            Problem::new(Code::InvalidDocument, format!("key {key} is no text")).about(target())
        })?;
        pairs.push((key, value.trim_end().to_owned()));
    }
    Ok(pairs.into_iter().collect())
}
