//! Reading a backup.

use super::index::{Member, Members};
use super::tombstone::Tombstone;
use super::velero::{self, Spool};
use super::{
    ArchiveError, BackupFile, BackupName, Claim, Digest, FileRecord, Manifest, MemberRecord, ObjectRecord,
    encryption, member,
};
use crate::object::{Object, ObjectId};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use std::sync::Arc;

/// How many members are read ahead of the one whose objects are being used.
const READ_AHEAD: usize = 3;

/// A backup whose manifest and index have been read, and are as written.
#[derive(Clone)]
pub struct Backup {
    store: Arc<dyn Store>,
    manifest: Manifest,
    index: Bytes,
    /// Where the objects are, when not in the store: those of a backup of Velero.
    spool: Option<Arc<Spool>>,
    notes: Vec<String>,
}

/// An object of a backup, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedObject {
    /// Who it is.
    pub id: ObjectId,
    /// API version without the group.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// The whole object.
    pub json: String,
    /// Its number in the backup, from 0; the same however the backup is read.
    pub position: u64,
}

impl ArchivedObject {
    /// The object, parsed.
    pub fn parse(self) -> Result<Object, serde_json::Error> {
        let json = serde_json::from_str(&self.json)?;
        Ok(Object {
            id: self.id,
            version: self.version,
            kind: self.kind,
            json,
        })
    }
}

impl Backup {
    /// Open the finished backup `name`, which we wrote, or Velero. One of Velero is read from end to end.
    pub async fn open(store: Arc<dyn Store>, name: &BackupName) -> Result<Backup, ArchiveError> {
        let manifest = match read_manifest(store.as_ref(), name).await {
            Err(ArchiveError::OfVelero { .. }) => return velero::open(store, name).await,
            other => other?,
        };
        let file = BackupFile::Index.key(name);
        let index = read_recorded(store.as_ref(), &file, manifest.file(BackupFile::Index)).await?;
        Ok(Backup::from_parts(store, manifest, index))
    }

    /// A backup of which the parts are known to be as they should.
    pub(super) fn from_parts(store: Arc<dyn Store>, manifest: Manifest, index: Bytes) -> Backup {
        Backup {
            store,
            manifest,
            index,
            spool: None,
            notes: Vec::new(),
        }
    }

    /// A backup of Velero, whose objects are in a spool.
    pub(super) fn spooled(
        store: Arc<dyn Store>,
        manifest: Manifest,
        index: Bytes,
        spool: Spool,
        notes: Vec<String>,
    ) -> Backup {
        Backup {
            spool: Some(Arc::new(spool)),
            notes,
            ..Backup::from_parts(store, manifest, index)
        }
    }

    /// What the backup is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What somebody who restores from the backup should know: that it is of Velero and not complete, or has the data of
    /// volumes.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What hooks left with the backup, in JSON; none where it had none.
    pub async fn hooks(&self) -> Result<Option<Vec<u8>>, ArchiveError> {
        read_hooks(self.store.as_ref(), &self.manifest).await
    }

    /// Whether Velero wrote it.
    pub fn is_of_velero(&self) -> bool {
        self.spool.is_some()
    }

    /// The store that it is in.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The objects of a list that Velero keeps beside a backup, such as `volumeinfo`; none where there is no such list, or
    /// it cannot be read.
    pub async fn velero_list(&self, kind: &str) -> Result<Vec<serde_json::Value>, ArchiveError> {
        let list = velero::list(self.store.as_ref(), &self.manifest.name, kind).await?;
        Ok(list.unwrap_or_default())
    }

    /// What is in the backup, in its order, without reading an object. An error ends it.
    pub fn records(&self) -> impl Iterator<Item = Result<ObjectRecord, ArchiveError>> + Send + use<> {
        self.members().flat_map(|member| match member {
            Ok(member) => member.objects.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }

    /// The objects that are `wanted`, in the order of the backup, each checked against its digest.
    ///
    /// An object that is damaged is an [`ArchiveError::DamagedObject`], and the others follow. Only members with a
    /// wanted object are read, a few of them ahead of use.
    pub fn objects<'a>(
        &'a self,
        wanted: impl Fn(&ObjectId) -> bool + Send + 'a,
    ) -> BoxStream<'a, Result<ArchivedObject, ArchiveError>> {
        let chosen = self
            .members()
            .map(move |member| member.map(|member| choose(member, &wanted)));
        futures::stream::iter(
            chosen.filter(|member| !matches!(member, Ok(choice) if choice.objects.is_empty())),
        )
        .map(move |choice| async move {
            match choice {
                Ok(choice) => self.read(choice).await,
                Err(error) => vec![Err(error)],
            }
        })
        .buffered(READ_AHEAD)
        .flat_map(futures::stream::iter)
        .boxed()
    }

    fn members(&self) -> Members {
        Members::new(self.index.clone(), BackupFile::Index.key(&self.manifest.name))
    }

    /// The chosen objects of a member.
    async fn read(&self, choice: Choice) -> Vec<Result<ArchivedObject, ArchiveError>> {
        let file = BackupFile::Objects.key(&self.manifest.name);
        let unpacked = match &self.spool {
            Some(spool) => {
                let spool = Arc::clone(spool);
                tokio::task::spawn_blocking(move || unpack_spooled(&spool, choice, &file)).await
            }
            None => match read_member(self.store.as_ref(), &file, &choice.record).await {
                Ok(bytes) => tokio::task::spawn_blocking(move || unpack(&bytes, choice, &file)).await,
                Err(error) => return vec![Err(error.into())],
            },
        };
        unpacked.unwrap_or_else(|panicked| vec![Err(ArchiveError::Internal(panicked.to_string()))])
    }
}

/// The bytes of a member; of one that reaches beyond the end of the file, what is there.
pub(super) async fn read_member(
    store: &dyn Store,
    file: &str,
    record: &MemberRecord,
) -> Result<Bytes, StoreError> {
    let end = record.offset.saturating_add(record.length);
    match store.read(file, Some(record.offset..end)).await {
        // It fits no digest, as any other damage.
        Err(StoreError::Damaged { .. }) => Ok(Bytes::new()),
        Err(StoreError::Range { .. }) => {
            let size = store.size(file).await?.unwrap_or_default();
            store
                .read(file, Some(record.offset.min(size)..end.min(size)))
                .await
        }
        other => other,
    }
}

/// Objects of a member that are wanted, with their numbers.
struct Choice {
    record: MemberRecord,
    objects: Vec<(u64, ObjectRecord)>,
}

fn choose(member: Member, wanted: &dyn Fn(&ObjectId) -> bool) -> Choice {
    let objects = (member.first..)
        .zip(member.objects)
        .filter(|(_, object)| wanted(&object.id()))
        .collect();
    Choice {
        record: member.record,
        objects,
    }
}

/// The chosen objects of a member in a spool.
fn unpack_spooled(spool: &Spool, choice: Choice, file: &str) -> Vec<Result<ArchivedObject, ArchiveError>> {
    match spool.read(choice.record.offset, choice.record.length) {
        Ok(bytes) => unpack(&bytes, choice, file),
        Err(error) => vec![Err(ArchiveError::Spool(error))],
    }
}

/// The chosen objects from the `bytes` of their member. Those before the place of a damage are whole.
fn unpack(bytes: &[u8], choice: Choice, file: &str) -> Vec<Result<ArchivedObject, ArchiveError>> {
    let (content, whole) = member::decompress(bytes, choice.record.size);
    let cause = whole.err().map(|error| error.to_string());
    let object = |(position, record): (u64, ObjectRecord)| {
        let id = record.id();
        match extract(&content, &record) {
            Some(json) => Ok(ArchivedObject {
                id,
                version: record.version,
                kind: record.kind,
                json,
                position,
            }),
            None => {
                let message = damage(cause.as_deref());
                Err(ArchiveError::DamagedObject {
                    id: Box::new(id),
                    file: file.to_owned(),
                    message,
                })
            }
        }
    };
    choice.objects.into_iter().map(object).collect()
}

/// The JSON of an object from what its member holds, if it is as written.
pub(super) fn extract(content: &[u8], record: &ObjectRecord) -> Option<String> {
    let start = usize::try_from(record.offset).ok()?;
    let end = start.checked_add(usize::try_from(record.size).ok()?)?;
    let json = content
        .get(start..end)
        .filter(|json| Digest::of(json) == record.sha256)?;
    String::from_utf8(json.to_vec()).ok()
}

/// A sentence on a damaged object, with what its member had to say.
pub(super) fn damage(cause: Option<&str>) -> String {
    match cause {
        Some(cause) => format!("the object is damaged: it cannot be decompressed: {cause}"),
        None => "the object is damaged: it does not fit its digest".to_owned(),
    }
}

/// What hooks left with the backup of a manifest, in JSON; none where it had none.
pub async fn read_hooks(store: &dyn Store, manifest: &Manifest) -> Result<Option<Vec<u8>>, ArchiveError> {
    read_side_file(store, manifest, BackupFile::Hooks).await
}

/// The JSON in a compressed file beside the objects of the backup of a manifest; none where it has none.
pub async fn read_side_file(
    store: &dyn Store,
    manifest: &Manifest,
    file: BackupFile,
) -> Result<Option<Vec<u8>>, ArchiveError> {
    let Some(record) = manifest.file(file) else {
        return Ok(None);
    };
    let file = file.key(&manifest.name);
    let bytes = read_recorded(store, &file, Some(record)).await?;
    match member::decompress_first(&bytes) {
        Some((text, _)) => Ok(Some(text)),
        None => Err(ArchiveError::Damaged {
            file,
            message: "it cannot be decompressed".to_owned(),
        }),
    }
}

/// The manifest of a finished backup.
pub async fn read_manifest(store: &dyn Store, name: &BackupName) -> Result<Manifest, ArchiveError> {
    match store.read(&BackupFile::Manifest.key(name), None).await {
        Ok(bytes) if Tombstone::parse(&bytes).is_some() => Err(ArchiveError::Incomplete {
            name: name.clone(),
            claim: Claim::read(store, name).await?.map(Box::new),
        }),
        Ok(bytes) if encryption::is_encrypted(&bytes) => Err(ArchiveError::Encrypted { name: name.clone() }),
        Ok(bytes) => Manifest::unseal(&bytes, name),
        Err(StoreError::NotFound { .. }) => Err(absent(store, name).await?),
        Err(error) => Err(error.into()),
    }
}

/// Why a backup has no manifest.
pub(super) async fn absent(store: &dyn Store, name: &BackupName) -> Result<ArchiveError, ArchiveError> {
    if store.size(&BackupFile::Claim.key(name)).await?.is_some() {
        let claim = Claim::read(store, name).await?.map(Box::new);
        return Ok(ArchiveError::Incomplete {
            name: name.clone(),
            claim,
        });
    }
    let velero = BackupFile::VeleroBackup.key(name);
    Ok(match store.size(&velero).await? {
        None => ArchiveError::NotFound {
            name: name.clone(),
            store: store.address(),
        },
        Some(_) => ArchiveError::OfVelero { name: name.clone() },
    })
}

/// A whole file of a backup, which must be as recorded in the manifest.
pub(super) async fn read_recorded(
    store: &dyn Store,
    file: &str,
    record: Option<&FileRecord>,
) -> Result<Bytes, ArchiveError> {
    let damaged = |message: &str| ArchiveError::Damaged {
        file: file.to_owned(),
        message: message.to_owned(),
    };
    let record = record.ok_or_else(|| damaged("the manifest does not list this file"))?;
    let bytes = match store.read(file, None).await {
        Err(StoreError::NotFound { .. }) => return Err(damaged("the file is missing")),
        other => other?,
    };
    match Digest::of(&bytes) == record.sha256 {
        true => Ok(bytes),
        false => Err(damaged("the file does not fit its digest in the manifest")),
    }
}
