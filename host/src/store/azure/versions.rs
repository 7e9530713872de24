//! Bringing back blobs in an account with versioning: where a blob was deleted, what it was is a version of it.

use super::container::Container;
use super::failure::{Failure, Need};
use crate::report::Code;
use crate::store::{IsWanted, StoreError};
use azure_core::http::Etag;
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders, BlobClientStartCopyFromUrlOptions, BlobItem, CopyStatus,
    ListBlobsIncludeItem,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// The pause before the service is asked again whether it has copied a blob; within an account it mostly has at once.
const PAUSE: Duration = Duration::from_secs(1);

/// What there is of a blob.
#[derive(Default)]
struct History {
    /// Whether one of its versions is the current one, which is what the blob is.
    is_there: bool,
    /// The ids of its versions: the times at which they were written.
    versions: Vec<String>,
}

impl Container {
    /// Make the newest version of each blob below `prefix` that is not there the current one, and say how many blobs that
    /// was. Of the blob `replaced` it is the newest one that `is_wanted`.
    pub(super) async fn promote_versions(
        &self,
        prefix: &str,
        replaced: &str,
        is_wanted: IsWanted,
    ) -> Result<u64, StoreError> {
        let listed = self
            .with_hidden(prefix, vec![ListBlobsIncludeItem::Versions])
            .await?;
        let replaced = self.address.blob(replaced);
        let mut promoted = 0;
        for (name, History { is_there, versions }) in histories(listed) {
            let version = match name == replaced {
                true => self.wanted_version(&name, &versions, is_wanted).await?,
                false => versions.last(),
            };
            if let Some(version) = version.filter(|_| !is_there) {
                self.promote(&name, version).await?;
                promoted += 1;
            }
        }
        Ok(promoted)
    }

    /// The newest version of a small blob that `is_wanted`.
    async fn wanted_version<'v>(
        &self,
        name: &str,
        versions: &'v [String],
        is_wanted: IsWanted,
    ) -> Result<Option<&'v String>, StoreError> {
        for version in versions.iter().rev() {
            let blob = self
                .client
                .blob_client(name)
                .with_version(version)
                .map_err(|error| self.error(name, self.failure(error, Need::Read)))?;
            if is_wanted(&self.state(name, &blob).await?) {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// Have a version of a blob copied to where the blob is not. Its URL carries the signature, if one is used.
    async fn promote(&self, name: &str, version: &str) -> Result<(), StoreError> {
        let blob = self.client.blob_client(name);
        let copied = self
            .repeat(|| async {
                let fail = |error| self.failure(error, Need::Undelete);
                let source = blob.with_version(version).map_err(fail)?;
                let options = BlobClientStartCopyFromUrlOptions {
                    if_none_match: Some(Etag::from("*")),
                    ..BlobClientStartCopyFromUrlOptions::default()
                };
                blob.start_copy_from_url(source.url().to_string(), Some(options))
                    .await
                    .map_err(fail)
            })
            .await;
        match copied {
            // An answer may have been lost, and the copy have been begun.
            Ok(_) | Err(Failure::Exists) => self.wait_for_copy(name).await,
            Err(failure) => Err(self.error(name, failure)),
        }
    }

    async fn wait_for_copy(&self, name: &str) -> Result<(), StoreError> {
        let blob = self.client.blob_client(name);
        loop {
            let status = self
                .repeat(|| async {
                    let fail = |error| self.failure(error, Need::Read);
                    blob.get_properties(None)
                        .await
                        .and_then(|answer| answer.copy_status())
                        .map_err(fail)
                })
                .await
                .map_err(|failure| self.error(name, failure))?;
            match status {
                Some(CopyStatus::Pending) => tokio::time::sleep(PAUSE).await,
                Some(CopyStatus::Aborted | CopyStatus::Failed) => {
                    return Err(StoreError::Remote {
                        key: name.to_owned(),
                        place: self.address.place(),
                        code: Code::StoreUnavailable,
                        message: "the store did not copy the version that was deleted".to_owned(),
                    });
                }
                _ => return Ok(()),
            }
        }
    }
}

/// What there is of each blob of a list with versions, by its name.
fn histories(listed: Vec<BlobItem>) -> BTreeMap<String, History> {
    let mut histories = BTreeMap::<String, History>::new();
    for item in listed {
        let Some(name) = item.name else { continue };
        let history = histories.entry(name).or_default();
        // Without an id it was written before the account had versions.
        history.is_there |= item.is_current_version == Some(true) || item.version_id.is_none();
        history.versions.extend(item.version_id);
    }
    for history in histories.values_mut() {
        history.versions.sort();
    }
    histories
}
