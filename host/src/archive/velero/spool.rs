//! Objects of a backup in a temporary file, in members as our own backups have them, with an index.

use crate::archive::block::{Block, CompressedBlock};
use crate::archive::file::compression_failed;
use crate::archive::index::{Line, Members};
use crate::archive::{ArchiveError, Contents, TypeCount, member};
use crate::object::{Needs, ResourceType};
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
    /// How many objects were written.
    written: u64,
    /// The index, in parts by [`Needs::rank`]: what others need comes after them, as in our own backups.
    parts: BTreeMap<u8, Part>,
    compressing: VecDeque<JoinHandle<Result<CompressedBlock, ArchiveError>>>,
    workers: usize,
}

/// A part of the index.
struct Part {
    lines: GzEncoder<Vec<u8>>,
    /// For each of its members the number of the first object, counted as they were written.
    firsts: Vec<u64>,
}

impl SpoolWriter {
    /// An empty spool.
    pub(super) fn new() -> Result<Self, ArchiveError> {
        let file = tempfile::tempfile().map_err(failed)?;
        Ok(SpoolWriter {
            file,
            end: 0,
            written: 0,
            parts: BTreeMap::new(),
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
        let lines: Vec<Line> = block.lines(self.end).collect();
        let part = self.parts.entry(rank(&lines)).or_insert_with(|| Part {
            lines: member::encoder(Vec::new()),
            firsts: Vec::new(),
        });
        part.firsts.push(self.written);
        for line in &lines {
            write_line(&mut part.lines, line)?;
            self.written += u64::from(matches!(line, Line::Object(_)));
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
        // Compressed texts that follow each other are one. The first is empty, for a backup without objects.
        let mut index = member::encoder(Vec::new()).finish().map_err(compression_failed)?;
        for Part { lines, firsts } in self.parts.into_values() {
            let lines = lines.finish().map_err(compression_failed)?;
            index.extend(match dropped.is_empty() {
                true => lines,
                false => without(lines, firsts, dropped)?,
            });
        }
        Ok((Spool(self.file), index.into()))
    }
}

/// The rank of the type that a member holds.
fn rank(lines: &[Line]) -> u8 {
    let of = lines.iter().find_map(|line| match line {
        Line::Object(object) => Some(ResourceType {
            resource: object.resource.clone(),
            version: object.version.clone(),
            kind: object.kind.clone(),
            namespaced: object.namespace.is_some(),
        }),
        Line::Member(_) => None,
    });
    of.map_or(0, |of| Needs::rank(&of))
}

fn write_line(to: &mut GzEncoder<Vec<u8>>, line: &Line) -> Result<(), ArchiveError> {
    to.write_all(line.to_text()?.as_bytes())
        .map_err(compression_failed)
}

fn without(lines: Vec<u8>, firsts: Vec<u64>, dropped: &HashSet<u64>) -> Result<Vec<u8>, ArchiveError> {
    let mut left = member::encoder(Vec::new());
    for (member, first) in Members::new(lines.into(), "index".to_owned()).zip(firsts) {
        let member = member?;
        write_line(&mut left, &Line::Member(member.record))?;
        for (position, object) in (first..).zip(member.objects) {
            if !dropped.contains(&position) {
                write_line(&mut left, &Line::Object(object))?;
            }
        }
    }
    left.finish().map_err(compression_failed)
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
