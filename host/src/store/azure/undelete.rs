//! Bringing back blobs in an account that keeps what was deleted.

use super::container::Container;
use super::failure::{Failure, Need};
use super::upload;
use crate::store::{IsWanted, StoreError, key};
use azure_core::http::pager::PagerContinuation;
use azure_storage_blob::BlobClient;
use azure_storage_blob::models::{
    BlobClientDeleteOptions, BlobContainerClientListBlobsOptions, BlobItem, DeleteSnapshotsOptionType,
    ListBlobsIncludeItem,
};
use bytes::Bytes;
use futures::TryStreamExt;

impl Container {
    /// Bring back what was deleted below `prefix`, and say how many blobs that was. Of the blob `replaced`, in whose place
    /// others were written later, it is the newest state that `is_wanted`.
    ///
    /// Where the account has soft delete, the service brings back what was deleted, and what was written over as
    /// snapshots. Where it has versioning, a deletion leaves a version of the blob and nothing that could be undeleted.
    /// (<https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview#blob-soft-delete-and-versioning>)
    pub(super) async fn undelete(
        &self,
        prefix: &str,
        replaced: &str,
        is_wanted: IsWanted,
    ) -> Result<u64, StoreError> {
        let listed = self
            .with_hidden(prefix, vec![ListBlobsIncludeItem::Deleted])
            .await?;
        let deleted: Vec<String> = listed
            .into_iter()
            .filter(|blob| blob.deleted == Some(true))
            .filter_map(|blob| blob.name)
            .collect();
        for name in &deleted {
            let blob = self.client.blob_client(name);
            self.repeat(|| async {
                blob.undelete(None)
                    .await
                    .map_err(|error| self.failure(error, Need::Undelete))
            })
            .await
            .map_err(|failure| self.error(name, failure))?;
        }
        if deleted.contains(&self.address.blob(replaced)) {
            self.restore_snapshot(replaced, is_wanted).await?;
        }
        let promoted = self.promote_versions(prefix, replaced, is_wanted).await?;
        Ok(promoted.saturating_add(u64::try_from(deleted.len()).unwrap_or(u64::MAX)))
    }

    /// Put the newest snapshot of a blob that `is_wanted` in its place, unless what is there is.
    async fn restore_snapshot(&self, key: &str, is_wanted: IsWanted) -> Result<(), StoreError> {
        let blob = self.blob(key);
        if is_wanted(&self.state(key, &blob).await?) {
            return Ok(());
        }
        let name = self.address.blob(key);
        let listed = self
            .with_hidden(key, vec![ListBlobsIncludeItem::Snapshots])
            .await?;
        let mut snapshots: Vec<String> = listed
            .into_iter()
            .filter(|item| item.name.as_deref() == Some(&name))
            .filter_map(|item| item.snapshot)
            .collect();
        snapshots.sort();
        for snapshot in snapshots.iter().rev() {
            let earlier = blob
                .with_snapshot(snapshot)
                .map_err(|error| self.error(key, self.failure(error, Need::Undelete)))?;
            let bytes = self.state(key, &earlier).await?;
            if is_wanted(&bytes) {
                self.delete_with_snapshots(key, &blob).await?;
                return upload::put(self, key, bytes, false).await;
            }
        }
        Ok(())
    }

    async fn delete_with_snapshots(&self, key: &str, blob: &BlobClient) -> Result<(), StoreError> {
        let options = BlobClientDeleteOptions {
            delete_snapshots: Some(DeleteSnapshotsOptionType::Include),
            ..BlobClientDeleteOptions::default()
        };
        blob.delete(Some(options))
            .await
            .map(drop)
            .map_err(|error| self.error(key, self.failure(error, Need::Delete)))
    }

    /// What a state of the small blob `key` holds, which is the one that `blob` names.
    pub(super) async fn state(&self, key: &str, blob: &BlobClient) -> Result<Bytes, StoreError> {
        let fail = |error| self.failure(error, Need::Read);
        self.repeat(|| async {
            let answer = blob.download(None).await.map_err(fail)?;
            answer.body.collect().await.map_err(fail)
        })
        .await
        .map_err(|failure| self.error(key, failure))
    }

    /// All blobs below `prefix`, with those that are usually left out.
    pub(super) async fn with_hidden(
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
