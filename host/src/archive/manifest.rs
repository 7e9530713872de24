//! The manifest: what a backup is, and the digest of each of its files. Its presence makes a backup.

use super::signature::SignatureRecord;
use super::{ArchiveError, BackupFile, BackupName, Digest, PointRecord, PublicKey, SigningKey};
use crate::object::{FilterSpec, GroupResource};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The version of the form in which this program writes backups, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Name of the backup. A manifest that lies in the folder of another one is refused.
    pub name: BackupName,
    /// A random id, so that a backup is not confused with a later one of its name.
    pub id: String,
    /// When the objects began to be read.
    pub created_at: Timestamp,
    /// When the last one was written.
    pub completed_at: Timestamp,
    /// When it may be removed; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Version of the program that wrote it.
    pub program_version: String,
    /// What was backed up.
    pub source: Source,
    /// What its user wrote on it.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The instance that it was made for, and by which rule it is kept; none where there was no instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointRecord>,
    /// What is in it.
    pub contents: Contents,
    /// How many warnings [`BackupFile::Results`] holds.
    pub warnings: u64,
    /// How many errors it holds: what was to be in the backup and could not be read. With any the backup is done in
    /// part.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub errors: u64,
    /// Every file but this one, in the order in which they were written.
    pub files: Vec<FileRecord>,
    /// Whose signature lies beside it. It has been checked.
    #[serde(skip)]
    pub signed_by: Option<PublicKey>,
}

impl FileRecord {
    /// Its size in the store, in bytes.
    pub fn stored_size(&self) -> u64 {
        self.stored.unwrap_or(self.size)
    }
}

/// What was backed up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Address of the cluster: `dir:./manifests`.
    pub cluster: String,
    /// Which of its objects were to be taken.
    #[serde(default)]
    pub filter: FilterSpec,
}

/// What is in a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contents {
    /// Number of objects.
    pub objects: u64,
    /// Size of their JSON in bytes.
    pub bytes: u64,
    /// For each type, in the order of the archive.
    pub types: Vec<TypeCount>,
    /// Objects that were left out because they were being deleted.
    pub being_deleted: u64,
    /// Objects that were left out because of their label `exclude-from-backup`.
    pub excluded_by_label: u64,
    /// What was left out by default.
    #[serde(default, skip_serializing_if = "LeftOut::is_empty")]
    pub left_out: LeftOut,
    /// Snapshots of volumes that belong to the backup.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub snapshots: u64,
}

/// What was left out because a cluster makes it by itself, and no filter named it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeftOut {
    /// Types of which nothing was looked at.
    pub types: Vec<GroupResource>,
    /// Namespaces of which nothing was taken.
    pub namespaces: Vec<String>,
    /// Objects that were looked at: those of these namespaces, and those that controllers keep for others.
    pub objects: u64,
}

impl LeftOut {
    fn is_empty(&self) -> bool {
        *self == LeftOut::default()
    }
}

/// How many objects of a type there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeCount {
    /// The type.
    pub resource: GroupResource,
    /// Its version, without the group.
    pub version: String,
    /// Its kind.
    pub kind: String,
    /// How many.
    pub objects: u64,
}

/// A file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileRecord {
    /// Its name in the folder of the backup.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// In bytes as it lies in the store, where it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<u64>,
    /// The digest of what it holds.
    pub sha256: Digest,
}

impl Contents {
    /// Count an object of `size` bytes. False when its type has come before, and another one since.
    pub(super) fn count(&mut self, resource: &GroupResource, version: &str, kind: &str, size: u64) -> bool {
        self.objects += 1;
        self.bytes += size;
        if let Some(last) = self.types.last_mut().filter(|last| last.resource == *resource) {
            last.objects += 1;
            return true;
        }
        let comes_first = self.types.iter().all(|before| before.resource != *resource);
        let (version, kind) = (version.to_owned(), kind.to_owned());
        self.types.push(TypeCount {
            resource: resource.clone(),
            version,
            kind,
            objects: 1,
        });
        comes_first
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The file: the manifest as text, the digest of that text, and its signature where it is signed.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(borrow)]
    manifest: &'a RawValue,
    sha256: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<SignatureRecord>,
}

impl Manifest {
    /// What is recorded of `file`.
    pub fn file(&self, file: BackupFile) -> Option<&FileRecord> {
        let name = file.file_name(&self.name);
        self.files.iter().find(|record| record.name == name)
    }

    /// The bytes of the file that holds this manifest, signed with `key` if there is one. Every one of them counts: see
    /// [`Manifest::unseal`].
    pub fn seal(&self, key: Option<&SigningKey>) -> Result<Vec<u8>, ArchiveError> {
        let manifest = serde_json::value::to_raw_value(self).map_err(internal)?;
        let signature = key.map(|key| SignatureRecord::new(key, manifest.get().as_bytes()));
        sealed_bytes(&manifest, signature)
    }

    /// The manifest of the backup `name` from the bytes of its file. Refused when any of them is not as written, or
    /// when it is another backup's.
    pub fn unseal(bytes: &[u8], name: &BackupName) -> Result<Manifest, ArchiveError> {
        let file = BackupFile::Manifest.key(name);
        let damaged = |message: String| ArchiveError::Damaged {
            file: file.clone(),
            message,
        };
        let sealed: Sealed<'_> = serde_json::from_slice(bytes)
            .map_err(|error| damaged(format!("the manifest does not parse: {error}")))?;
        // Comparing the whole file rather than the digest alone leaves no byte around it that nobody looks at.
        if sealed_bytes(sealed.manifest, sealed.signature.clone())? != bytes {
            return Err(damaged("the manifest does not fit its digest".to_owned()));
        }
        let signed_by = match &sealed.signature {
            None => None,
            Some(signature) => match signature.check(sealed.manifest.get().as_bytes()) {
                None => return Err(damaged("the manifest does not fit its signature".to_owned())),
                key => key,
            },
        };
        let format: Format =
            serde_json::from_str(sealed.manifest.get()).map_err(|error| damaged(error.to_string()))?;
        if format.format != FORMAT {
            let message = format!(
                "the backup has form {}, and this version of lazarette reads form {FORMAT} only",
                format.format
            );
            return Err(ArchiveError::Unsupported { file, message });
        }
        let manifest: Manifest =
            serde_json::from_str(sealed.manifest.get()).map_err(|error| damaged(error.to_string()))?;
        if manifest.name != *name {
            return Err(damaged(format!(
                "this is the manifest of backup {}",
                manifest.name
            )));
        }
        Ok(Manifest {
            signed_by,
            ..manifest
        })
    }
}

/// What is read first, because a later form may have other members.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

fn sealed_bytes(manifest: &RawValue, signature: Option<SignatureRecord>) -> Result<Vec<u8>, ArchiveError> {
    let sealed = Sealed {
        manifest,
        sha256: Digest::of(manifest.get().as_bytes()),
        signature,
    };
    let mut bytes = serde_json::to_vec(&sealed).map_err(internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn internal(error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Internal(format!("a manifest cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn manifest(name: &str) -> Manifest {
        Manifest {
            format: FORMAT,
            name: name.parse().unwrap(),
            id: "an id".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            completed_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            program_version: "1".to_owned(),
            source: Source::default(),
            labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
            point: None,
            contents: Contents::default(),
            warnings: 0,
            errors: 0,
            files: vec![],
            signed_by: None,
        }
    }

    #[test]
    fn what_is_sealed_is_what_is_unsealed() {
        let manifest = manifest("nightly");
        assert_eq!(
            Manifest::unseal(&manifest.seal(None).unwrap(), &manifest.name).unwrap(),
            manifest
        );
    }

    #[test]
    fn a_signature_is_known_by_its_key() {
        let (key, manifest) = (SigningKey::generate().unwrap(), manifest("nightly"));
        let read = Manifest::unseal(&manifest.seal(Some(&key)).unwrap(), &manifest.name).unwrap();
        assert_eq!(read.signed_by, Some(key.public()));
    }

    #[rstest]
    #[case::unsigned(None)]
    #[case::signed(Some(SigningKey::generate().unwrap()))]
    fn every_flipped_bit_is_found(#[case] key: Option<SigningKey>) {
        let manifest = manifest("nightly");
        let bytes = manifest.seal(key.as_ref()).unwrap();
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[position] ^= 1 << bit;
                assert!(
                    Manifest::unseal(&damaged, &manifest.name).is_err(),
                    "byte {position}, bit {bit}"
                );
            }
        }
    }

    #[test]
    fn the_manifest_of_another_backup_is_refused() {
        let bytes = manifest("nightly").seal(None).unwrap();
        let error = Manifest::unseal(&bytes, &"weekly".parse().unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("this is the manifest of backup nightly"),
            "{error}"
        );
    }

    #[test]
    fn a_later_form_is_named_as_such() {
        let later = Manifest {
            format: 2,
            ..manifest("nightly")
        };
        let error = Manifest::unseal(&later.seal(None).unwrap(), &later.name).unwrap_err();
        assert!(matches!(error, ArchiveError::Unsupported { .. }), "{error}");
    }
}
