//! Making one file, folder, link, pipe or device of a snapshot.

use super::attributes;
use super::folder::Folder;
use super::work::{Part, Shared};
use super::write::OpenFile;
use crate::vault::{VaultError, mode};
use rustic_core::DataId;
use rustic_core::repofile::{Node, NodeType};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, linkat, mkdirat, mknodat, openat, symlinkat};
use rustix::io::Errno;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// How many pieces of a file one thread writes: some 16 MiB.
const PIECES: usize = 16;

/// How a folder is opened: never through a link.
const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// What makes the nodes of a tree.
pub(super) struct Maker<'a> {
    pub shared: &'a Shared<'a>,
    /// What is restored into.
    pub root: Arc<Folder>,
    /// Files that have several names, by their numbers: the first name.
    pub links: HashMap<(u64, u64), PathBuf>,
}

impl Maker<'_> {
    /// Make what is no folder.
    pub fn make(
        &mut self,
        folder: &Arc<Folder>,
        node: Node,
        parts: &SyncSender<Part>,
    ) -> Result<(), VaultError> {
        let name = node.name().into_owned();
        let path = folder.path.join(&name);
        if let Some(first) = self.first_name(&node, &path) {
            let linked = linkat(&self.root.handle, &first, &folder.handle, &name, AtFlags::empty());
            self.shared.count_file();
            return linked.map_err(|error| failed(path, error));
        }
        if node.is_file() {
            return self.make_file(folder, node, &name, parts);
        }
        let made = match &node.node_type {
            NodeType::Symlink { .. } => symlinkat(node.node_type.to_link(), &folder.handle, &name),
            other => make_special(folder, &name, &node, other),
        };
        self.shared.count_file();
        match made {
            Ok(()) => {
                let is_link = node.is_symlink();
                attributes::set_special(folder, &name, &node.meta, is_link, &self.shared.findings);
                Ok(())
            }
            // Devices are for those who may make them; a volume seldom needs its old ones.
            Err(Errno::PERM) => {
                self.shared.findings.add(&path, "it cannot be made by this user");
                Ok(())
            }
            Err(error) => Err(failed(path, error)),
        }
    }

    /// The name that a file has already.
    fn first_name(&mut self, node: &Node, path: &std::path::Path) -> Option<PathBuf> {
        let meta = &node.meta;
        if meta.links < 2 || meta.inode == 0 {
            return None;
        }
        let key = (meta.device_id, meta.inode);
        let known = self.links.get(&key).cloned();
        if known.is_none() {
            self.links.insert(key, path.to_owned());
        }
        known
    }

    fn make_file(
        &self,
        folder: &Arc<Folder>,
        node: Node,
        name: &OsStr,
        parts: &SyncSender<Part>,
    ) -> Result<(), VaultError> {
        let path = folder.path.join(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(&folder.handle, name, flags, Mode::RUSR | Mode::WUSR);
        let file = File::from(opened.map_err(|error| failed(path.clone(), error))?);
        let (contents, size) = contents(self.shared, &node)?;
        if size > 0 {
            file.set_len(size).map_err(|source| VaultError::File {
                path: path.clone(),
                source,
            })?;
        }
        let file = Arc::new(OpenFile {
            file,
            path,
            place: Some((node.meta, Arc::clone(folder))),
            was_used: false,
        });
        send(self.shared, file, &contents, parts);
        Ok(())
    }
}

/// The pieces of a file, where each begins, and the size of all.
pub(super) fn contents(shared: &Shared<'_>, node: &Node) -> Result<(Vec<(DataId, u64)>, u64), VaultError> {
    let (mut contents, mut size) = (Vec::new(), 0_u64);
    for id in node.content.iter().flatten() {
        let entry = shared.repository.get_index_entry(id);
        let entry =
            entry.map_err(|_| VaultError::Damaged(format!("the data {id} of '{}' is missing", node.name)))?;
        contents.push((*id, size));
        size = size.saturating_add(u64::from(entry.location.data_length()));
    }
    Ok((contents, size))
}

/// Have the contents of a file written.
pub(super) fn send(
    shared: &Shared<'_>,
    file: Arc<OpenFile>,
    contents: &[(DataId, u64)],
    parts: &SyncSender<Part>,
) {
    for pieces in contents.chunks(PIECES) {
        let part = Part {
            file: Arc::clone(&file),
            contents: pieces.to_vec(),
        };
        // Nobody takes it when all threads have failed, which is told where they end.
        let _ = parts.send(part);
    }
    OpenFile::release(file, shared);
}

/// Make a folder and enter it.
pub(super) fn make_folder(parent: &Arc<Folder>, node: &Node) -> Result<Folder, VaultError> {
    let name = node.name().into_owned();
    let path = parent.path.join(&name);
    let handle = mkdirat(&parent.handle, &name, Mode::RWXU)
        .and_then(|()| openat(&parent.handle, &name, FOLDER, Mode::empty()))
        .map_err(|error| failed(path.clone(), error))?;
    Ok(Folder {
        handle,
        path,
        meta: node.meta.clone(),
        parent: Some(Arc::clone(parent)),
    })
}

fn make_special(folder: &Folder, name: &OsStr, node: &Node, kind: &NodeType) -> Result<(), Errno> {
    let (kind, device) = match kind {
        NodeType::Dev { device } => (FileType::BlockDevice, *device),
        NodeType::Chardev { device } => (FileType::CharacterDevice, *device),
        NodeType::Socket => (FileType::Socket, 0),
        _ => (FileType::Fifo, 0),
    };
    let rights = Mode::from_raw_mode(mode::rights(node.meta.mode.unwrap_or(0o600)));
    mknodat(&folder.handle, name, kind, rights, device)
}

/// What the disk said about `path`.
pub(super) fn failed(path: PathBuf, error: Errno) -> VaultError {
    VaultError::File {
        path,
        source: error.into(),
    }
}
