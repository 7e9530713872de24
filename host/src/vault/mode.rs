//! Types and rights of files as restic stores them: as Go's `io/fs.FileMode` (<https://pkg.go.dev/io/fs#FileMode>).

const DIRECTORY: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;
const DEVICE: u32 = 1 << 26;
const PIPE: u32 = 1 << 25;
const SOCKET: u32 = 1 << 24;
const SET_USER: u32 = 1 << 23;
const SET_GROUP: u32 = 1 << 22;
const CHARACTER_DEVICE: u32 = 1 << 21;
const STICKY: u32 = 1 << 20;
const PERMISSIONS: u32 = 0o777;

/// Rights beyond the nine, as Unix and as Go have them.
const SPECIAL: [(u32, u32); 3] = [(0o4000, SET_USER), (0o2000, SET_GROUP), (0o1000, STICKY)];

/// The mode of `stat(2)` as restic stores it.
pub(super) fn stored(mode: u32) -> u32 {
    let file_type = match mode & 0o170_000 {
        0o040_000 => DIRECTORY,
        0o120_000 => SYMLINK,
        0o060_000 => DEVICE,
        0o020_000 => DEVICE | CHARACTER_DEVICE,
        0o010_000 => PIPE,
        0o140_000 => SOCKET,
        _ => 0,
    };
    let special = SPECIAL.iter().filter(|(unix, _)| mode & unix != 0);
    special.fold(file_type | mode & PERMISSIONS, |stored, (_, go)| stored | go)
}

/// The rights, as `chmod(2)` takes them, that a stored mode has.
pub(super) fn rights(stored: u32) -> u32 {
    let special = SPECIAL.iter().filter(|(_, go)| stored & go != 0);
    special.fold(stored & PERMISSIONS, |mode, (unix, _)| mode | unix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::file(0o100_644, 0o644)]
    #[case::folder(0o040_755, 0x8000_0000 | 0o755)]
    #[case::link(0o120_777, 0x0800_0000 | 0o777)]
    #[case::set_user(0o104_755, 0x0080_0000 | 0o755)]
    #[case::sticky_folder(0o041_777, 0x8010_0000 | 0o777)]
    #[case::character_device(0o020_666, 0x0420_0000 | 0o666)]
    fn modes_are_stored_as_restic_does(#[case] unix: u32, #[case] go: u32) {
        assert_eq!(stored(unix), go);
        assert_eq!(rights(go), unix & 0o7777);
    }
}
