//! What is stored of a file beside its contents.
//!
//! Neither the inode nor the times of change and access are stored: they are new in a volume that was made from a
//! snapshot, and nothing can restore them. Without them an unchanged folder is the same to the byte, and is stored once.
//! Names of users and groups are not stored either: those of the pod that copies say nothing about those of the volume.

use crate::vault::mode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustic_core::jiff::Timestamp;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustix::fs::{lgetxattr, llistxattr};
use rustix::io::Errno;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// The device of all files that have several names: a volume is one.
const DEVICE: u64 = 1;

/// Numbers for files that have several names, in the order in which they are met: the same for the same tree, whatever
/// inodes its files have.
#[derive(Debug, Default)]
pub(super) struct HardLinks(HashMap<(u64, u64), u64>);

impl HardLinks {
    fn number(&mut self, file: &std::fs::Metadata) -> u64 {
        let next = u64::try_from(self.0.len()).unwrap_or(u64::MAX).saturating_add(1);
        *self.0.entry((file.dev(), file.ino())).or_insert(next)
    }
}

/// The node of the file at `path`, which is called `name` in the repository.
pub(super) fn of_file(
    name: &OsStr,
    path: &Path,
    file: &std::fs::Metadata,
    links: &mut HardLinks,
) -> io::Result<Node> {
    let is_folder = file.is_dir();
    let has_links = !is_folder && file.nlink() > 1;
    let meta = Metadata {
        mode: Some(mode::stored(file.mode())),
        mtime: changed_at(file),
        uid: Some(file.uid()),
        gid: Some(file.gid()),
        size: if file.is_file() { file.len() } else { 0 },
        inode: if has_links { links.number(file) } else { 0 },
        device_id: if has_links { DEVICE } else { 0 },
        links: if has_links {
            file.nlink()
        } else {
            u64::from(!is_folder)
        },
        ..with_times(changed_at(file))
    };
    let mut node = Node::new_node(name, node_type(path, file)?, meta);
    let attributes = extended_attributes(path)?;
    if !attributes.is_empty() {
        // The library's type has no name for us, and the form in which it is stored.
        let pairs = attributes.iter();
        let stored: Vec<Value> = pairs
            .map(|(name, value)| json!({"name": name, "value": STANDARD.encode(value)}))
            .collect();
        node.meta.extended_attributes = serde_json::from_value(Value::Array(stored))?;
    }
    Ok(node)
}

/// The node of a file that holds `size` bytes, of which nothing else is known.
pub(super) fn of_bytes(name: &OsStr, size: u64, now: Timestamp) -> Node {
    let meta = Metadata {
        mode: Some(0o600),
        uid: Some(0),
        gid: Some(0),
        size,
        links: 1,
        ..with_times(Some(now))
    };
    Node::new_node(name, NodeType::File, meta)
}

/// All times as that of the last change of the contents, as the library does when it is told not to store them.
fn with_times(time: Option<Timestamp>) -> Metadata {
    Metadata {
        mtime: time,
        atime: time,
        ctime: time,
        ..Metadata::default()
    }
}

fn changed_at(file: &std::fs::Metadata) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(file.mtime_nsec()).ok()?;
    Timestamp::new(file.mtime(), nanoseconds).ok()
}

fn node_type(path: &Path, file: &std::fs::Metadata) -> io::Result<NodeType> {
    let file_type = file.file_type();
    let device = file.rdev();
    Ok(if file_type.is_dir() {
        NodeType::Dir
    } else if file_type.is_symlink() {
        NodeType::from_link(&std::fs::read_link(path)?)
    } else if file_type.is_block_device() {
        NodeType::Dev { device }
    } else if file_type.is_char_device() {
        NodeType::Chardev { device }
    } else if file_type.is_fifo() {
        NodeType::Fifo
    } else if file_type.is_socket() {
        NodeType::Socket
    } else {
        NodeType::File
    })
}

/// The extended attributes of a file, access control lists among them; none where the file system has no such thing.
fn extended_attributes(path: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let names = match grown(|buffer| llistxattr(path, buffer)) {
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        other => other?,
    };
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let read = |name: &[u8]| {
        let value = grown(|buffer| lgetxattr(path, name, buffer))?;
        let name = std::str::from_utf8(name).map_err(|_| {
            let shown = String::from_utf8_lossy(name);
            io::Error::other(format!(
                "the name of its extended attribute '{shown}' is no UTF-8"
            ))
        })?;
        Ok((name.to_owned(), value))
    };
    names.map(read).collect()
}

/// What a call writes into a buffer that is large enough for it.
fn grown(call: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; 256];
    loop {
        match call(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            // The kernel allows 64 KiB for a value and for a list of names.
            Err(Errno::RANGE) if buffer.len() < 1 << 20 => buffer.resize(buffer.len().saturating_mul(8), 0),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(names: &[&str], folder: &Path) -> Vec<Node> {
        let mut links = HardLinks::default();
        let node = |name: &&str| {
            let path = folder.join(name);
            of_file(
                OsStr::new(name),
                &path,
                &path.symlink_metadata().unwrap(),
                &mut links,
            )
            .unwrap()
        };
        names.iter().map(node).collect()
    }

    #[test]
    fn a_copy_of_a_file_is_stored_as_the_file_is() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in [&one, &other] {
            let (file, time) = (folder.path().join("a"), std::time::UNIX_EPOCH);
            std::fs::write(&file, "text").unwrap();
            std::fs::hard_link(&file, folder.path().join("b")).unwrap();
            std::fs::File::open(&file).unwrap().set_modified(time).unwrap();
        }
        let (one, other) = (nodes(&["a", "b"], one.path()), nodes(&["a", "b"], other.path()));
        assert_eq!(one, other);
        assert!(
            one[0].meta.inode != 0 && one[0].meta.inode == one[1].meta.inode,
            "they are one file"
        );
    }

    #[test]
    fn extended_attributes_are_stored_where_there_are_some() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "").unwrap();
        let value = vec![7_u8; 3000];
        let set = rustix::fs::lsetxattr(&file, "user.lazarette", &value, rustix::fs::XattrFlags::empty());
        if set == Err(Errno::NOTSUP) {
            eprintln!("the file system of the temporary folder has no extended attributes");
            return;
        }
        let stored = serde_json::to_value(&nodes(&["a"], folder.path())[0]).unwrap();
        assert_eq!(
            stored["extended_attributes"],
            json!([{"name": "user.lazarette", "value": STANDARD.encode(value)}])
        );
    }
}
