//! Folders to copy, and what is in folders.

use lazarette_tests::counts::Chance;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

/// Bytes that do not compress.
pub fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut chance = Chance::new(seed);
    let words = std::iter::repeat_with(|| chance.below(u64::MAX).to_le_bytes());
    words.flatten().take(size).collect()
}

/// A folder with files in folders, names that are no words, links, a pipe, and a file with a hole.
pub fn make(folder: &Path) {
    for number in 0..30_u64 {
        let file = folder.join(format!("folder-{}/file-{number}", number % 4));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, noise(20_000, number)).unwrap();
    }
    fs::write(folder.join("ein Name mit \"Zeichen\"\\ und ü"), "text").unwrap();
    fs::write(folder.join("large"), noise(6_000_000, 99)).unwrap();
    fs::File::create(folder.join("hole"))
        .unwrap()
        .set_len(5 << 20)
        .unwrap();
    symlink("folder-1/file-1", folder.join("link")).unwrap();
    fs::hard_link(folder.join("folder-2/file-2"), folder.join("folder-3/same")).unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o2750);
    fs::set_permissions(folder.join("folder-1"), private).unwrap();
}

/// What is below a folder: modes, owners, times of change and contents.
pub fn describe(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(path) = pending.pop() {
        let at = folder.join(&path);
        let meta = at.symlink_metadata().unwrap();
        let content = if meta.is_dir() {
            pending.extend(
                fs::read_dir(&at)
                    .unwrap()
                    .map(|entry| path.join(entry.unwrap().file_name())),
            );
            String::new()
        } else if meta.is_symlink() {
            fs::read_link(&at).unwrap().display().to_string()
        } else {
            hex::encode(<sha2::Sha256 as sha2::Digest>::digest(fs::read(&at).unwrap()))
        };
        let described = format!(
            "{:o} {}:{} {}.{} {} {content}",
            meta.mode(),
            meta.uid(),
            meta.gid(),
            meta.mtime(),
            meta.mtime_nsec(),
            if meta.is_dir() { 0 } else { meta.nlink() },
        );
        found.insert(path, described);
    }
    found
}
