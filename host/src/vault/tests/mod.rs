//! The vault with a folder as its store.

mod faults;
mod keys;
mod pruning;
mod round_trip;
mod tree;

use super::{
    Copied, CopyRequest, RepositoryKey, RestoreRequest, Restored, Source, Target, Vault, VaultError, copy,
    restore,
};
use crate::report::{Cancellation, Progress};
use crate::store::{LocalStore, Store};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
pub(super) use tree::describe;

/// A folder with a volume, a store, and a repository in it.
pub(super) struct Place {
    pub folder: TempDir,
    pub store: Arc<dyn Store>,
    pub key: RepositoryKey,
    pub vault: Vault,
}

impl Place {
    pub async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("store");
        let store: Arc<dyn Store> = Arc::new(LocalStore::new(address.to_str().unwrap()).unwrap());
        let key = RepositoryKey::generate();
        let vault = Vault::create(Arc::clone(&store), &key).await.unwrap();
        std::fs::create_dir(folder.path().join("volume")).unwrap();
        Place {
            folder,
            store,
            key,
            vault,
        }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Write a file of the volume.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path("volume").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub async fn copy(&self) -> Result<Copied, VaultError> {
        copy_of(&self.vault, &self.path("volume")).await
    }

    /// Restore a snapshot into a new folder, and say what is in it.
    pub async fn restore(&self, copied: &Copied, into: &str) -> Result<Restored, VaultError> {
        let request = RestoreRequest {
            snapshot: copied.snapshot.id,
            path: None,
            target: Target::Folder(self.path(into)),
        };
        restore(
            &self.vault,
            request,
            &Progress::default(),
            &Cancellation::default(),
        )
        .await
    }
}

pub(super) fn request(folder: &Path) -> CopyRequest {
    CopyRequest {
        source: Source::at(folder).unwrap(),
        path: "/shop/data".into(),
        host: "cluster".into(),
        tags: vec!["backup=nightly".into()],
        skip_unreadable: false,
    }
}

pub(super) async fn copy_of(vault: &Vault, folder: &Path) -> Result<Copied, VaultError> {
    copy(
        vault,
        request(folder),
        &Progress::default(),
        &Cancellation::default(),
    )
    .await
}
