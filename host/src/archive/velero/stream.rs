//! A file of a store as a stream of bytes, decompressed, for readers that wait for it on a thread of their own.

use super::tar_entries::invalid;
use crate::store::{Store, StoreError};
use bytes::{Buf, Bytes};
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use tokio::sync::mpsc;

/// How many bytes of the file are read at a time.
const PORTION: u64 = 1024 * 1024;
/// How many portions are read ahead.
const READ_AHEAD: usize = 2;
/// No stream is longer than this when it is decompressed: eight times what etcd holds at most, twice for the two copies
/// of each object.
pub(super) const LONGEST: u64 = 128 * 1024 * 1024 * 1024;

/// Portions of a file, to be fed by [`feed`].
pub(super) fn portions() -> (mpsc::Sender<Bytes>, Portions) {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let portions = Portions {
        receiver,
        current: Bytes::new(),
    };
    (sender, portions)
}

/// Read the file `key` from its beginning to its end into `portions`, as far as anybody listens. Its size is the result.
pub(super) async fn feed(
    store: &dyn Store,
    key: &str,
    portions: mpsc::Sender<Bytes>,
) -> Result<u64, StoreError> {
    let size = store
        .size(key)
        .await?
        .ok_or_else(|| StoreError::NotFound { key: key.to_owned() })?;
    let mut offset = 0;
    while offset < size {
        let end = size.min(offset.saturating_add(PORTION));
        let portion = store.read(key, Some(offset..end)).await?;
        if portions.send(portion).await.is_err() {
            break;
        }
        offset = end;
    }
    Ok(size)
}

/// The receiving end: reads block until there is a portion.
pub(super) struct Portions {
    receiver: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Portions {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(portion) => self.current = portion,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        buffer
            .get_mut(..length)
            .into_iter()
            .for_each(|part| self.current.copy_to_slice(part));
        Ok(length)
    }
}

/// What a compressed stream holds, as long as that is not absurd.
pub(super) fn decompress(compressed: impl Read, most: u64) -> impl Read {
    Bounded {
        inner: MultiGzDecoder::new(compressed),
        left: most,
    }
}

/// An error instead of an end where there is too much.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = u64::try_from(read)
            .ok()
            .and_then(|read| self.left.checked_sub(read))
            .ok_or_else(|| {
                invalid("it holds more than any backup does when it is decompressed".to_owned())
            })?;
        Ok(read)
    }
}

/// A small compressed file, whole and decompressed. None when there is none.
pub(super) async fn read_small(
    store: &dyn Store,
    key: &str,
    most: u64,
) -> Result<Option<io::Result<Vec<u8>>>, StoreError> {
    match store.size(key).await? {
        None => return Ok(None),
        Some(size) if size > most => {
            return Ok(Some(Err(invalid(format!("it has {size} bytes")))));
        }
        Some(_) => {}
    }
    let bytes = match store.read(key, None).await {
        Err(StoreError::NotFound { .. }) => return Ok(None),
        other => other?,
    };
    let mut content = Vec::new();
    let read = decompress(bytes.reader(), most).read_to_end(&mut content);
    Ok(Some(read.map(|_| content)))
}
