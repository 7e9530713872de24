//! What backups a store holds.

use super::{
    ArchiveError, BackupFile, BackupName, Claim, Manifest, VeleroBackup, deletion, layout, read_manifest,
};
use crate::store::{Entry, Store, StoreError};
use futures::stream::StreamExt;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// How many manifests are read at a time.
const CONCURRENT_READS: usize = 16;

/// What a store holds, in the order of names.
#[derive(Debug, Default)]
pub struct Listing {
    /// Backups that were finished.
    pub backups: Vec<ListedBackup>,
    /// Backups that Velero wrote.
    pub of_velero: Vec<ListedVeleroBackup>,
    /// Backups that were begun and not finished: their writer is at it, or is gone.
    pub unfinished: Vec<UnfinishedBackup>,
}

/// A backup that was finished, or of which that cannot be read.
#[derive(Debug)]
pub struct ListedBackup {
    /// Its name.
    pub name: BackupName,
    /// What it is; or why it cannot be used: its manifest is damaged or cannot be read, or a file is missing or has
    /// another size. Damage inside files is left to [`super::verify`].
    pub manifest: Result<Manifest, ArchiveError>,
    /// When it goes, if its deletion was asked for and takes effect later.
    pub deletion: Option<Timestamp>,
}

/// A backup that Velero wrote.
#[derive(Debug)]
pub struct ListedVeleroBackup {
    /// Its name.
    pub name: BackupName,
    /// What it says of itself, or why that cannot be used.
    pub backup: Result<VeleroBackup, ArchiveError>,
    /// The size of its files in bytes.
    pub bytes: u64,
}

/// A backup that was begun and not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedBackup {
    /// Its name.
    pub name: BackupName,
    /// Who began it, where that can still be read.
    pub claim: Option<Claim>,
    /// How many files of it there are.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// The files of a folder, by key, with their sizes.
type Files = HashMap<String, u64>;

/// What is in a store. Folders that neither we nor Velero wrote are left out, and one that cannot be read hides no other.
pub async fn list(store: &dyn Store) -> Result<Listing, ArchiveError> {
    let (entries, unreadable) = store.list_readable(layout::BACKUPS).await?;
    let mut folders = BTreeMap::<BackupName, Result<Files, StoreError>>::new();
    for Entry { key, size } in entries {
        if let Some(name) = name_of(&key)
            && let Ok(files) = folders.entry(name).or_insert_with(|| Ok(Files::new()))
        {
            files.insert(key, size);
        }
    }
    for error in unreadable {
        match name_of(error.key()) {
            Some(name) => drop(folders.insert(name, Err(error))),
            None => tracing::warn!("{error}"),
        }
    }
    let items: Vec<Item> = futures::stream::iter(folders)
        .map(|(name, files)| async {
            match files {
                Ok(files) => examine(store, name, files).await,
                Err(error) => Item::finished(name, Err(error.into())),
            }
        })
        .buffered(CONCURRENT_READS)
        .collect()
        .await;
    let mut listing = Listing::default();
    for item in items {
        match item {
            Item::Finished(backup) => listing.backups.push(*backup),
            Item::OfVelero(backup) => listing.of_velero.push(*backup),
            Item::Unfinished(backup) => listing.unfinished.push(backup),
            Item::Foreign => {}
        }
    }
    Ok(listing)
}

/// The backup to whose folder, or a file in it, a key belongs.
fn name_of(key: &str) -> Option<BackupName> {
    let rest = key.strip_prefix(layout::BACKUPS)?;
    rest.split('/').next()?.parse().ok()
}

/// What a folder turns out to be.
enum Item {
    Finished(Box<ListedBackup>),
    OfVelero(Box<ListedVeleroBackup>),
    Unfinished(UnfinishedBackup),
    Foreign,
}

impl Item {
    fn finished(name: BackupName, manifest: Result<Manifest, ArchiveError>) -> Item {
        Item::Finished(Box::new(ListedBackup {
            name,
            manifest,
            deletion: None,
        }))
    }

    async fn of_velero(store: &dyn Store, name: BackupName, bytes: u64) -> Item {
        let backup = VeleroBackup::read(store, &name).await;
        Item::OfVelero(Box::new(ListedVeleroBackup { name, backup, bytes }))
    }
}

async fn examine(store: &dyn Store, name: BackupName, files: Files) -> Item {
    let has = |file: BackupFile| files.contains_key(&file.key(&name));
    // The manifest of a writer that was taken for dead, and finished when all else was gone, is alone.
    let alone = files.len() == 1;
    let bytes = files.values().fold(0, |sum: u64, size| sum.saturating_add(*size));
    if has(BackupFile::Manifest) && !alone {
        match read_manifest(store, &name).await {
            Ok(manifest) => return finished(store, name, check_sizes(manifest, &files), &files).await,
            // It is being removed, or was so meanwhile.
            Err(ArchiveError::Incomplete { .. }) => {}
            Err(ArchiveError::NotFound { .. }) => return Item::Foreign,
            Err(error) => return finished(store, name, Err(error), &files).await,
        }
    } else if !has(BackupFile::Manifest) && !has(BackupFile::Claim) {
        return match has(BackupFile::VeleroBackup) {
            true => Item::of_velero(store, name, bytes).await,
            false => Item::Foreign,
        };
    }
    let count = u64::try_from(files.len()).unwrap_or(u64::MAX);
    match Claim::read(store, &name).await {
        Ok(claim) => Item::Unfinished(UnfinishedBackup {
            name,
            claim,
            files: count,
            bytes,
        }),
        Err(error) => Item::finished(name, Err(error.into())),
    }
}

/// A finished backup, with what is planned for it.
async fn finished(
    store: &dyn Store,
    name: BackupName,
    manifest: Result<Manifest, ArchiveError>,
    files: &Files,
) -> Item {
    match deletion::due(store, &name, files.keys().map(String::as_str)).await {
        Ok(deletion) => Item::Finished(Box::new(ListedBackup {
            name,
            manifest,
            deletion,
        })),
        Err(error) => Item::finished(name, Err(error)),
    }
}

/// Whether all files are there in their size.
fn check_sizes(manifest: Manifest, files: &Files) -> Result<Manifest, ArchiveError> {
    for record in &manifest.files {
        let file = format!("{}{}", layout::folder(&manifest.name), record.name);
        let message = match files.get(&file) {
            Some(size) if *size == record.stored_size() => continue,
            Some(size) => format!("the file has {size} bytes instead of {}", record.stored_size()),
            None => "the file is missing".to_owned(),
        };
        return Err(ArchiveError::Damaged { file, message });
    }
    Ok(manifest)
}
