//! Checking that a backup is whole, by reading all of it.

use super::index::Members;
use super::objects_check::{self, ObjectsFile};
use super::{
    ArchiveError, BackupFile, BackupName, Digester, FileRecord, Manifest, Note, PublicKey, Trust, deletion,
    layout, read_manifest, velero,
};
use crate::object::ObjectId;
use crate::report::Progress;
use crate::store::{Entry, Store, StoreError};
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How many bytes of a file are read at a time.
const PORTION: u64 = 1024 * 1024;

/// What was found when a backup was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The backup.
    pub name: BackupName,
    /// How many files were read.
    pub files: u64,
    /// How many objects were read and found whole.
    pub objects: u64,
    /// How many bytes were read.
    pub bytes: u64,
    /// Whether there are digests, by which every change is found. Velero keeps none: then files are read to their ends,
    /// and what they say is compared.
    pub has_digests: bool,
    /// Whose signature it has.
    pub signed_by: Option<PublicKey>,
    /// Whether that is a key that was demanded, or none was.
    pub is_trusted: bool,
    /// What is wrong; empty when the backup is whole.
    pub findings: Vec<Finding>,
}

/// Something that is wrong with a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Key of the file.
    pub file: String,
    /// The object that is lost; none when it is about the file as such.
    pub object: Option<ObjectId>,
    /// What is wrong.
    pub message: String,
}

/// `backups/nightly/nightly.tar.gz: configmaps shop/flags: the object is damaged`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.object {
            Some(object) => write!(f, "{}: {object}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Finding", 3)?;
        fields.serialize_field("file", &self.file)?;
        fields.serialize_field("object", &self.object.as_ref().map(ToString::to_string))?;
        fields.serialize_field("message", &self.message)?;
        fields.end()
    }
}

impl Verification {
    /// Nothing has been read yet.
    pub(super) fn new(name: BackupName) -> Self {
        Verification {
            name,
            files: 0,
            objects: 0,
            bytes: 0,
            has_digests: true,
            signed_by: None,
            is_trusted: true,
            findings: Vec::new(),
        }
    }

    /// Find fault with a backup that nobody who is trusted has signed.
    pub fn demand(&mut self, trust: &Trust) {
        if let Err(message) = trust.accept(self.signed_by) {
            self.is_trusted = false;
            self.find(BackupFile::Manifest.key(&self.name), None, message);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn find(
        &mut self,
        file: impl Into<String>,
        object: Option<ObjectId>,
        message: impl Into<String>,
    ) {
        self.findings.push(Finding {
            file: file.into(),
            object,
            message: message.into(),
        });
    }
}

/// Read all of the finished backup `name`: the digest of every file, the index against the objects, every object; and
/// whether files are missing or were added. One that Velero wrote is checked as far as that can be done.
///
/// What is wrong with the backup is a finding. An error is that there is no such backup, or that the store failed.
pub async fn verify(
    store: &dyn Store,
    name: &BackupName,
    progress: &Progress,
) -> Result<Verification, ArchiveError> {
    let mut verification = Verification::new(name.clone());
    let manifest = match read_manifest(store, name).await {
        Ok(manifest) => manifest,
        Err(ArchiveError::OfVelero { .. }) => return velero::verify(store, name, progress).await,
        Err(ArchiveError::Damaged { file, message } | ArchiveError::Unsupported { file, message }) => {
            verification.find(file, None, message);
            return Ok(verification);
        }
        Err(error) => return Err(error),
    };
    progress.begin("Checking objects", Some(manifest.contents.objects));
    let present = compare_files(store, &manifest, &mut verification).await?;
    let mut index = None;
    for record in &present {
        let file = format!("{}{}", layout::folder(name), record.name);
        if record.name == BackupFile::Index.file_name(name) {
            index = check_index(store, &file, record, &mut verification).await?;
        } else if record.name != BackupFile::Objects.file_name(name) {
            match digest(store, &file, &mut verification).await {
                Err(ArchiveError::Damaged { file, message }) => verification.find(file, None, message),
                digester => {
                    compare(&file, record, digester?, &mut verification);
                }
            }
        }
    }
    let objects = BackupFile::Objects.file_name(name);
    if let Some(record) = present.iter().find(|record| record.name == objects) {
        match check_objects(store, &manifest, record, index, &mut verification, progress).await {
            Err(ArchiveError::Damaged { file, message }) => verification.find(file, None, message),
            checked => checked?,
        }
    }
    Ok(Verification {
        signed_by: manifest.signed_by,
        ..verification
    })
}

/// Compare the files that are there with those that should be. Returns those that are both.
async fn compare_files(
    store: &dyn Store,
    manifest: &Manifest,
    verification: &mut Verification,
) -> Result<Vec<FileRecord>, ArchiveError> {
    let entries = store.list(&layout::folder(&manifest.name)).await?;
    let mut there: BTreeMap<String, u64> = entries
        .into_iter()
        .map(|Entry { key, size }| (key, size))
        .collect();
    if let Some(size) = there.remove(&BackupFile::Manifest.key(&manifest.name)) {
        verification.files += 1;
        verification.bytes += size;
    }
    let mut present = Vec::new();
    for record in &manifest.files {
        let file = format!("{}{}", layout::folder(&manifest.name), record.name);
        match there.remove(&file) {
            Some(_) => present.push(record.clone()),
            None => verification.find(file, None, "the file is missing"),
        }
    }
    for file in [BackupFile::Objects, BackupFile::Index] {
        if manifest.file(file).is_none() {
            verification.find(
                file.key(&manifest.name),
                None,
                "the manifest does not list this file",
            );
        }
    }
    for file in there.into_keys() {
        if !Note::is_key(&file, &manifest.name) && !deletion::is_record(store, &manifest.name, &file).await? {
            verification.find(file, None, "the file is not part of the backup");
        }
    }
    Ok(present)
}

/// The digest of a file, read in portions.
async fn digest(
    store: &dyn Store,
    file: &str,
    verification: &mut Verification,
) -> Result<Digester, ArchiveError> {
    let size = store.size(file).await?.unwrap_or_default();
    let mut digester = Digester::default();
    while digester.size() < size {
        let end = size.min(digester.size() + PORTION);
        digester.update(&store.read(file, Some(digester.size()..end)).await?);
    }
    verification.bytes += size;
    Ok(digester)
}

/// Compare a file with what is recorded of it.
fn compare(file: &str, record: &FileRecord, digester: Digester, verification: &mut Verification) -> bool {
    verification.files += 1;
    let size = digester.size();
    let message = if size != record.size {
        format!("the file has {size} bytes instead of {}", record.size)
    } else if digester.finish() != record.sha256 {
        "the file does not fit its digest in the manifest".to_owned()
    } else {
        return true;
    };
    verification.find(file, None, message);
    false
}

/// The index, if it is as recorded.
async fn check_index(
    store: &dyn Store,
    file: &str,
    record: &FileRecord,
    verification: &mut Verification,
) -> Result<Option<Bytes>, ArchiveError> {
    let bytes = match store.read(file, None).await {
        Err(StoreError::NotFound { .. }) => Bytes::new(),
        Err(StoreError::Damaged { message, .. }) => {
            verification.find(file, None, message);
            return Ok(None);
        }
        other => other?,
    };
    let mut digester = Digester::default();
    digester.update(&bytes);
    verification.bytes += digester.size();
    Ok(compare(file, record, digester, verification).then_some(bytes))
}

/// Check the objects, one by one where there is an index.
async fn check_objects(
    store: &dyn Store,
    manifest: &Manifest,
    record: &FileRecord,
    index: Option<Bytes>,
    verification: &mut Verification,
    progress: &Progress,
) -> Result<(), ArchiveError> {
    let file = BackupFile::Objects.key(&manifest.name);
    let Some(index) = index else {
        let digester = digest(store, &file, verification).await?;
        if compare(&file, record, digester, verification) {
            verification.objects += manifest.contents.objects;
        }
        return Ok(());
    };
    let index_file = BackupFile::Index.key(&manifest.name);
    let size = store.size(&file).await?.unwrap_or_default();
    let objects = ObjectsFile {
        store,
        file: &file,
        index_file: &index_file,
        size,
    };
    let members = Members::new(index, index_file.clone());
    let digester = objects_check::check(&objects, members, verification, progress).await?;
    verification.bytes += digester.size();
    compare(&file, record, digester, verification);
    Ok(())
}
