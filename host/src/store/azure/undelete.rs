//! Bringing back blobs in an account with soft delete.

use super::container::Container;
use super::failure::{Failure, Need};
use super::upload;
use crate::store::{StoreError, key};
use azure_core::http::pager::PagerContinuation;
use azure_storage_blob::models::{
    BlobClientDeleteOptions, BlobContainerClientListBlobsOptions, BlobItem, DeleteSnapshotsOptionType,
    ListBlobsIncludeItem,
};
use futures::TryStreamExt;

impl Container {
    /// Bring back what was deleted below `prefix`, and say how many blobs that was. The blob `replaced` was written again
    /// after it had been deleted, and deleted again: of it, the state before is brought back, which the service keeps as
    /// a snapshot.
    pub(super) async fn undelete(&self, prefix: &str, replaced: &str) -> Result<u64, StoreError> {
        let deleted = self
            .with_deleted(prefix, vec![ListBlobsIncludeItem::Deleted])
            .await?;
        let mut recovered = 0;
        for name in deleted
            .iter()
            .filter(|blob| blob.deleted == Some(true))
            .filter_map(|blob| blob.name.as_ref())
        {
            let blob = self.client.blob_client(name);
            self.repeat(|| async {
                blob.undelete(None)
                    .await
                    .map_err(|error| self.failure(error, Need::Undelete))
            })
            .await
            .map_err(|failure| self.error(name, failure))?;
            recovered += 1;
        }
        if recovered > 0 {
            self.restore_snapshot(replaced).await?;
        }
        Ok(recovered)
    }

    /// Put the newest snapshot of a blob in its place.
    async fn restore_snapshot(&self, key: &str) -> Result<(), StoreError> {
        let snapshots = self
            .with_deleted(key, vec![ListBlobsIncludeItem::Snapshots])
            .await?;
        let blob = self.blob(key);
        let newest = snapshots
            .into_iter()
            .filter(|item| item.name.as_deref() == Some(&self.address.blob(key)))
            .filter_map(|item| item.snapshot)
            .max();
        let Some(snapshot) = newest else { return Ok(()) };
        let fail = |error| self.failure(error, Need::Undelete);
        let bytes = async {
            let earlier = blob.with_snapshot(&snapshot).map_err(fail)?;
            earlier
                .download(None)
                .await
                .map_err(fail)?
                .body
                .collect()
                .await
                .map_err(fail)
        };
        let bytes = bytes.await.map_err(|failure| self.error(key, failure))?;
        let options = BlobClientDeleteOptions {
            delete_snapshots: Some(DeleteSnapshotsOptionType::Include),
            ..BlobClientDeleteOptions::default()
        };
        blob.delete(Some(options))
            .await
            .map_err(|error| self.error(key, self.failure(error, Need::Delete)))?;
        upload::put(self, key, bytes, false).await
    }

    /// All blobs below `prefix`, with those that are usually left out.
    async fn with_deleted(
        &self,
        prefix: &str,
        include: Vec<ListBlobsIncludeItem>,
    ) -> Result<Vec<BlobItem>, StoreError> {
        let (mut items, mut marker) = (Vec::new(), None);
        loop {
            let (page, next) = self
                .repeat(|| self.page(prefix, marker.clone(), include.clone()))
                .await
                .map_err(|failure| self.error(prefix, failure))?;
            items.extend(page);
            match next {
                Some(next) => marker = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// A page of a list, and where the next one begins.
    pub(super) async fn page(
        &self,
        prefix: &str,
        marker: Option<String>,
        include: Vec<ListBlobsIncludeItem>,
    ) -> Result<(Vec<BlobItem>, Option<String>), Failure> {
        let fail = |error| self.failure(error, Need::List);
        let options = BlobContainerClientListBlobsOptions {
            prefix: Some(self.address.blob(prefix)),
            marker,
            include: (!include.is_empty()).then_some(include),
            maxresults: self.page_size.map(i32::from),
            ..BlobContainerClientListBlobsOptions::default()
        };
        let mut pages = self.client.list_blobs(Some(options)).map_err(fail)?.into_pages();
        let Some(page) = pages.try_next().await.map_err(fail)? else {
            return Ok((Vec::new(), None));
        };
        let next = match pages.continuation() {
            Some(PagerContinuation::Token(next)) => Some(next.clone()),
            _ => None,
        };
        let items = page.into_model().map_err(fail)?.blob_items;
        Ok((items, next))
    }

    /// The key of a blob, if it is one of this store's.
    pub(super) fn key_of(&self, blob: &str) -> Option<String> {
        let key = blob.strip_prefix(&self.address.prefix)?;
        key::check(key).is_ok().then(|| key.to_owned())
    }
}
