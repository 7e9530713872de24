//! A repository in a location: made, or opened with its key.

use super::backend::StoreBackend;
use super::progress::Bars;
use super::{RepositoryKey, VaultError, blocking, layout};
use crate::report::{Cancellation, Progress};
use crate::store::{Store, StoreError};
use rustic_core::repofile::{KeyId, MasterKey};
use rustic_core::{
    ConfigOptions, Credentials, KeyOptions, OpenStatus, Repository, RepositoryBackends, RepositoryOptions,
    RusticError,
};
use std::sync::Arc;

/// The size of files with data, as restic has it. All of one is in the memory at a time, and some are on their way; and a
/// larger one is read for little of it when a repository is pruned.
const PACK_SIZE: &str = "16MiB";

/// The repository in a location, opened with its key. Clones are the same repository.
#[derive(Clone)]
pub struct Vault {
    store: Arc<dyn Store>,
    /// What the data is encrypted with: opened once, because that takes a second.
    master: MasterKey,
    key: KeyId,
}

/// An open repository for one operation.
pub(super) struct Session {
    pub backend: Arc<StoreBackend>,
    pub repository: Repository<OpenStatus>,
}

impl Session {
    /// What a failure of the library means here.
    pub fn error(&self, error: &RusticError) -> VaultError {
        VaultError::of(error, &self.backend)
    }
}

impl Vault {
    /// Make a repository in a location that has none.
    ///
    /// # Errors
    /// [`VaultError::Exists`] where there is one; of two that make one at the same time, one wins.
    pub async fn create(store: Arc<dyn Store>, key: &RepositoryKey) -> Result<Vault, VaultError> {
        if layout::config_size(store.as_ref()).await?.is_some() {
            return Err(VaultError::Exists(store.address()));
        }
        let backend = Arc::new(StoreBackend::new(Arc::clone(&store), Cancellation::default()));
        let (password, ours) = (key.expose().to_owned(), Arc::clone(&backend));
        let made = blocking(move || {
            let mut options = ConfigOptions::default().set_datapack_growfactor(0_u32);
            options.set_datapack_size = PACK_SIZE.parse().ok();
            unopened(&ours, Bars::hidden())
                .and_then(|repository| {
                    repository.init(&Credentials::Password(password), &KeyOptions::default(), &options)
                })
                .map_err(|error| VaultError::of(&error, &ours))
        })
        .await;
        match made {
            Ok(repository) => Vault::of(store, &repository),
            Err(VaultError::Store(StoreError::Exists { key })) if key == layout::CONFIG => {
                remove_key(store.as_ref(), &backend).await;
                Err(VaultError::Exists(store.address()))
            }
            Err(error) => Err(error),
        }
    }

    /// Open the repository of a location.
    ///
    /// # Errors
    /// [`VaultError::NoRepository`] where there is none, [`VaultError::WrongKey`] where the key is another's.
    pub async fn open(store: Arc<dyn Store>, key: &RepositoryKey) -> Result<Vault, VaultError> {
        if layout::config_size(store.as_ref()).await?.is_none() {
            return Err(VaultError::NoRepository(store.address()));
        }
        let backend = Arc::new(StoreBackend::new(Arc::clone(&store), Cancellation::default()));
        let password = key.expose().to_owned();
        let repository = blocking(move || {
            unopened(&backend, Bars::hidden())
                .and_then(|repository| repository.open(&Credentials::Password(password)))
                .map_err(|error| VaultError::of(&error, &backend))
        })
        .await?;
        Vault::of(store, &repository)
    }

    fn of(store: Arc<dyn Store>, repository: &Repository<OpenStatus>) -> Result<Vault, VaultError> {
        let key = *repository.key_id();
        Ok(Vault {
            store,
            master: repository.key(),
            key: key.ok_or_else(|| VaultError::Engine("it was opened without a key".to_owned()))?,
        })
    }

    /// The location.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Which of the repository's keys it was opened with, as the name of its file.
    pub fn key_id(&self) -> String {
        self.key.to_string()
    }

    /// A view of the store for one operation.
    pub(super) fn backend(&self, cancellation: &Cancellation) -> Arc<StoreBackend> {
        Arc::new(StoreBackend::new(Arc::clone(&self.store), cancellation.clone()))
    }

    /// Open the repository for one operation. To be called where waiting is allowed.
    pub(super) fn session(&self, backend: Arc<StoreBackend>, bars: Bars) -> Result<Session, VaultError> {
        let opened = unopened(&backend, bars)
            .and_then(|repository| repository.open(&Credentials::Masterkey(self.master.clone())));
        match opened {
            Ok(repository) => Ok(Session { backend, repository }),
            Err(error) => Err(VaultError::of(&error, &backend)),
        }
    }

    /// The same for an operation that tells of its steps as the library calls them.
    pub(super) fn session_telling(
        &self,
        backend: Arc<StoreBackend>,
        progress: &Progress,
    ) -> Result<Session, VaultError> {
        let bars = Bars {
            name: None,
            progress: progress.clone(),
        };
        self.session(backend, bars)
    }
}

/// Without the key.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the repository in {}", self.store.address())
    }
}

/// A repository that is not open yet. It keeps no cache on the disk: a mover has none that would be there the next time.
fn unopened(backend: &Arc<StoreBackend>, bars: Bars) -> Result<Repository<()>, Box<RusticError>> {
    let ours: Arc<dyn rustic_core::WriteBackend> = backend.clone();
    let options = RepositoryOptions::default().no_cache(true);
    Repository::new_with_progress(&options, &RepositoryBackends::new(ours, None), bars)
}

/// Remove the key that was written before it was known that another repository is there: it opens nothing.
async fn remove_key(store: &dyn Store, backend: &StoreBackend) {
    let Some(id) = backend.written().key else { return };
    let key = layout::key(rustic_core::FileType::Key, &id, "snapshots");
    if let Err(error) = store.delete(&key).await {
        tracing::warn!("{key} of a repository that was not made could not be removed: {error}");
    }
}
