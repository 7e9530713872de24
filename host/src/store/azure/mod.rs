//! A container of Azure Blob Storage as store.
//!
//! Blobs are written with `If-None-Match: *`, so that nothing is ever overwritten. Each carries the id of its upload:
//! where the answer to a write was lost, the repetition finds the blob and knows it as its own.
//!
//! Lists are consistent, a blob is whole or absent, and of two writers one wins, as the service documents it.

mod address;
mod certificate;
mod container;
mod failure;
mod identity;
mod reading;
mod transport;
mod undelete;
mod upload;
mod validity;
mod versions;
mod whoami;

use super::{Entry, IsWanted, Store, StoreError, StoreOptions, Upload, key};
use address::Address;
use async_trait::async_trait;
use bytes::Bytes;
use container::Container;
use failure::{Failure, Need};
use jiff::Timestamp;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use upload::BlockUpload;

/// A container of Azure Blob Storage, or what lies below a prefix in it.
#[derive(Clone)]
pub struct AzureStore {
    container: Arc<Container>,
}

impl AzureStore {
    /// The store at `address`, `azblob://ACCOUNT/CONTAINER[/PREFIX]` or a URL behind `azblob+`. Nothing is sent yet.
    pub fn new(address: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let container = Container::open(Address::parse(address)?, options)?;
        Ok(AzureStore {
            container: Arc::new(container),
        })
    }
}

#[async_trait]
impl Store for AzureStore {
    fn address(&self) -> String {
        self.container.address.text.clone()
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        key::check(key)?;
        upload::put(&self.container, key, bytes, false).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, StoreError> {
        key::check(key)?;
        Ok(Box::new(BlockUpload::new(Arc::clone(&self.container), key)))
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        key::check(key)?;
        match range {
            Some(range) => self.container.read_range(key, range).await,
            None => self.container.read_whole(key).await,
        }
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        key::check(key)?;
        Ok(self.container.properties(key).await?.map(|found| found.size))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        let (mut entries, mut marker) = (Vec::new(), None);
        loop {
            let (page, next) = self
                .container
                .repeat(|| self.container.page(prefix, marker.clone(), Vec::new()))
                .await
                .map_err(|failure| self.container.error(prefix, failure))?;
            entries.extend(page.into_iter().filter_map(|blob| {
                Some(Entry {
                    key: self.container.key_of(blob.name.as_deref()?)?,
                    size: blob.properties?.content_length?,
                })
            }));
            match next {
                Some(next) => marker = Some(next),
                None => break,
            }
        }
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(entries)
    }

    async fn check_deletable(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        match self.container.properties(key).await? {
            Some(found) => found.check_deletable(key, Timestamp::now()),
            None => Ok(()),
        }
    }

    /// Where blobs have versions, the service may take the deletion of one that a policy keeps, and make it a version
    /// that nobody sees: so that is asked first. What it keeps for another reason it says itself.
    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        match self.container.properties(key).await? {
            None => return Ok(()),
            Some(found) => found.check_deletable(key, Timestamp::now())?,
        }
        let blob = self.container.blob(key);
        let deleted = self
            .container
            .repeat(|| async {
                blob.delete(None)
                    .await
                    .map_err(|error| self.container.failure(error, Need::Delete))
            })
            .await;
        match deleted {
            Ok(_) | Err(Failure::NoBlob) => Ok(()),
            Err(failure) => Err(self.container.error(key, failure)),
        }
    }

    /// Nothing: the service drops blocks that were not committed a week after the last one was sent, and a request
    /// that does it earlier would make a blob first.
    async fn remove_abandoned(&self, _older_than: Duration) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn identity(&self) -> Result<Option<String>, StoreError> {
        self.container.identity().await.map(Some)
    }

    async fn undelete(&self, prefix: &str, replaced: &str, is_wanted: IsWanted) -> Result<u64, StoreError> {
        self.container.undelete(prefix, replaced, is_wanted).await
    }
}
