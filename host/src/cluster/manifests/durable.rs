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

/// Remove a file for good.
pub(super) fn remove(path: &Path) -> io::Result<()> {
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
