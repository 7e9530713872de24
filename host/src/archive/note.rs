//! Notes of a run that has hooks: small files beside the backup that say which pods may stand still. They are removed
//! when none does any more, and where a store keeps everything they do no harm.

use super::{ArchiveError, BackupName, Claim, HeldClaim, encryption, layout};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// Pods that are about to stand still.
    Frozen,
    /// What plugins keep about a pod that does.
    Kept,
    /// Pods that stand still no longer.
    Thawed,
}

/// A note as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// What it says; none where it is encrypted, and whoever reads it has no key.
    pub text: Option<Bytes>,
}

impl NoteKind {
    const ALL: [NoteKind; 3] = [NoteKind::Frozen, NoteKind::Kept, NoteKind::Thawed];

    /// What the names of its files begin with.
    fn prefix(self) -> &'static str {
        match self {
            NoteKind::Frozen => "lazarette-frozen-",
            NoteKind::Kept => "lazarette-kept-",
            NoteKind::Thawed => "lazarette-thawed-",
        }
    }

    /// The kind of the note whose file has this name; none where it is none.
    fn of_file(name: &str) -> Option<NoteKind> {
        let fits = |kind: &NoteKind| name.starts_with(kind.prefix()) && name.ends_with(".json");
        NoteKind::ALL.into_iter().find(fits)
    }

    fn key(self, backup: &BackupName) -> String {
        format!(
            "{}{}{}.json",
            layout::folder(backup),
            self.prefix(),
            Uuid::new_v4()
        )
    }
}

impl Note {
    /// Whether `key` is that of a note beside the backup `name`.
    pub(super) fn is_key(key: &str, name: &BackupName) -> bool {
        key.strip_prefix(&layout::folder(name))
            .is_some_and(|file| NoteKind::of_file(file).is_some())
    }
}

impl HeldClaim<'_> {
    /// Write a note. When this returns it is there, also after a power failure.
    pub async fn note(&self, kind: NoteKind, text: Vec<u8>) -> Result<(), ArchiveError> {
        let protection = self.protection();
        let stored = match protection.encrypts() {
            true => encryption::seal(&protection.recipients, &text)?,
            false => text,
        };
        let key = kind.key(self.name());
        Ok(self.store().put_if_absent(&key, Bytes::from(stored)).await?)
    }

    /// Say that all hooks have ended, and no pod stands still. Others see that by the notes themselves, but not where they
    /// are encrypted: so this says it to those who have no key, too.
    pub async fn note_all_thawed(&self) -> Result<(), ArchiveError> {
        match self.protection().encrypts() {
            true => append_all_thawed(self.store(), self.name()).await,
            false => Ok(()),
        }
    }

    /// Remove all notes, once no pod stands still any more. Where the store keeps them they stay, and say so.
    pub async fn remove_notes(&self) {
        if let Err(error) = remove_notes(self.store(), self.name()).await {
            tracing::debug!("the notes of backup {} stay: {error}", self.name());
        }
    }
}

/// Note beside a backup, for everybody to read, that none of its pods stands still.
pub async fn append_all_thawed(store: &dyn Store, name: &BackupName) -> Result<(), ArchiveError> {
    let all = Bytes::from_static(b"null");
    Ok(store.put_if_absent(&NoteKind::Thawed.key(name), all).await?)
}

/// Remove all notes beside a backup. Those that say that pods stand still go before those that say that they do not: what
/// is left after a fault half way says nothing wrong.
pub async fn remove_notes(store: &dyn Store, name: &BackupName) -> Result<(), ArchiveError> {
    let files = store.list(&layout::folder(name)).await?;
    let mut keys: Vec<String> = files.into_iter().map(|entry| entry.key).collect();
    keys.retain(|key| Note::is_key(key, name));
    let rank = |key: &String| match NoteKind::of_file(key.rsplit('/').next().unwrap_or_default()) {
        Some(NoteKind::Kept) => 0,
        Some(NoteKind::Frozen) => 1,
        _ => 2,
    };
    keys.sort_by_key(rank);
    for key in keys {
        store.delete(&key).await?;
    }
    Ok(())
}

/// The notes beside a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Who writes the backup, or wrote it, where that can be read.
    pub claim: Option<Claim>,
    /// What was noted.
    pub notes: Vec<Note>,
}

/// The notes beside all backups of a store, finished or not, that have any which says that pods stand still.
pub async fn notes(store: &dyn Store) -> Result<BTreeMap<BackupName, Notes>, ArchiveError> {
    let mut found: BTreeMap<BackupName, Notes> = BTreeMap::new();
    let entries = match store.list(layout::BACKUPS).await {
        Ok(entries) => entries,
        // Until the first backup there is no folder.
        Err(StoreError::Absent { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let path = entry
            .key
            .strip_prefix(layout::BACKUPS)
            .and_then(|rest| rest.split_once('/'));
        let Some((Ok(name), Some(kind))) = path.map(|(name, file)| (name.parse(), NoteKind::of_file(file)))
        else {
            continue;
        };
        let text = match store.read(&entry.key, None).await {
            Ok(text) => Some(text).filter(|text| !encryption::is_encrypted(text)),
            Err(StoreError::Locked { .. }) => None,
            // Removed meanwhile.
            Err(StoreError::NotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        found.entry(name).or_default().notes.push(Note { kind, text });
    }
    found.retain(|_, beside| beside.notes.iter().any(|note| note.kind == NoteKind::Frozen));
    for (name, beside) in &mut found {
        beside.claim = Claim::read(store, name).await?;
    }
    Ok(found)
}
