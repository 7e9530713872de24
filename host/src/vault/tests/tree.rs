//! What is in a folder, so that two can be compared; and folders that proptest makes up.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// What can be restored of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Described {
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    content: Vec<u8>,
    attribute: Option<Vec<u8>>,
    /// The first file of the folder that is the same one.
    same_as: Option<PathBuf>,
}

/// All that is below a folder, with the folder itself, but for the time of links, which not every system sets.
pub fn describe(folder: &Path) -> BTreeMap<PathBuf, Described> {
    let (mut found, mut known) = (BTreeMap::new(), BTreeMap::new());
    let mut pending = vec![PathBuf::new()];
    let mut paths = Vec::new();
    while let Some(path) = pending.pop() {
        let at = folder.join(&path);
        if at.symlink_metadata().unwrap().is_dir() {
            pending.extend(
                fs::read_dir(&at)
                    .unwrap()
                    .map(|entry| path.join(entry.unwrap().file_name())),
            );
        }
        paths.push(path);
    }
    paths.sort();
    for path in paths {
        let at = folder.join(&path);
        let meta = at.symlink_metadata().unwrap();
        let kind = meta.file_type();
        let content = match () {
            () if kind.is_file() => fs::read(&at).unwrap(),
            () if kind.is_symlink() => fs::read_link(&at).unwrap().into_os_string().into_vec(),
            () => Vec::new(),
        };
        let mut value = vec![0; 1 << 16];
        let attribute = rustix::fs::lgetxattr(&at, "user.test", &mut value[..]).ok();
        let same_as = match meta.nlink() {
            links if links > 1 && !kind.is_dir() => {
                Some(known.entry(meta.ino()).or_insert(path.clone()).clone())
            }
            _ => None,
        };
        let described = Described {
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            modified: (meta.mtime(), meta.mtime_nsec()),
            content,
            attribute: attribute.map(|length| value[..length].to_vec()),
            same_as,
        };
        assert!(!kind.is_block_device());
        found.insert(path, described);
    }
    found
}

/// Something to make in a folder.
#[derive(Clone, Debug)]
pub enum Made {
    Folder {
        mode: u32,
    },
    File {
        size: usize,
        seed: u8,
        holes: bool,
        mode: u32,
    },
    Symlink(Vec<u8>),
    HardLink(usize),
    Pipe,
}

pub fn entries() -> impl Strategy<Value = Vec<(Vec<u8>, usize, Made)>> {
    let name = prop_oneof![
        4 => "[a-c]{1,2}".prop_map(String::into_bytes),
        1 => "[ -~&&[^/.]]{1,12}".prop_map(String::into_bytes),
        1 => prop::collection::vec((1_u8..).prop_filter("a separator", |byte| !b"/.".contains(byte)), 1..8),
        1 => Just(vec![b'n'; 255]),
    ];
    let mode = prop_oneof![
        Just(0o755_u32),
        Just(0o700),
        Just(0o1777),
        Just(0o2750),
        Just(0o400),
        Just(0o4711)
    ];
    let made = prop_oneof![
        2 => mode.clone().prop_map(|mode| Made::Folder { mode: mode | 0o700 }),
        4 => (0_usize..20_000, any::<u8>(), any::<bool>(), mode.clone())
            .prop_map(|(size, seed, holes, mode)| Made::File { size, seed, holes, mode }),
        1 => (500_000_usize..3_000_000, any::<u8>(), any::<bool>(), mode)
            .prop_map(|(size, seed, holes, mode)| Made::File { size, seed, holes, mode }),
        1 => prop::collection::vec(1_u8.., 1..20).prop_map(Made::Symlink),
        1 => any::<usize>().prop_map(Made::HardLink),
        1 => Just(Made::Pipe),
    ];
    prop::collection::vec((name, any::<usize>(), made), 0..16)
}

/// Make entries in the folder: each in one of the folders that are there by then. Names that are taken are left out.
pub fn make(root: &Path, entries: &[(Vec<u8>, usize, Made)]) {
    let (mut folders, mut files) = (vec![root.to_owned()], Vec::<PathBuf>::new());
    let mut set = Vec::new();
    for (number, (name, place, made)) in entries.iter().enumerate() {
        let path = folders[place % folders.len()].join(std::ffi::OsString::from_vec(name.clone()));
        if path.symlink_metadata().is_ok() {
            continue;
        }
        match made {
            Made::Folder { mode } => {
                fs::create_dir(&path).unwrap();
                folders.push(path.clone());
                set.push((path, Some(*mode), number));
            }
            Made::File {
                size,
                seed,
                holes,
                mode,
            } => {
                fs::write(&path, content(*size, *seed, *holes)).unwrap();
                let _ =
                    rustix::fs::setxattr(&path, "user.test", &[*seed; 300], rustix::fs::XattrFlags::empty());
                files.push(path.clone());
                set.push((path, Some(*mode), number));
            }
            Made::Symlink(target) => symlink(std::ffi::OsString::from_vec(target.clone()), &path).unwrap(),
            Made::HardLink(of) if !files.is_empty() => {
                fs::hard_link(&files[of % files.len()], &path).unwrap();
            }
            Made::HardLink(_) => {}
            Made::Pipe => rustix::fs::mknodat(
                rustix::fs::CWD,
                &path,
                rustix::fs::FileType::Fifo,
                rustix::fs::Mode::from_raw_mode(0o620),
                0,
            )
            .unwrap(),
        }
    }
    set.push((root.to_owned(), Some(0o750), 1_000));
    for (path, mode, number) in set.into_iter().rev() {
        let open = File::open(&path).unwrap();
        if let Some(mode) = mode {
            open.set_permissions(fs::Permissions::from_mode(mode)).unwrap();
        }
        let time = UNIX_EPOCH + Duration::new(1_000_000_000 + number as u64, 123_456_789);
        open.set_modified(time).unwrap();
    }
}

/// Bytes that do not compress, or among which there are long runs of zeros.
pub fn content(size: usize, seed: u8, holes: bool) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let byte = |at: usize| if holes && at / 10_000 % 2 == 1 { 0 } else { next() };
    (0..size).map(byte).collect()
}
