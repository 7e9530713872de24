//! The tar in portions: each is compressed by a worker into a member of its own.

use super::file::compression_failed;
use super::index::{Line, MemberRecord, ObjectRecord};
use super::{ArchiveError, Digest, entry, member};
use crate::object::{ObjectId, ResourceType};
use flate2::Compression;
use std::ops::Range;
use tokio::task::JoinHandle;

/// A hundred times what an API server takes, and with what is before it in its member less than [`member::LARGEST`].
const LARGEST_OBJECT: usize = 256 * 1024 * 1024;

/// A portion of the tar that grows until it is large enough to be a member.
#[derive(Default)]
pub(super) struct Block {
    tar: Vec<u8>,
    objects: Vec<(Range<usize>, ObjectRecord)>,
}

/// A portion of the tar as it goes into the file.
pub(super) struct CompressedBlock {
    pub(super) bytes: Vec<u8>,
    size: usize,
    sha256: Digest,
    objects: Vec<ObjectRecord>,
}

impl Block {
    /// How many bytes of the tar it holds.
    pub(super) fn size(&self) -> usize {
        self.tar.len()
    }

    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.tar.is_empty()
    }

    /// Append an object.
    pub(super) fn append(
        &mut self,
        of: &ResourceType,
        id: &ObjectId,
        json: &str,
    ) -> Result<(), ArchiveError> {
        if json.len() > LARGEST_OBJECT {
            let message = format!(
                "it has {} MiB, and at most {} can be held",
                json.len() >> 20,
                LARGEST_OBJECT >> 20
            );
            return Err(ArchiveError::Unwritable {
                id: Box::new(id.clone()),
                message,
            });
        }
        let offset = entry::append(&mut self.tar, &entry::path(id)?, json.as_bytes());
        let record = ObjectRecord {
            resource: id.resource.clone(),
            namespace: id.namespace.clone(),
            name: id.name.clone(),
            version: of.version.clone(),
            kind: of.kind.clone(),
            offset: wide(offset),
            size: wide(json.len()),
            // The worker, which has the bytes, fills it in.
            sha256: Digest::of(b""),
        };
        self.objects.push((offset..offset + json.len(), record));
        Ok(())
    }

    /// Append the entry that says which layout this is.
    pub(super) fn append_version(&mut self) {
        entry::append(
            &mut self.tar,
            entry::VERSION_PATH,
            format!("{}\n", entry::VERSION).as_bytes(),
        );
    }

    /// Append what ends a tar.
    pub(super) fn append_end(&mut self) {
        self.tar.extend(entry::END);
    }

    /// How many objects it holds.
    pub(super) fn objects(&self) -> u64 {
        wide(self.objects.len())
    }

    /// Have a worker compress it.
    pub(super) fn compress(self, level: Compression) -> JoinHandle<Result<CompressedBlock, ArchiveError>> {
        tokio::task::spawn_blocking(move || {
            let bytes = member::compress(&self.tar, level).map_err(compression_failed)?;
            let digested = |(range, record): (Range<usize>, ObjectRecord)| {
                let json = self.tar.get(range).unwrap_or_default();
                ObjectRecord {
                    sha256: Digest::of(json),
                    ..record
                }
            };
            let objects = self.objects.into_iter().map(digested).collect();
            Ok(CompressedBlock {
                sha256: Digest::of(&bytes),
                bytes,
                size: self.tar.len(),
                objects,
            })
        })
    }
}

impl CompressedBlock {
    /// Its lines in the index when it begins at `offset` of the file.
    pub(super) fn lines(&mut self, offset: u64) -> impl Iterator<Item = Line> {
        let member = MemberRecord {
            offset,
            length: wide(self.bytes.len()),
            size: wide(self.size),
            sha256: self.sha256,
        };
        std::iter::once(Line::Member(member))
            .chain(std::mem::take(&mut self.objects).into_iter().map(Line::Object))
    }
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
