//! Reading blobs, by ranges: an answer is taken only when it has every byte that was asked for.

use super::container::Container;
use super::failure::{Failure, Need};
use crate::store::StoreError;
use azure_core::http::Etag;
use azure_core::http::headers::{HeaderName, Headers};
use azure_storage_blob::models::BlobClientDownloadOptions;
use bytes::{Bytes, BytesMut};
use futures::stream::{StreamExt, TryStreamExt};
use std::num::NonZero;
use std::ops::Range;

/// How many bytes one request asks for at most.
const PORTION: u64 = 8 * 1024 * 1024;
/// How many requests read one file at a time.
const PARALLEL: usize = 4;

/// A part of a blob.
struct Part {
    bytes: Bytes,
    /// Size of the whole blob.
    total: u64,
    /// Which state of the blob it is from.
    etag: Option<Etag>,
}

impl Container {
    /// All of a blob.
    pub(super) async fn read_whole(&self, key: &str) -> Result<Bytes, StoreError> {
        let first = self.part(key, 0..PORTION, None).await?;
        let mut whole = BytesMut::from(first.bytes);
        let read = u64::try_from(whole.len()).unwrap_or(u64::MAX);
        if read < first.total {
            self.append(key, read..first.total, first.etag, &mut whole)
                .await?;
        }
        Ok(whole.freeze())
    }

    /// A range of a blob. [`StoreError::Range`] where it does not lie inside.
    pub(super) async fn read_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        let outside = || StoreError::Range { key: key.to_owned() };
        if range.start >= range.end {
            let size = self.properties(key).await?.map(|found| found.size);
            let size = size.ok_or_else(|| StoreError::NotFound { key: key.to_owned() })?;
            return match range.start == range.end && range.end <= size {
                true => Ok(Bytes::new()),
                false => Err(outside()),
            };
        }
        let end = range.end.min(range.start.saturating_add(PORTION));
        let first = self.part(key, range.start..end, None).await?;
        if range.end > first.total {
            return Err(outside());
        }
        if end == range.end {
            return Ok(first.bytes);
        }
        let mut bytes = BytesMut::from(first.bytes);
        self.append(key, end..range.end, first.etag, &mut bytes).await?;
        Ok(bytes.freeze())
    }

    /// Append a range of a blob, all of it from the state `etag`.
    async fn append(
        &self,
        key: &str,
        range: Range<u64>,
        etag: Option<Etag>,
        to: &mut BytesMut,
    ) -> Result<(), StoreError> {
        let starts = std::iter::successors(Some(range.start), |start| start.checked_add(PORTION));
        let portions = starts
            .take_while(|start| *start < range.end)
            .map(|start| start..range.end.min(start.saturating_add(PORTION)));
        let mut parts = futures::stream::iter(portions)
            .map(|portion| self.part(key, portion, etag.clone()))
            .buffered(PARALLEL);
        while let Some(part) = parts.try_next().await? {
            to.extend_from_slice(&part.bytes);
        }
        Ok(())
    }

    /// A range of a blob, or as much of it as there is.
    async fn part(&self, key: &str, range: Range<u64>, etag: Option<Etag>) -> Result<Part, StoreError> {
        self.repeat(|| self.try_part(key, range.clone(), etag.clone()))
            .await
            .map_err(|failure| self.error(key, failure))
    }

    async fn try_part(&self, key: &str, range: Range<u64>, etag: Option<Etag>) -> Result<Part, Failure> {
        let fail = |error| self.failure(error, Need::Read);
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let answer = self
            .blob(key)
            .download(Some(BlobClientDownloadOptions {
                range: Some(range.clone().into()),
                // One request a range: repetitions and parallel ones are ours.
                parallel: NonZero::new(1),
                partition_size: NonZero::new(length),
                if_match: etag,
                ..BlobClientDownloadOptions::default()
            }))
            .await
            .map_err(fail)?;
        let (total, etag) = (total(&answer.headers), answer.properties.etag.clone());
        let bytes = answer.body.collect().await.map_err(fail)?;
        let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        // A blob that is empty has no ranges, and its answer none.
        let total = total.unwrap_or(if read == 0 { 0 } else { u64::MAX });
        let expected = range.end.min(total).saturating_sub(range.start);
        match read == expected {
            true => Ok(Part { bytes, total, etag }),
            false => Err(Failure::answer(format!(
                "the store sent {read} bytes where {expected} were to come"
            ))),
        }
    }
}

/// The size of the whole blob, from `Content-Range: bytes 0-99/1000`.
fn total(headers: &Headers) -> Option<u64> {
    let range = headers.get_optional_str(&HeaderName::from_static("content-range"))?;
    range.rsplit_once('/')?.1.parse().ok()
}
