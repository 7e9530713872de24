//! Folders outside the tree with what takes long to make: made once, under a key of what they are made from.

use crate::servers;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Says that a folder is whole.
const DONE: &str = ".done";

/// The folder `NAME-KEY`, with what `make` has put into it, where the key is a digest of `from`. Several test processes
/// want it at once: one makes it, the others wait.
///
/// # Panics
/// When it cannot be made.
pub fn folder(name: &str, from: &[u8], make: impl FnOnce(&Path)) -> PathBuf {
    let key = &hex::encode(Sha256::digest(from))[..12];
    let folder = servers::cache().join(format!("{name}-{key}"));
    if folder.join(DONE).is_file() {
        return folder;
    }
    fs::create_dir_all(servers::cache()).expect("a folder for what is kept");
    let lock = File::create(folder.with_extension("lock")).expect("a lock");
    lock.lock().expect("a lock");
    if !folder.join(DONE).is_file() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for what is kept");
        make(&folder);
        File::create(folder.join(DONE)).expect("a mark");
    }
    folder
}
