//! Files that are written whole or not at all, and that are on the disk when the call returns.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What temporary files begin with: a dot, so that one that a crash has left is not taken for a manifest.
const TEMPORARY_PREFIX: &str = ".lazarette-";

/// Write a file that is not there yet, with the folders above it. An error of the kind `AlreadyExists` when it is there.
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    create_folders(folder)?;
    // As for every new file, the umask of the process takes away from these.
    let file = write_temporary(folder, text, Permissions::from_mode(0o666))?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync(folder)
}

/// Put `text` in the place of the file's content.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    let folder = path.parent().unwrap_or(Path::new("/"));
    let file = write_temporary(folder, text, permissions.clone())?;
    file.as_file().set_permissions(permissions)?;
    file.persist(&path).map_err(|error| error.error)?;
    sync(folder)
}

/// Remove a file for good; of a link also what it leads to, which would be read again otherwise.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    if path.is_symlink() {
        remove(&fs::canonicalize(path)?)?;
    }
    fs::remove_file(path)?;
    sync(path.parent().unwrap_or(Path::new("")))
}

fn write_temporary(
    folder: &Path,
    text: &str,
    permissions: Permissions,
) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .permissions(permissions)
        .tempfile_in(if folder == Path::new("") {
            Path::new(".")
        } else {
            folder
        })?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn create_folders(folder: &Path) -> io::Result<()> {
    if folder == Path::new("") || folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(Path::new(""));
    create_folders(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync(above),
    }
}

/// Wait until the names in `folder` are on the disk.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(if folder == Path::new("") {
        Path::new(".")
    } else {
        folder
    })?
    .sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_stays_a_link_until_it_goes_with_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        create(&target, "1").unwrap();
        fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
        symlink(&target, &link).unwrap();
        replace(&link, "2").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "2");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        remove(&link).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_there_is_not_overwritten_by_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        create(&path, "1").unwrap();
        assert_eq!(
            create(&path, "2").unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "1");
    }
}
