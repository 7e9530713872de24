//! Compiled plugins, kept in a private folder of the user.
//!
//! Compiled code is native code: who can write an entry can run anything as this user. So an entry is used only if the
//! folder and the entry belong to this user, nobody else can write them, and the entry has the digest that stands in
//! front of it. Anything else is compiled again and written anew.

use super::aot;
use rustix::fs::{Mode, OFlags};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use wasmtime::component::Component;
use wasmtime::{Engine, Result};

/// Length of the digest in front of each entry.
const DIGEST: usize = 32;

/// The cache, or none where there is no place for one.
#[derive(Debug)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// A cache in `folder`, which is made if need be; none where it cannot be private.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let private = folder.filter(|folder| match make_private(folder) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!("compiled plugins are not kept: {}: {error}", folder.display());
                false
            }
        });
        Cache { folder: private }
    }

    /// The component of these bytes: from the cache, or compiled now and kept.
    pub fn component(&self, engine: &Engine, bytes: &[u8]) -> Result<Component> {
        let Some(folder) = &self.folder else {
            return Component::from_binary(engine, bytes);
        };
        let entry = folder.join(format!("{}.compiled", key(engine, bytes)));
        if let Some(compiled) = read(&entry)
            && let Ok(component) = aot::load(engine, &compiled)
        {
            return Ok(component);
        }
        let compiled = engine.precompile_component(bytes)?;
        if let Err(error) = write(folder, &entry, &compiled) {
            tracing::warn!("a compiled plugin was not kept: {}: {error}", entry.display());
        }
        aot::load(engine, &aot::Trusted::compiled_here(compiled))
    }
}

/// Everything that compiled code depends on: the component, the engine's settings and version, this host.
fn key(engine: &Engine, bytes: &[u8]) -> String {
    let mut hasher = Sha256Hasher(Sha256::new());
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.update(bytes);
    hex::encode(hasher.0.finalize())
}

/// What is to be hashed, hashed by SHA-256: the standard hasher may differ from one release to the next.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let folder = std::fs::symlink_metadata(folder)?;
    if folder.is_dir() && is_private(&folder) {
        return Ok(());
    }
    Err(std::io::Error::other(
        "it must be a folder of this user that nobody else can write to",
    ))
}

fn is_private(file: &std::fs::Metadata) -> bool {
    file.uid() == rustix::process::geteuid().as_raw() && file.permissions().mode() & 0o022 == 0
}

/// The entry, if it is ours and whole.
fn read(entry: &Path) -> Option<aot::Trusted> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(entry, flags, Mode::empty()).ok()?);
    let about = file.metadata().ok()?;
    if !about.is_file() || !is_private(&about) {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).ok()?);
    file.read_to_end(&mut bytes).ok()?;
    let (digest, compiled) = bytes.split_at_checked(DIGEST)?;
    (Sha256::digest(compiled).as_slice() == digest).then(|| aot::Trusted::from_private_file(bytes, DIGEST))
}

fn write(folder: &Path, entry: &Path, compiled: &[u8]) -> std::io::Result<()> {
    // Private from the start: temporary files are made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&Sha256::digest(compiled))?;
    file.write_all(compiled)?;
    file.persist(entry)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::engine::new_engine;
    use std::fs::Permissions;

    const COMPONENT: &str = "(component)";

    /// The cache, its folder, the one entry that it holds after a component was loaded.
    fn filled() -> (tempfile::TempDir, Engine, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let engine = new_engine().unwrap();
        load(&folder, &engine);
        let entry = std::fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        (folder, engine, entry)
    }

    fn load(folder: &tempfile::TempDir, engine: &Engine) {
        let bytes = wat::parse_str(COMPONENT).unwrap();
        Cache::new(Some(folder.path().to_owned()))
            .component(engine, &bytes)
            .unwrap();
    }

    #[test]
    fn an_entry_is_used_again() {
        let (folder, engine, entry) = filled();
        let before = std::fs::metadata(&entry).unwrap().ino();
        load(&folder, &engine);
        assert_eq!(std::fs::metadata(&entry).unwrap().ino(), before);
    }

    #[test]
    fn a_damaged_entry_is_compiled_again() {
        let (folder, engine, entry) = filled();
        let whole = std::fs::read(&entry).unwrap();
        for length in [0, 10, 40, whole.len() - 1] {
            std::fs::write(&entry, &whole[..length]).unwrap();
            load(&folder, &engine);
            assert_eq!(std::fs::read(&entry).unwrap(), whole);
        }
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        std::fs::write(&entry, flipped).unwrap();
        load(&folder, &engine);
        assert_eq!(std::fs::read(&entry).unwrap(), whole);
    }

    #[test]
    fn an_entry_that_others_can_write_is_compiled_again() {
        let (folder, engine, entry) = filled();
        std::fs::set_permissions(&entry, Permissions::from_mode(0o666)).unwrap();
        load(&folder, &engine);
        assert_eq!(
            std::fs::metadata(&entry).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn an_entry_of_another_user_is_compiled_again() {
        let (folder, engine, entry) = filled();
        if std::os::unix::fs::chown(&entry, Some(12345), None).is_err() {
            eprintln!("skipped: only root can give a file away");
            return;
        }
        load(&folder, &engine);
        assert_eq!(
            std::fs::metadata(&entry).unwrap().uid(),
            rustix::process::geteuid().as_raw()
        );
    }

    #[test]
    fn an_entry_that_is_a_link_is_compiled_again() {
        let (folder, engine, entry) = filled();
        let elsewhere = folder.path().join("elsewhere");
        std::fs::rename(&entry, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &entry).unwrap();
        load(&folder, &engine);
        assert!(std::fs::symlink_metadata(&entry).unwrap().is_file());
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        let (folder, _, _) = filled();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::new(Some(folder.path().to_owned())).folder.is_none());
    }
}
