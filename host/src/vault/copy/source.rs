//! A volume as the library wants to see it: every file, each folder before what is in it, in the order of names.

use super::findings::SharedFindings;
use super::node::{self, HardLinks};
use super::reader::PendingFile;
use crate::report::Cancellation;
use rustic_core::jiff::Timestamp;
use rustic_core::{ReadSource, ReadSourceEntry, RusticResult};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that file systems make for themselves, in their root.
pub(in crate::vault) const LOST_AND_FOUND: &str = "lost+found";

/// What is to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder with all that is in it: where a volume with a file system is mounted.
    Folder(PathBuf),
    /// A block device, or a file, as one file.
    Device(PathBuf),
}

impl Source {
    /// What there is at `path`.
    pub fn at(path: &Path) -> io::Result<Source> {
        let found = fs::metadata(path)?;
        match found.file_type() {
            kind if kind.is_dir() => Ok(Source::Folder(path.to_owned())),
            kind if kind.is_block_device() || kind.is_file() => Ok(Source::Device(path.to_owned())),
            _ => Err(io::Error::other("it is neither a folder nor a block device")),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Source::Folder(path) | Source::Device(path) => path,
        }
    }
}

/// A source for one copy.
#[derive(Debug)]
pub(super) struct Volume {
    pub source: Source,
    /// What it is called in the repository: an absolute path.
    pub stored_as: PathBuf,
    pub findings: Arc<SharedFindings>,
    pub cancellation: Cancellation,
    /// How many files that are no folders were handed out.
    pub handed_out: Arc<AtomicU64>,
}

impl Volume {
    fn walk(&self) -> Walk {
        let (root, stored_as) = (self.source.path().to_owned(), self.stored_as.clone());
        Walk {
            pending: vec![Folder {
                entries: vec![(root, stored_as)].into_iter(),
            }],
            is_root: true,
            is_folder: matches!(self.source, Source::Folder(_)),
            links: HardLinks::default(),
            findings: Arc::clone(&self.findings),
            cancellation: self.cancellation.clone(),
            handed_out: Arc::clone(&self.handed_out),
        }
    }
}

impl ReadSource for Volume {
    type Open = PendingFile;
    type Iter = Walk;

    fn size(&self) -> RusticResult<Option<u64>> {
        // What cannot be read is met again when it is copied.
        let mut walk = Walk {
            findings: Arc::default(),
            handed_out: Arc::default(),
            ..self.walk()
        };
        let mut sum: u64 = 0;
        while let Some((path, _)) = walk.next_path() {
            sum = sum.saturating_add(walk.size(&path));
        }
        Ok(Some(sum))
    }

    fn entries(&self) -> Walk {
        self.walk()
    }
}

/// The way through a volume. It ends early when the copy is cancelled.
#[derive(Debug)]
pub(in crate::vault) struct Walk {
    /// The folders that were entered, each with what is left of it.
    pending: Vec<Folder>,
    is_root: bool,
    is_folder: bool,
    links: HardLinks,
    findings: Arc<SharedFindings>,
    cancellation: Cancellation,
    handed_out: Arc<AtomicU64>,
}

/// The rest of a folder: where each entry is, and what it is called in the repository.
#[derive(Debug)]
struct Folder {
    entries: std::vec::IntoIter<(PathBuf, PathBuf)>,
}

impl Iterator for Walk {
    type Item = RusticResult<ReadSourceEntry<PendingFile>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (path, stored_as) = self.next_path()?;
            match self.entry(&path, stored_as) {
                Ok(entry) => return Some(Ok(entry)),
                Err(error) => self.findings.add(&path, error),
            }
        }
    }
}

impl Walk {
    /// The next file or folder. Folders are entered.
    fn next_path(&mut self) -> Option<(PathBuf, PathBuf)> {
        loop {
            if self.cancellation.is_cancelled() {
                return None;
            }
            let Some((path, stored_as)) = self.pending.last_mut()?.entries.next() else {
                self.pending.pop();
                continue;
            };
            let is_root = std::mem::take(&mut self.is_root);
            let kind = match is_root {
                true => self.is_folder,
                false => path.symlink_metadata().is_ok_and(|found| found.is_dir()),
            };
            if kind {
                match children(&path, &stored_as, is_root) {
                    Ok(entries) => self.pending.push(Folder {
                        entries: entries.into_iter(),
                    }),
                    // It is stored without what is in it, if that is allowed at all.
                    Err(error) => self.findings.add(&path, error),
                }
            }
            return Some((path, stored_as));
        }
    }

    fn entry(&mut self, path: &Path, stored_as: PathBuf) -> io::Result<ReadSourceEntry<PendingFile>> {
        let name = stored_as
            .file_name()
            .unwrap_or_else(|| OsStr::new("/"))
            .to_owned();
        let node = match self.is_folder {
            true => node::of_file(&name, path, &path.symlink_metadata()?, &mut self.links)?,
            false => node::of_bytes(&name, length(path)?, Timestamp::now()),
        };
        if !node.is_dir() {
            self.handed_out.fetch_add(1, Ordering::Relaxed);
        }
        let open = node.is_file().then(|| PendingFile {
            path: path.to_owned(),
            size: node.meta.size,
            findings: Arc::clone(&self.findings),
            cancellation: self.cancellation.clone(),
        });
        Ok(ReadSourceEntry {
            path: stored_as,
            node,
            open,
        })
    }

    /// How many bytes of contents there are at `path`; nothing where that cannot be known.
    fn size(&self, path: &Path) -> u64 {
        match self.is_folder {
            true => path
                .symlink_metadata()
                .map_or(0, |found| if found.is_file() { found.len() } else { 0 }),
            false => length(path).unwrap_or_default(),
        }
    }
}

/// What is in a folder, in the order of names as bytes, which is that of the repository.
fn children(folder: &Path, stored_as: &Path, is_root: bool) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let names: io::Result<Vec<OsString>> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name()))
        .collect();
    let mut names = names?;
    names.retain(|name| !is_root || name != LOST_AND_FOUND);
    names.sort_unstable();
    Ok(names
        .into_iter()
        .map(|name| (folder.join(&name), stored_as.join(&name)))
        .collect())
}

/// The size of a file or a block device in bytes.
fn length(path: &Path) -> io::Result<u64> {
    File::open(path)?.seek(SeekFrom::End(0))
}
