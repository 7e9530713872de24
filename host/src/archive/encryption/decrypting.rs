//! A store whose encrypted files are read as what they hold.

use super::window::Window;
use super::{Identities, is_encrypted};
use crate::store::{Entry, IsWanted, Store, StoreError, Upload};
use age::{DecryptError, Decryptor};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of a chunk before it is encrypted.
const CHUNK: u64 = 64 * 1024;
/// Bytes that encryption adds to a chunk.
const TAG: u64 = 16;
/// Bytes between the header and the first chunk.
const NONCE: u64 = 16;
/// No header that we write is longer; it grows by about 100 bytes with each recipient.
const LONGEST_HEADER: u64 = 64 * 1024;
/// How many bytes are read to find out what a file is. Most headers are shorter.
const FIRST_READ: u64 = 2 * 1024;

/// A store whose encrypted files are read as what they hold; others are as they are. What is written is not encrypted
/// here: [`Store::list`] shows sizes as stored, [`Store::size`] and [`Store::read`] those of what files hold.
pub struct DecryptingStore {
    inner: Arc<dyn Store>,
    identities: Identities,
    /// What files of which ranges were read are.
    heads: Mutex<HashMap<String, Option<Arc<Head>>>>,
}

/// Where the parts of an encrypted file are.
struct Head {
    /// The header and the nonce.
    header: Bytes,
    /// Of the whole file, in bytes.
    stored: u64,
    /// The last chunk, which proves the file's length; and where it begins.
    last: (u64, Bytes),
}

impl Head {
    fn payload(&self) -> u64 {
        wide(self.header.len())
    }

    /// How many bytes the file holds.
    fn size(&self) -> u64 {
        let payload = self.stored.saturating_sub(self.payload());
        payload.saturating_sub(payload.div_ceil(CHUNK + TAG).saturating_mul(TAG))
    }

    /// Where the chunks lie that hold a range.
    fn chunks(&self, range: &Range<u64>) -> Range<u64> {
        let start = range.start / CHUNK * (CHUNK + TAG);
        let end = range.end.div_ceil(CHUNK).saturating_mul(CHUNK + TAG);
        let at = |offset: u64| self.payload().saturating_add(offset).min(self.stored);
        at(start)..at(end)
    }
}

impl DecryptingStore {
    /// `inner`, as whoever has one of the `identities` sees it.
    pub fn new(inner: Arc<dyn Store>, identities: Identities) -> DecryptingStore {
        DecryptingStore {
            inner,
            identities,
            heads: Mutex::default(),
        }
    }

    /// What a file is: none when it is not encrypted.
    async fn head(&self, key: &str) -> Result<Option<Arc<Head>>, StoreError> {
        let known = self
            .heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned();
        if let Some(head) = known {
            return Ok(head);
        }
        let head = self.read_head(key).await?.map(Arc::new);
        self.heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.to_owned(), head.clone());
        Ok(head)
    }

    async fn read_head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        let Some(stored) = self.inner.size(key).await? else {
            return Err(StoreError::NotFound { key: key.to_owned() });
        };
        let mut start = self.inner.read(key, Some(0..stored.min(FIRST_READ))).await?;
        if !is_encrypted(&start) {
            return Ok(None);
        }
        if header_length(&start).is_none() {
            start = self.inner.read(key, Some(0..stored.min(LONGEST_HEADER))).await?;
        }
        let length = header_length(&start).filter(|length| wide(*length) < stored);
        let header = start.slice(..length.ok_or_else(|| damaged(key, "its header does not end"))?);
        let payload = wide(header.len());
        let chunks_before = (stored - payload).div_ceil(CHUNK + TAG).saturating_sub(1);
        let last = payload + chunks_before * (CHUNK + TAG);
        let bytes = self.inner.read(key, Some(last..stored)).await?;
        Ok(Some(Head {
            header,
            stored,
            last: (last, bytes),
        }))
    }

    /// A range of what an encrypted file holds.
    async fn read_decrypted(&self, key: &str, head: &Head, range: Range<u64>) -> Result<Bytes, StoreError> {
        if range.start > range.end || range.end > head.size() {
            return Err(StoreError::Range { key: key.to_owned() });
        }
        let chunks = head.chunks(&range);
        let bytes = self.inner.read(key, Some(chunks.clone())).await?;
        let parts = vec![(0, head.header.clone()), (chunks.start, bytes), head.last.clone()];
        self.decrypt(key, Window::new(head.stored, parts), Some(range))
            .await
    }

    /// A range of what is in `window`, or all of it.
    async fn decrypt(
        &self,
        key: &str,
        window: Window,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, StoreError> {
        let (identities, owned) = (self.identities.clone(), key.to_owned());
        tokio::task::spawn_blocking(move || decrypt(&owned, window, range, &identities))
            .await
            .map_err(|panicked| StoreError::io(key, panicked))?
    }
}

/// A range of what is in `window`, or all of it.
fn decrypt(
    key: &str,
    window: Window,
    range: Option<Range<u64>>,
    identities: &Identities,
) -> Result<Bytes, StoreError> {
    let refused = |error| match error {
        DecryptError::NoMatchingKeys => StoreError::Locked { key: key.to_owned() },
        error => damaged(key, error),
    };
    let decryptor = Decryptor::new(window).map_err(refused)?;
    let mut reader = decryptor.decrypt(identities.iter()).map_err(refused)?;
    let mut bytes = Vec::new();
    let read = match range {
        None => reader.read_to_end(&mut bytes).map(drop),
        Some(range) => {
            bytes.resize(usize::try_from(range.end - range.start).unwrap_or(usize::MAX), 0);
            reader
                .seek(SeekFrom::Start(range.start))
                .and_then(|_| reader.read_exact(&mut bytes))
        }
    };
    read.map(|()| Bytes::from(bytes))
        .map_err(|error| damaged(key, error))
}

/// Where the header of an encrypted file, with the nonce behind it, ends.
fn header_length(start: &[u8]) -> Option<usize> {
    let mut end = 0;
    for line in start.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        if line.starts_with(b"--- ") && line.ends_with(b"\n") {
            return end
                .checked_add(usize::try_from(NONCE).ok()?)
                .filter(|end| *end <= start.len());
        }
    }
    None
}

fn damaged(key: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        key: key.to_owned(),
        message: format!("it cannot be decrypted: {error}"),
    }
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[async_trait]
impl Store for DecryptingStore {
    fn address(&self) -> String {
        self.inner.address()
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        self.inner.put_if_absent(key, bytes).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, StoreError> {
        self.inner.upload(key).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        match range {
            None => {
                let bytes = self.inner.read(key, None).await?;
                match is_encrypted(&bytes) {
                    true => {
                        let window = Window::new(wide(bytes.len()), vec![(0, bytes)]);
                        self.decrypt(key, window, None).await
                    }
                    false => Ok(bytes),
                }
            }
            Some(range) => match self.head(key).await? {
                Some(head) => self.read_decrypted(key, &head, range).await,
                None => self.inner.read(key, Some(range)).await,
            },
        }
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        match self.head(key).await {
            Ok(Some(head)) => Ok(Some(head.size())),
            Ok(None) => self.inner.size(key).await,
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        self.inner.list(prefix).await
    }

    async fn list_readable(&self, prefix: &str) -> Result<(Vec<Entry>, Vec<StoreError>), StoreError> {
        self.inner.list_readable(prefix).await
    }

    async fn check_deletable(&self, key: &str) -> Result<(), StoreError> {
        self.inner.check_deletable(key).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.inner.delete(key).await?;
        self.heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
        Ok(())
    }

    async fn remove_abandoned(&self, older_than: Duration) -> Result<u64, StoreError> {
        self.inner.remove_abandoned(older_than).await
    }

    async fn identity(&self) -> Result<Option<String>, StoreError> {
        self.inner.identity().await
    }

    async fn undelete(&self, prefix: &str, replaced: &str, is_wanted: IsWanted) -> Result<u64, StoreError> {
        self.inner.undelete(prefix, replaced, is_wanted).await
    }
}
