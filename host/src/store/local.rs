//! A folder as store.
//!
//! A file is written to a temporary one in the same folder, made durable, and given its name with `link(2)`, which
//! fails when the name is taken: so that a file is whole or absent, whatever happens, and of two writers one wins.
//! Files belong to their owner alone (mode 0600): a backup holds Secrets.

use super::{Entry, Store, StoreError, Upload, key};
use async_trait::async_trait;
use bytes::Bytes;
use std::cell::RefCell;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;

/// How the names of temporary files begin. Keys cannot begin so.
const TEMPORARY_PREFIX: &str = ".lazarette-";
/// How the names of temporary files end.
const TEMPORARY_SUFFIX: &str = ".partial";
/// How often a folder is made again that another process, deleting the last file in it, removed.
const FOLDER_ATTEMPTS: usize = 10;

/// A folder as store.
#[derive(Clone, Debug)]
pub struct LocalStore {
    root: PathBuf,
    address: String,
}

impl LocalStore {
    /// The store in the folder `path`, which a relative path names as seen from the current folder; also in the form
    /// that a URL has behind `file:`, `///srv/backups`.
    pub fn new(path: &str) -> Result<Self, StoreError> {
        let address = format!("file:{path}");
        let path = match path.strip_prefix("//") {
            Some(rest) if rest.starts_with('/') => rest,
            Some(_) => {
                return Err(StoreError::Invalid(format!(
                    "'{address}' names a host: expected file:PATH or file:///PATH"
                )));
            }
            None => path,
        };
        let root = std::path::absolute(path).map_err(|source| failed(&address, source))?;
        Ok(LocalStore { root, address })
    }

    /// Where the file of `key` lies.
    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        key::check(key)?;
        Ok(self.root.join(key))
    }

    /// [`StoreError::Absent`] when the folder is not there.
    fn check_present(&self) -> Result<(), StoreError> {
        match self.root.is_dir() {
            true => Ok(()),
            false => Err(StoreError::Absent {
                address: self.address.clone(),
            }),
        }
    }

    /// Do `work`, which waits for the disk, where it holds up nobody.
    async fn blocking<T: Send + 'static>(
        &self,
        key: &str,
        work: impl FnOnce(&LocalStore, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (store, owned) = (self.clone(), key.to_owned());
        match tokio::task::spawn_blocking(move || work(&store, &owned)).await {
            Ok(result) => result,
            Err(panicked) => Err(failed(key, io::Error::other(panicked))),
        }
    }

    fn upload_blocking(&self, key: &str) -> Result<LocalUpload, StoreError> {
        let path = self.path(key)?;
        let file = begin(&path).map_err(|source| failed(key, source))?;
        Ok(LocalUpload {
            store: self.clone(),
            key: key.to_owned(),
            path,
            file: Arc::new(file),
            torn: false,
        })
    }

    fn read_blocking(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        let path = self.path(key)?;
        let open = || {
            // Before it is opened: whoever opens a pipe waits for its writer.
            if !fs::metadata(&path)?.is_file() {
                return Err(ErrorKind::IsADirectory.into());
            }
            let file = File::open(&path)?;
            let end = file.metadata()?.len();
            Ok((file, end))
        };
        let (file, end) = match open() {
            Err(error) if is_absent(&error) => {
                self.check_present()?;
                return Err(StoreError::NotFound { key: key.to_owned() });
            }
            other => other.map_err(|source| failed(key, source))?,
        };
        let range = range.unwrap_or(0..end);
        if range.start > range.end || range.end > end {
            return Err(StoreError::Range { key: key.to_owned() });
        }
        let length = usize::try_from(range.end - range.start)
            .map_err(|_| failed(key, io::Error::from(ErrorKind::OutOfMemory)))?;
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, range.start)
            .map_err(|source| failed(key, source))?;
        Ok(bytes.into())
    }

    fn size_blocking(&self, key: &str) -> Result<Option<u64>, StoreError> {
        match fs::metadata(self.path(key)?) {
            Ok(found) => Ok(found.is_file().then_some(found.len())),
            Err(error) if is_absent(&error) => self.check_present().map(|()| None),
            Err(source) => Err(failed(key, source)),
        }
    }

    /// The files below `prefix`, and why folders below it cannot be read.
    fn list_blocking(&self, prefix: &str) -> Result<(Vec<Entry>, Vec<StoreError>), StoreError> {
        self.check_present()?;
        let folder = prefix.rsplit_once('/').map(|(folder, _)| folder);
        let start = folder.map_or(Ok(self.root.clone()), |folder| self.path(folder))?;
        let (mut entries, unreadable) = (Vec::new(), RefCell::new(Vec::new()));
        let key_of = |path: &Path| {
            path.strip_prefix(&self.root)
                .ok()
                .and_then(Path::to_str)
                .map(str::to_owned)
        };
        let note = |folder: &Path, source| {
            let key = key_of(folder).unwrap_or_else(|| folder.to_string_lossy().into_owned());
            let error = failed(&key, source);
            if folder == start {
                return Err(error);
            }
            if key.starts_with(prefix) {
                unreadable.borrow_mut().push(error);
            }
            Ok(())
        };
        walk(&start, &note, &mut |path, size| {
            if let Some(key) = key_of(path).filter(|key| key.starts_with(prefix) && key::check(key).is_ok()) {
                entries.push(Entry { key, size });
            }
        })?;
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        Ok((entries, unreadable.into_inner()))
    }

    fn delete_blocking(&self, key: &str) -> Result<(), StoreError> {
        let path = self.path(key)?;
        match fs::remove_file(&path) {
            Err(error) if is_absent(&error) => return Ok(()),
            other => other.map_err(|source| failed(key, source))?,
        }
        let mut folder = path.parent();
        while let Some(current) = folder.filter(|current| current.starts_with(&self.root)) {
            sync_folder(current).map_err(|source| failed(key, source))?;
            // A folder that is not empty stays, and so does one that somebody else removed.
            if current == self.root || fs::remove_dir(current).is_err() {
                break;
            }
            folder = current.parent();
        }
        Ok(())
    }

    fn remove_abandoned_blocking(&self, older_than: Duration) -> Result<u64, StoreError> {
        self.check_present()?;
        let mut stale = Vec::new();
        // Where we may not look, such as in `lost+found`, we have left nothing.
        walk(&self.root, &|_, _| Ok(()), &mut |path, _| {
            if is_temporary(path) && is_abandoned(path, older_than) {
                stale.push(path.to_owned());
            }
        })?;
        let mut removed = 0;
        for path in stale {
            match fs::remove_file(&path) {
                Ok(()) => removed += 1,
                Err(error) if is_absent(&error) => {}
                Err(source) => return Err(failed(&path.to_string_lossy(), source)),
            }
        }
        Ok(removed)
    }
}

#[async_trait]
impl Store for LocalStore {
    fn address(&self) -> String {
        self.address.clone()
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        self.blocking(key, move |store, key| {
            let path = store.path(key)?;
            let mut file = begin(&path).map_err(|source| failed(key, source))?;
            file.write_all(&bytes).map_err(|source| failed(key, source))?;
            publish(file, &path, key)
        })
        .await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, StoreError> {
        Ok(Box::new(self.blocking(key, LocalStore::upload_blocking).await?))
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        self.blocking(key, |store, key| store.read_blocking(key, range))
            .await
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.blocking(key, LocalStore::size_blocking).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        let (entries, unreadable) = self.list_readable(prefix).await?;
        match unreadable.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(entries),
        }
    }

    async fn list_readable(&self, prefix: &str) -> Result<(Vec<Entry>, Vec<StoreError>), StoreError> {
        self.blocking(prefix, LocalStore::list_blocking).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.blocking(key, LocalStore::delete_blocking).await
    }

    async fn remove_abandoned(&self, older_than: Duration) -> Result<u64, StoreError> {
        self.blocking("", move |store, _| store.remove_abandoned_blocking(older_than))
            .await
    }
}

/// A file under its temporary name, which goes when this is dropped.
struct LocalUpload {
    store: LocalStore,
    key: String,
    path: PathBuf,
    file: Arc<NamedTempFile>,
    /// Whether a write failed or was given up half way, so that nobody knows what the file holds.
    torn: bool,
}

#[async_trait]
impl Upload for LocalUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let file = Arc::clone(&self.file);
        let torn = std::mem::replace(&mut self.torn, true);
        self.store
            .blocking(&self.key, move |_, key| {
                file.as_file()
                    .write_all(&bytes)
                    .map_err(|source| failed(key, source))
            })
            .await?;
        self.torn = torn;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let LocalUpload {
            store,
            key,
            path,
            file,
            torn,
        } = *self;
        let whole = Arc::try_unwrap(file).ok().filter(|_| !torn);
        let file =
            whole.ok_or_else(|| failed(&key, io::Error::other("an earlier write did not end well")))?;
        store
            .blocking(&key, move |_, key| publish(file, &path, key))
            .await
    }
}

/// A temporary file beside `path`, locked for as long as its writer lives.
fn begin(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(path);
    let mut attempts = 0;
    loop {
        create_folder(folder)?;
        match tempfile::Builder::new()
            .prefix(TEMPORARY_PREFIX)
            .suffix(TEMPORARY_SUFFIX)
            .tempfile_in(folder)
        {
            Err(error) if is_absent(&error) && attempts < FOLDER_ATTEMPTS => attempts += 1,
            Err(error) => return Err(error),
            Ok(file) => {
                // Where the file system has no locks, cleaning up goes by age alone.
                let _ = file.as_file().try_lock();
                return Ok(file);
            }
        }
    }
}

/// Give a temporary file its name, durably, unless the name is taken.
fn publish(file: NamedTempFile, path: &Path, key: &str) -> Result<(), StoreError> {
    let fail = |source| failed(key, source);
    file.as_file().sync_all().map_err(fail)?;
    match fs::hard_link(file.path(), path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(StoreError::Exists { key: key.to_owned() });
        }
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            return Err(fail(io::Error::new(
                error.kind(),
                format!("{error} (a store needs a file system with hard links)"),
            )));
        }
        Err(error) => return Err(fail(error)),
    }
    drop(file);
    sync_folder(path.parent().unwrap_or(path)).map_err(fail)
}

/// Make a folder and those above it, so that they are there after a loss of power.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(folder);
    if parent != folder {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(parent),
    }
}

/// Make the names in a folder durable. One that is gone has none.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if is_absent(&error) => Ok(()),
        other => other,
    }
}

/// Call `visit` with path and size of every file below `folder`, and `unreadable` for every folder that cannot be read.
/// What is removed meanwhile is left out, and so are symbolic links, which could lead in circles.
fn walk(
    folder: &Path,
    unreadable: &dyn Fn(&Path, io::Error) -> Result<(), StoreError>,
    visit: &mut dyn FnMut(&Path, u64),
) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Err(error) if is_absent(&error) => return Ok(()),
        Err(error) => return unreadable(folder, error),
        Ok(entries) => entries,
    };
    for entry in entries {
        match entry.metadata() {
            Ok(found) if found.is_dir() => walk(&entry.path(), unreadable, visit)?,
            Ok(found) if found.is_file() => visit(&entry.path(), found.len()),
            Err(error) if !is_absent(&error) => unreadable(&entry.path(), error)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a file is one that [`begin`] made.
fn is_temporary(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
}

/// Whether nobody holds the lock of a temporary file and nothing was written to it for `older_than`.
fn is_abandoned(path: &Path, older_than: Duration) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let modified = file.metadata().and_then(|found| found.modified());
    let age = modified
        .ok()
        .and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age >= older_than) && !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Whether the system says that there is no such file. Folders are none, and nothing is below a file.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

fn failed(key: &str, source: io::Error) -> StoreError {
    StoreError::Io {
        key: key.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
