//! Where a snapshot is restored to.

use super::LOST_AND_FOUND;
use super::folder::Folder;
use super::node::{Maker, contents, failed, send};
use super::walk::make_tree;
use super::work::Shared;
use super::write::OpenFile;
use crate::vault::VaultError;
use rustic_core::repofile::{Metadata, Node};
use rustix::fs::{CWD, Mode, OFlags, openat, syncfs};
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Restore `node`, a folder or a file, into the folder `path`.
pub(super) fn restore_folder(shared: &Shared<'_>, node: Node, path: &Path) -> Result<(), VaultError> {
    let root = Arc::new(Folder {
        handle: open_empty(path)?,
        path: PathBuf::new(),
        meta: match node.is_dir() {
            true => node.meta.clone(),
            false => Metadata::default(),
        },
        parent: None,
    });
    let mut maker = Maker {
        shared,
        root: Arc::clone(&root),
        links: HashMap::new(),
    };
    shared.run(|parts| match (node.is_dir(), node.subtree) {
        (true, Some(tree)) => make_tree(&mut maker, tree, parts),
        _ => maker.make(&root, node, parts),
    })?;
    drop(maker);
    let handle = root.handle.try_clone();
    Folder::release(root, &shared.findings);
    handle
        .and_then(|handle| Ok(syncfs(handle)?))
        .map_err(|source| VaultError::File {
            path: path.to_owned(),
            source,
        })
}

/// Restore the contents of `node`, a file, onto the device or file `path`.
pub(super) fn restore_device(shared: &Shared<'_>, node: Node, path: &Path) -> Result<(), VaultError> {
    if !node.is_file() {
        let message = "the snapshot holds a folder: restore it into a folder rather than onto a device";
        return Err(VaultError::Invalid(message.to_owned()));
    }
    let at = |source: io::Error| VaultError::File {
        path: path.to_owned(),
        source,
    };
    let (contents, size) = contents(shared, &node)?;
    let mut options = OpenOptions::new();
    let mut file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(at)?;
    let is_device = file.metadata().map_err(at)?.file_type().is_block_device();
    if is_device {
        let room = file.seek(SeekFrom::End(0)).map_err(at)?;
        if room < size {
            let message = format!("it has {room} bytes, and the snapshot {size}");
            return Err(at(io::Error::other(message)));
        }
    } else {
        file.set_len(0).and_then(|()| file.set_len(size)).map_err(at)?;
    }
    let synced = file.try_clone().map_err(at)?;
    let file = Arc::new(OpenFile {
        file,
        path: path.to_owned(),
        place: None,
        was_used: is_device,
    });
    shared.run(|parts| {
        send(shared, file, &contents, parts);
        Ok(())
    })?;
    synced.sync_all().map_err(at)
}

/// Open a folder that is empty, or make it. What a file system makes for itself does not count.
fn open_empty(path: &Path) -> Result<std::os::fd::OwnedFd, VaultError> {
    let at = |source: io::Error| VaultError::File {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(path).map_err(at)?;
    for entry in fs::read_dir(path).map_err(at)? {
        if entry.map_err(at)?.file_name() != LOST_AND_FOUND {
            return Err(VaultError::NotEmpty(path.to_owned()));
        }
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).map_err(|error| failed(path.to_owned(), error))
}
