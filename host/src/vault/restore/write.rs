//! A file in the making: contents written in any order by several threads, without those parts that are nothing but
//! zeros, and its attributes last of all.

use super::attributes;
use super::folder::Folder;
use super::work::Shared;
use crate::vault::VaultError;
use rustic_core::repofile::Metadata;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

/// What file systems keep a hole for, in bytes.
const BLOCK: usize = 4096;

/// A file that contents are written to.
pub(super) struct OpenFile {
    pub file: File,
    /// As it is told to people.
    pub path: PathBuf,
    /// What is set when all is written, and the folder that waits for it; none for a device.
    pub place: Option<(Metadata, Arc<Folder>)>,
    /// Whether something may stand where zeros are to be: on a device.
    pub was_used: bool,
}

impl OpenFile {
    /// Write `bytes` at `start`. Blocks of zeros are left as holes; on a device they are written where there are none.
    pub fn write(&self, bytes: &[u8], start: u64) -> Result<(), VaultError> {
        self.write_blocks(bytes, start)
            .map_err(|source| VaultError::File {
                path: self.path.clone(),
                source,
            })
    }

    fn write_blocks(&self, bytes: &[u8], start: u64) -> io::Result<()> {
        for (offset, run, is_zero) in runs(bytes) {
            let at = start.saturating_add(offset);
            if !is_zero || self.was_used && !self.has_zeros(run.len(), at)? {
                self.file.write_all_at(run, at)?;
            }
        }
        Ok(())
    }

    fn has_zeros(&self, length: usize, at: u64) -> io::Result<bool> {
        let mut found = vec![0; length];
        self.file.read_exact_at(&mut found, at)?;
        Ok(is_zero(&found))
    }

    /// One of those who write is done with it. The last one sets what else was stored of the file.
    pub fn release(file: Arc<OpenFile>, shared: &Shared<'_>) {
        let Some(OpenFile {
            file, path, place, ..
        }) = Arc::into_inner(file)
        else {
            return;
        };
        shared.count_file();
        if let Some((meta, folder)) = place {
            attributes::set(&file, &path, &meta, &shared.findings);
            drop(file);
            Folder::release(folder, &shared.findings);
        }
    }
}

/// `bytes` as runs of blocks that are all zeros, or have each something in it: where each begins.
fn runs(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8], bool)> {
    let mut offset: u64 = 0;
    bytes
        .chunks(BLOCK)
        .collect::<Vec<_>>()
        .chunk_by(|one, other| is_zero(one) == is_zero(other))
        .map(|blocks| blocks.iter().map(|block| block.len()).sum::<usize>())
        .collect::<Vec<_>>()
        .into_iter()
        .scan(bytes, move |rest, length| {
            let (run, others) = rest.split_at_checked(length)?;
            *rest = others;
            let at = offset;
            offset = offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
            Some((
                at,
                run,
                run.first_chunk::<BLOCK>()
                    .map_or(is_zero(run), |block| is_zero(block)),
            ))
        })
}

fn is_zero(bytes: &[u8]) -> bool {
    // Or-ing is what the compiler makes wide instructions of.
    bytes.iter().fold(0, |all, byte| all | byte) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::fs::MetadataExt;

    fn open(was_used: bool, before: &[u8]) -> OpenFile {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(before, 0).unwrap();
        OpenFile {
            file,
            path: "file".into(),
            place: None,
            was_used,
        }
    }

    fn content(file: &OpenFile, size: usize) -> Vec<u8> {
        let mut found = vec![0; size];
        file.file.read_exact_at(&mut found, 0).unwrap();
        found
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            blocks in prop::collection::vec((any::<bool>(), 1_usize..9000), 0..8),
            was_used in any::<bool>(),
        ) {
            let mut bytes = Vec::new();
            for (filled, length) in blocks {
                bytes.extend(std::iter::repeat_n(u8::from(filled), length));
            }
            let before = if was_used { vec![9; bytes.len()] } else { Vec::new() };
            let file = open(was_used, &before);
            file.file.set_len(bytes.len() as u64).unwrap();
            file.write(&bytes, 0).unwrap();
            prop_assert_eq!(content(&file, bytes.len()), bytes);
        }
    }

    #[test]
    fn blocks_of_zeros_are_holes() {
        let file = open(false, &[]);
        file.file.set_len(8 << 20).unwrap();
        let mut bytes = vec![0; 8 << 20];
        bytes[5 << 20] = 1;
        file.write(&bytes, 0).unwrap();
        let allocated = file.file.metadata().unwrap().blocks() * 512;
        assert!(allocated < 1 << 20, "{allocated} bytes are allocated");
        assert_eq!(content(&file, bytes.len()), bytes);
    }
}
