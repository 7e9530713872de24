//! Objects of a backup in a temporary file, in members as our own backups have them, with an index.

use crate::archive::block::{Block, CompressedBlock};
use crate::archive::file::compression_failed;
use crate::archive::index::{Line, Members};
use crate::archive::{ArchiveError, Contents, TypeCount, member};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use tokio::task::JoinHandle;

/// A temporary file that has no name, so that it goes with the last who holds it, also when the process is killed. It
/// lies in the system's folder for such files, `TMPDIR`, and belongs to its owner alone.
#[derive(Debug)]
pub(in crate::archive) struct Spool(File);

impl Spool {
    /// The `length` bytes from `offset` on.
    pub(in crate::archive) fn read(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.0.read_exact_at(&mut bytes, offset)?;
        Ok(bytes.into())
    }
}

/// Writes members into a spool as blocks come.
pub(super) struct SpoolWriter {
    file: File,
    end: u64,
    index: GzEncoder<Vec<u8>>,
    compressing: VecDeque<JoinHandle<Result<CompressedBlock, ArchiveError>>>,
    workers: usize,
}

impl SpoolWriter {
    /// An empty spool.
    pub(super) fn new() -> Result<Self, ArchiveError> {
        let file = tempfile::tempfile().map_err(failed)?;
        Ok(SpoolWriter {
            file,
            end: 0,
            index: member::encoder(Vec::new()),
            compressing: VecDeque::new(),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
        })
    }

    /// Append a block.
    pub(super) async fn append(&mut self, block: Block) -> Result<(), ArchiveError> {
        while self.compressing.len() >= self.workers {
            self.write_oldest().await?;
        }
        // It is read a few times and thrown away.
        self.compressing.push_back(block.compress(Compression::fast()));
        Ok(())
    }

    async fn write_oldest(&mut self) -> Result<(), ArchiveError> {
        let Some(worker) = self.compressing.pop_front() else {
            return Ok(());
        };
        let mut block = worker.await.map_err(compression_failed)??;
        for line in block.lines(self.end) {
            self.index
                .write_all(line.to_text()?.as_bytes())
                .map_err(compression_failed)?;
        }
        self.file.write_all(&block.bytes).map_err(failed)?;
        self.end += u64::try_from(block.bytes.len()).map_err(compression_failed)?;
        Ok(())
    }

    /// The spool, and its index without the objects whose numbers are in `dropped`.
    pub(super) async fn finish(mut self, dropped: &HashSet<u64>) -> Result<(Spool, Bytes), ArchiveError> {
        while !self.compressing.is_empty() {
            self.write_oldest().await?;
        }
        let index = Bytes::from(self.index.finish().map_err(compression_failed)?);
        let index = if dropped.is_empty() {
            index
        } else {
            without(index, dropped)?
        };
        Ok((Spool(self.file), index))
    }
}

fn without(index: Bytes, dropped: &HashSet<u64>) -> Result<Bytes, ArchiveError> {
    let mut left = member::encoder(Vec::new());
    let mut write = |line: Line| -> Result<(), ArchiveError> {
        left.write_all(line.to_text()?.as_bytes())
            .map_err(compression_failed)
    };
    for member in Members::new(index, "index".to_owned()) {
        let member = member?;
        write(Line::Member(member.record))?;
        for (position, object) in (member.first..).zip(member.objects) {
            if !dropped.contains(&position) {
                write(Line::Object(object))?;
            }
        }
    }
    Ok(left.finish().map_err(compression_failed)?.into())
}

/// What an index lists, by type.
pub(super) fn contents(index: &Bytes) -> Result<Contents, ArchiveError> {
    let mut contents = Contents::default();
    let mut types = BTreeMap::new();
    for member in Members::new(index.clone(), "index".to_owned()) {
        for object in member?.objects {
            contents.objects += 1;
            contents.bytes += object.size;
            let of = types.entry(object.resource.clone()).or_insert_with(|| TypeCount {
                resource: object.resource,
                version: object.version,
                kind: object.kind,
                objects: 0,
            });
            of.objects += 1;
        }
    }
    contents.types = types.into_values().collect();
    Ok(contents)
}

fn failed(error: io::Error) -> ArchiveError {
    ArchiveError::Spool(error)
}
