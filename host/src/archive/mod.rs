//! The backup in a store: writing, reading, checking, listing and removing it.
//!
//! A backup is a handful of files ([`BackupFile`]) in a folder of its own, in the layout of Velero. Objects are files
//! in a `.tar.gz`, which `tar` unpacks. The first file is a [`Claim`], the last a [`Manifest`] with the digests of all
//! others: without it there is no backup, and nothing that is in a store is changed later. Facts that are learnt later
//! will be files of their own.

mod block;
mod claim;
mod copy;
mod deletion;
mod digest;
mod encryption;
mod entry;
mod error;
mod file;
mod index;
mod layout;
mod listing;
mod manifest;
mod member;
mod name;
mod note;
mod objects_check;
mod point;
mod process;
mod reader;
mod removal;
mod requirement;
mod resource_list;
mod salvage;
mod signature;
mod tombstone;
mod undeletion;
mod velero;
mod verification;
mod writer;

#[cfg(test)]
mod tests;

pub use crate::signing::{PublicKey, SigningKey, SigningKeyError};
pub use claim::{Claim, HeldClaim, Protection, Writer, writer_of};
pub use copy::{Copied, copy};
pub use deletion::{Deletion, delete_after};
pub use digest::Digest;
pub use encryption::{DecryptingStore, Identities, KeyError, Recipient, generate as generate_identity};
pub use error::ArchiveError;
pub use index::{MemberRecord, ObjectRecord};
pub use layout::BackupFile;
pub use listing::{ListedBackup, ListedVeleroBackup, Listing, UnfinishedBackup, list};
pub use manifest::{Contents, FORMAT, FileRecord, LeftOut, Manifest, Source, TypeCount};
pub use name::{BackupName, ParseBackupNameError};
pub use note::{Note, NoteKind, Notes, append_all_thawed, notes, remove_notes};
pub use point::{PointRecord, PointStamps};
pub use reader::{ArchivedObject, Backup, read_hooks, read_manifest, read_side_file};
pub use removal::{Cleanup, cleanup, cleanup_but, delete};
pub use requirement::{require_deletion_delay, required_deletion_delay};
pub use salvage::Salvage;
pub use signature::Trust;
pub use undeletion::{Undeletion, undelete};
pub use velero::{HookStatus, VeleroBackup};
pub use verification::{Finding, Verification, verify};
pub use writer::{ArchiveWriter, Description};

use digest::Digester;
