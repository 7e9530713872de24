//! Owner, rights, extended attributes and times of what was restored. What cannot be set is a finding: the contents are
//! there all the same.

use super::folder::Folder;
use crate::vault::copy::SharedFindings;
use crate::vault::mode;
use rustic_core::jiff::Timestamp;
use rustic_core::repofile::Metadata;
use rustix::fs::{
    AtFlags, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags, chmodat, chownat, fchmod, fchown, fsetxattr,
    fstat, futimens, lsetxattr, statat, utimensat,
};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};

/// Set what was stored of an open file or folder. The owner comes first, since a change of it takes away rights; the
/// time comes last.
pub(super) fn set(file: impl AsFd, path: &Path, meta: &Metadata, findings: &SharedFindings) {
    let file = file.as_fd();
    let is_owner =
        || fstat(file).is_ok_and(|now| (Some(now.st_uid), Some(now.st_gid)) == (meta.uid, meta.gid));
    let (uid, gid) = owner(meta);
    if (uid.is_some() || gid.is_some()) && !is_owner() {
        note(fchown(file, uid, gid), path, "owner", findings);
    }
    for attribute in &meta.extended_attributes {
        let value = attribute.value.as_deref().unwrap_or_default();
        let set = fsetxattr(file, attribute.name.as_str(), value, XattrFlags::empty());
        note(set, path, &attribute.name, findings);
    }
    if let Some(stored) = meta.mode {
        note(
            fchmod(file, Mode::from_raw_mode(mode::rights(stored))),
            path,
            "rights",
            findings,
        );
    }
    if let Some(times) = times(meta) {
        note(futimens(file, &times), path, "time", findings);
    }
}

/// The same for what cannot be opened without doing something: a link, a pipe, a device.
pub(super) fn set_special(
    folder: &Folder,
    name: &OsStr,
    meta: &Metadata,
    is_link: bool,
    findings: &SharedFindings,
) {
    let (handle, path) = (&folder.handle, folder.path.join(name));
    let no_follow = AtFlags::SYMLINK_NOFOLLOW;
    let is_owner = || {
        statat(handle, name, no_follow)
            .is_ok_and(|now| (Some(now.st_uid), Some(now.st_gid)) == (meta.uid, meta.gid))
    };
    let (uid, gid) = owner(meta);
    if (uid.is_some() || gid.is_some()) && !is_owner() {
        note(
            chownat(handle, name, uid, gid, no_follow),
            &path,
            "owner",
            findings,
        );
    }
    // There is no call that takes a folder and a name.
    let place: PathBuf = format!("/proc/self/fd/{}", handle.as_raw_fd()).into();
    for attribute in &meta.extended_attributes {
        let value = attribute.value.as_deref().unwrap_or_default();
        let set = lsetxattr(
            place.join(name),
            attribute.name.as_str(),
            value,
            XattrFlags::empty(),
        );
        note(set, &path, &attribute.name, findings);
    }
    // Links have no rights of their own.
    if let Some(stored) = meta.mode.filter(|_| !is_link) {
        let rights = Mode::from_raw_mode(mode::rights(stored));
        note(
            chmodat(handle, name, rights, AtFlags::empty()),
            &path,
            "rights",
            findings,
        );
    }
    if let Some(times) = times(meta) {
        note(
            utimensat(handle, name, &times, no_follow),
            &path,
            "time",
            findings,
        );
    }
}

fn note(result: Result<(), Errno>, path: &Path, what: &str, findings: &SharedFindings) {
    if let Err(error) = result {
        findings.add(path, format!("its {what} cannot be set: {error}"));
    }
}

fn owner(meta: &Metadata) -> (Option<Uid>, Option<Gid>) {
    (meta.uid.map(Uid::from_raw), meta.gid.map(Gid::from_raw))
}

/// The time of the last change, and that of the last access, where they were stored.
fn times(meta: &Metadata) -> Option<Timestamps> {
    let modified = meta.mtime?;
    Some(Timestamps {
        last_access: timespec(meta.atime.unwrap_or(modified)),
        last_modification: timespec(modified),
    })
}

/// A time before 1970 has nanoseconds that count forward, as the system has it.
fn timespec(at: Timestamp) -> Timespec {
    let (seconds, nanoseconds) = (at.as_second(), i64::from(at.subsec_nanosecond()));
    match nanoseconds < 0 {
        true => Timespec {
            tv_sec: seconds.saturating_sub(1),
            tv_nsec: nanoseconds.saturating_add(1_000_000_000),
        },
        false => Timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds,
        },
    }
}
