//! Writing a backup.

use super::block::{Block, CompressedBlock};
use super::file::{FileWriter, GzipFileWriter, SmallFile, compression_failed};
use super::resource_list::ResourceListWriter;
use super::{
    ArchiveError, BackupFile, Contents, FORMAT, FileRecord, HeldClaim, HookStatus, LeftOut, Manifest,
    PointRecord, SigningKey, Source, member, velero,
};
use crate::object::{ObjectId, ResourceType};
use crate::report::Problem;
use crate::store::StoreError;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Members of about 1 MiB: small enough to read one object without reading much else, and large enough that
/// compression loses nothing.
const MEMBER_SIZE: usize = 1024 * 1024;

/// Writes the objects of a backup, as they come, into its files. Memory is bounded by the number of workers.
pub struct ArchiveWriter<'a> {
    claim: &'a HeldClaim<'a>,
    id: String,
    created_at: Timestamp,
    objects: FileWriter,
    index: GzipFileWriter,
    resource_list: ResourceListWriter,
    block: Block,
    compressing: VecDeque<JoinHandle<Result<CompressedBlock, ArchiveError>>>,
    workers: NonZero<usize>,
    contents: Contents,
}

/// What a manifest says beside what the writer counted.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// What was backed up.
    pub source: Source,
    /// What its user wrote on it.
    pub labels: BTreeMap<String, String>,
    /// How long after its creation the backup expires; none: never.
    pub ttl: Option<SignedDuration>,
    /// The instance that it was made for; its expiry goes before that of `ttl`.
    pub point: Option<PointRecord>,
    /// What was not as it should be.
    pub warnings: Vec<Problem>,
    /// Objects that were left out because they were being deleted.
    pub being_deleted: u64,
    /// Objects that were left out because of a label.
    pub excluded_by_label: u64,
    /// What was left out by default.
    pub left_out: LeftOut,
    /// What was to be in the backup, and could not be read.
    pub errors: Vec<Problem>,
    /// How many commands of hooks there were; none where the backup had no hooks.
    pub hook_status: Option<HookStatus>,
    /// Further files beside the objects, each of JSON, which is compressed here.
    pub side_files: Vec<(BackupFile, Vec<u8>)>,
    /// How many snapshots of volumes belong to the backup.
    pub snapshots: u64,
}

impl<'a> ArchiveWriter<'a> {
    /// Begin the files of the backup that is claimed. At most `workers` members are compressed at a time; the bytes
    /// that are written do not depend on how many.
    pub async fn begin(claim: &'a HeldClaim<'a>, workers: NonZero<usize>) -> Result<Self, ArchiveError> {
        let mut block = Block::default();
        block.append_version();
        Ok(ArchiveWriter {
            claim,
            id: Uuid::new_v4().to_string(),
            created_at: Timestamp::now(),
            objects: FileWriter::begin(claim, BackupFile::Objects).await?,
            index: GzipFileWriter::begin(claim, BackupFile::Index).await?,
            resource_list: ResourceListWriter::begin(claim).await?,
            block,
            compressing: VecDeque::new(),
            workers,
            contents: Contents::default(),
        })
    }

    /// Append an object of the type `of`, with its whole `json`. All objects of a type must come one after the other.
    pub async fn append(&mut self, of: &ResourceType, id: &ObjectId, json: &str) -> Result<(), ArchiveError> {
        self.block.append(of, id, json)?;
        self.resource_list.append(of, id).await?;
        let size = u64::try_from(json.len()).unwrap_or(u64::MAX);
        if !self.contents.count(&of.resource, &of.version, &of.kind, size) {
            return Err(ArchiveError::Internal(format!("{} came twice", of.resource)));
        }
        if self.block.size() >= MEMBER_SIZE {
            self.cut().await?;
        }
        Ok(())
    }

    /// How many objects were appended, and of how many bytes.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Hand the block to a worker, and wait for the oldest when all are busy.
    async fn cut(&mut self) -> Result<(), ArchiveError> {
        while self.compressing.len() >= self.workers.get() {
            self.write_oldest().await?;
        }
        self.compressing
            .push_back(std::mem::take(&mut self.block).compress(member::LEVEL));
        Ok(())
    }

    /// Write the member that was begun first.
    async fn write_oldest(&mut self) -> Result<(), ArchiveError> {
        let Some(worker) = self.compressing.pop_front() else {
            return Ok(());
        };
        let mut block = worker.await.map_err(compression_failed)??;
        for line in block.lines(self.objects.size()) {
            self.index.write(&line.to_text()?).await?;
        }
        self.objects.write(block.bytes).await
    }

    /// Write what is left, and the manifest at the very end: with it the backup is there.
    pub async fn finish(mut self, description: Description) -> Result<Manifest, ArchiveError> {
        if !self.block.is_empty() {
            self.cut().await?;
        }
        self.block.append_end();
        self.cut().await?;
        while !self.compressing.is_empty() {
            self.write_oldest().await?;
        }
        let hook_status = description.hook_status;
        let results = velero::results(&description.warnings, &description.errors)?;
        let results = SmallFile::new(self.claim, BackupFile::Results, results)?;
        let mut files = vec![
            self.claim.record().clone(),
            self.objects.commit().await?,
            self.index.commit().await?,
            self.resource_list.commit().await?,
            results.put(self.claim).await?,
        ];
        for (side_file, json) in &description.side_files {
            let compressed = member::compress(json, member::LEVEL).map_err(compression_failed)?;
            let file = SmallFile::new(self.claim, *side_file, compressed)?;
            files.push(file.put(self.claim).await?);
        }
        let mut manifest = manifest(
            self.claim,
            self.id,
            self.created_at,
            self.contents,
            description,
            files,
        );
        publish(self.claim, &mut manifest, hook_status).await?;
        Ok(manifest)
    }
}

/// Write Velero's Backup resource, which an encrypted backup has none of, and the manifest.
/// [`ArchiveError::ClaimLost`], and nothing of it stays, when somebody took the writer for dead.
async fn publish(
    claim: &HeldClaim<'_>,
    manifest: &mut Manifest,
    hook_status: Option<HookStatus>,
) -> Result<(), ArchiveError> {
    let protection = claim.protection();
    claim.check().await?;
    let mut velero = None;
    if !protection.encrypts() {
        let resource = velero::backup_resource(manifest, hook_status)
            .to_string()
            .into_bytes();
        let file = velero.insert(SmallFile::new(claim, BackupFile::VeleroBackup, resource)?);
        manifest.files.push(file.put(claim).await?);
    }
    let key = protection.signing_key.as_ref();
    let sealed = SmallFile::new(claim, BackupFile::Manifest, manifest.seal(key)?)?;
    manifest.signed_by = key.map(SigningKey::public);
    let written = match sealed.put(claim).await {
        // Whoever removes the backup has put a tombstone there.
        Err(ArchiveError::Store(StoreError::Exists { .. })) => Err(ArchiveError::ClaimLost {
            name: claim.name().clone(),
        }),
        // Or has removed everything already, the claim before the tombstone.
        Ok(_) => claim.check().await,
        Err(error) => Err(error),
    };
    if let Err(ArchiveError::ClaimLost { .. }) = written {
        sealed.take_back(claim).await?;
        if let Some(velero) = velero {
            velero.take_back(claim).await?;
        }
    }
    written
}

fn manifest(
    claim: &HeldClaim<'_>,
    id: String,
    created_at: Timestamp,
    contents: Contents,
    description: Description,
    files: Vec<FileRecord>,
) -> Manifest {
    let Description {
        source,
        labels,
        ttl,
        point,
        warnings,
        being_deleted,
        excluded_by_label,
        left_out,
        errors,
        hook_status: _,
        side_files: _,
        snapshots,
    } = description;
    Manifest {
        format: FORMAT,
        name: claim.name().clone(),
        id,
        created_at,
        completed_at: Timestamp::now(),
        expires_at: match &point {
            Some(point) => Some(point.expires_at),
            // Beyond the end of time it never expires.
            None => ttl.and_then(|ttl| created_at.checked_add(ttl).ok()),
        },
        point,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        source,
        labels,
        contents: Contents {
            being_deleted,
            excluded_by_label,
            left_out,
            snapshots,
            ..contents
        },
        warnings: u64::try_from(warnings.len()).unwrap_or(u64::MAX),
        errors: u64::try_from(errors.len()).unwrap_or(u64::MAX),
        files,
        signed_by: None,
    }
}
