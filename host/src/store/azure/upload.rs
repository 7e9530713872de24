//! Writing blobs: small ones with one request, large ones in blocks that are sent in parallel and become a blob with
//! the last request.

use super::container::Container;
use crate::store::{StoreError, Upload};
use async_trait::async_trait;
use azure_storage_blob::models::BlockLookupList;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use uuid::Uuid;

const MIB: usize = 1024 * 1024;
/// The size of the first blocks.
const SMALLEST_BLOCK: usize = 8 * MIB;
/// The size of the last ones.
const LARGEST_BLOCK: usize = 48 * MIB;
/// After so many blocks they grow by their first size. A blob has at most 50,000, which are then 1.1 TiB.
const BLOCKS_OF_A_SIZE: usize = 8_000;
/// How many MiB of blocks are on their way at a time.
const IN_FLIGHT: u32 = 32;

/// Write a blob that is not there with one request.
pub(super) async fn put(
    container: &Container,
    key: &str,
    bytes: Bytes,
    is_large: bool,
) -> Result<(), StoreError> {
    let (id, blob) = (Uuid::new_v4(), container.blob(key));
    let put = container
        .repeat(|| async {
            blob.upload(bytes.clone().into(), Some(container.write_options(id, is_large)))
                .await
                .map_err(|error| container.failure(error, container.need_to_write()))
        })
        .await;
    match put {
        Ok(_) => Ok(()),
        Err(failure) => container.settle(key, id, failure).await,
    }
}

/// A blob in the making. Blocks that no commit follows are not to be seen, and the service drops them after a week.
pub(super) struct BlockUpload {
    container: Arc<Container>,
    key: String,
    id: Uuid,
    /// The block that is being filled.
    block: BytesMut,
    /// How many blocks were sent.
    blocks: u32,
    sending: JoinSet<Result<(), StoreError>>,
    /// MiB that may be on their way.
    room: Arc<Semaphore>,
    /// Whether a block was lost, so that the blob can never be whole.
    torn: bool,
}

impl BlockUpload {
    pub(super) fn new(container: Arc<Container>, key: &str) -> BlockUpload {
        BlockUpload {
            container,
            key: key.to_owned(),
            id: Uuid::new_v4(),
            block: BytesMut::new(),
            blocks: 0,
            sending: JoinSet::new(),
            room: Arc::new(Semaphore::new(usize::try_from(IN_FLIGHT).unwrap_or(1))),
            torn: false,
        }
    }

    /// Send the block that was filled, as soon as there is room.
    async fn send(&mut self) -> Result<(), StoreError> {
        let block = std::mem::take(&mut self.block).freeze();
        let weight = u32::try_from(block.len().div_ceil(MIB)).unwrap_or(IN_FLIGHT);
        let room = Arc::clone(&self.room)
            .acquire_many_owned(weight.min(IN_FLIGHT))
            .await
            .map_err(|error| StoreError::io(&self.key, error))?;
        while let Some(sent) = self.sending.try_join_next() {
            self.take(sent.map_err(|error| StoreError::io(&self.key, error))?)?;
        }
        let (container, key) = (Arc::clone(&self.container), self.key.clone());
        let id = block_id(self.id, self.blocks);
        self.blocks += 1;
        self.sending.spawn(async move {
            let sent = stage(&container, &key, &id, block).await;
            drop(room);
            sent
        });
        Ok(())
    }

    fn take(&mut self, sent: Result<(), StoreError>) -> Result<(), StoreError> {
        self.torn |= sent.is_err();
        sent
    }

    /// Make a blob of the blocks.
    async fn list(self) -> Result<(), StoreError> {
        let blob = self.container.blob(&self.key).block_blob_client();
        let list = BlockLookupList {
            latest: Some((0..self.blocks).map(|number| block_id(self.id, number)).collect()),
            ..BlockLookupList::default()
        };
        let committed = self
            .container
            .repeat(|| async {
                let fail = |error| self.container.failure(error, self.container.need_to_write());
                let list = list.clone().try_into().map_err(fail)?;
                blob.commit_block_list(list, Some(self.container.commit_options(self.id)))
                    .await
                    .map_err(fail)
            })
            .await;
        match committed {
            Ok(_) => Ok(()),
            Err(failure) => self.container.settle(&self.key, self.id, failure).await,
        }
    }
}

#[async_trait]
impl Upload for BlockUpload {
    async fn write(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        while !bytes.is_empty() {
            let size = block_size(self.blocks);
            if self.block.capacity() == 0 {
                self.block.reserve(bytes.len().max(MIB).min(size));
            }
            let portion = bytes.split_to(bytes.len().min(size - self.block.len()));
            self.block.extend_from_slice(&portion);
            if self.block.len() == size {
                // Where this is given up half way, a block is missing.
                let torn = std::mem::replace(&mut self.torn, true);
                self.send().await?;
                self.torn = torn;
            }
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.blocks == 0 {
            return put(&self.container, &self.key, self.block.freeze(), true).await;
        }
        if !self.block.is_empty() {
            self.send().await?;
        }
        while let Some(sent) = self.sending.join_next().await {
            self.take(sent.map_err(|error| StoreError::io(&self.key, error))?)?;
        }
        match self.torn {
            true => Err(StoreError::io(
                &self.key,
                std::io::Error::other("an earlier write did not end well"),
            )),
            false => self.list().await,
        }
    }
}

/// Send a block. Blocks of the same id replace each other, so that sending one again does no harm.
async fn stage(container: &Container, key: &str, id: &[u8], block: Bytes) -> Result<(), StoreError> {
    let blob = container.blob(key).block_blob_client();
    let length = u64::try_from(block.len()).unwrap_or(u64::MAX);
    container
        .repeat(|| async {
            blob.stage_block(id, length, block.clone().into(), None)
                .await
                .map_err(|error| container.failure(error, container.need_to_write()))
        })
        .await
        .map(drop)
        .map_err(|failure| container.error(key, failure))
}

/// The id of a block: of one upload alone, so that writers of one blob do not take each other's, and of one length, as
/// the service wants it.
fn block_id(upload: Uuid, number: u32) -> Vec<u8> {
    [&upload.as_bytes()[..], &number.to_be_bytes()].concat()
}

/// The size of the block `number`, counted from 0.
fn block_size(number: u32) -> usize {
    let grown = usize::try_from(number).unwrap_or(usize::MAX) / BLOCKS_OF_A_SIZE;
    SMALLEST_BLOCK
        .saturating_mul(grown.saturating_add(1))
        .min(LARGEST_BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_grow_until_a_blob_of_the_most_blocks_holds_a_terabyte() {
        assert_eq!(block_size(0), 8 * MIB);
        assert_eq!(block_size(49_999), LARGEST_BLOCK);
        let whole: usize = (0..50_000).map(block_size).sum();
        assert!(whole > 1_100_000_000_000, "{whole}");
    }

    #[test]
    fn ids_of_blocks_are_of_one_length_and_differ_between_uploads() {
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let ids = [
            block_id(one, 0),
            block_id(one, 1),
            block_id(other, 0),
            block_id(other, 49_999),
        ];
        assert!(ids.iter().all(|id| id.len() == 20));
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    }
}
