//! Opening what is left of a backup whose manifest or index is damaged.

use super::file::compression_failed;
use super::index::{Line, MemberRecord, Members, ObjectRecord};
use super::reader::{read_manifest, read_recorded};
use super::{
    ArchiveError, Backup, BackupFile, BackupName, Claim, Contents, Digest, FORMAT, Finding, Manifest, Source,
    entry, member, velero,
};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

/// How much of the archive is read at a time: several members.
const PORTION: u64 = 8 * 1024 * 1024;
/// What is not the end of a member by then is taken for damage.
const LARGEST_PORTION: u64 = 512 * 1024 * 1024;

/// A backup that was opened although something in it is damaged.
pub struct Salvage {
    /// The backup. What is known of it comes from what is whole.
    pub backup: Backup,
    /// What is damaged.
    pub findings: Vec<Finding>,
}

impl Backup {
    /// Open the finished backup `name` as far as that can be done. Without its manifest, an index or an archive that
    /// were exchanged are not noticed, and what the manifest says is guessed. Without its index, the archive is read
    /// from end to end, and must be whole.
    pub async fn salvage(store: Arc<dyn Store>, name: &BackupName) -> Result<Salvage, ArchiveError> {
        let mut findings = Vec::new();
        let manifest = match read_manifest(store.as_ref(), name).await {
            Err(ArchiveError::OfVelero { .. }) => return velero::salvage(store, name).await,
            other => unless_damaged(other, &mut findings)?,
        };
        let index = read_index(store.as_ref(), name, manifest.as_ref()).await;
        let index = match unless_damaged(index, &mut findings)? {
            Some(index) => index,
            None => rebuild_index(store.as_ref(), name).await?,
        };
        let manifest = match manifest {
            Some(manifest) => manifest,
            None => rebuild_manifest(store.as_ref(), name, &index).await?,
        };
        Ok(Salvage {
            backup: Backup::from_parts(store, manifest, index),
            findings,
        })
    }
}

/// None where something is damaged, with a finding.
fn unless_damaged<T>(
    result: Result<T, ArchiveError>,
    findings: &mut Vec<Finding>,
) -> Result<Option<T>, ArchiveError> {
    match result {
        Ok(whole) => Ok(Some(whole)),
        Err(ArchiveError::Damaged { file, message }) => {
            findings.push(Finding {
                file,
                object: None,
                message,
            });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The index as the manifest records it; without a manifest, one that reads to its end.
async fn read_index(
    store: &dyn Store,
    name: &BackupName,
    manifest: Option<&Manifest>,
) -> Result<Bytes, ArchiveError> {
    let file = BackupFile::Index.key(name);
    if let Some(manifest) = manifest {
        return read_recorded(store, &file, manifest.file(BackupFile::Index)).await;
    }
    let bytes = match store.read(&file, None).await {
        Err(StoreError::NotFound { .. }) => return Err(damaged(&file, "the file is missing")),
        other => other?,
    };
    Members::new(bytes.clone(), file).try_for_each(|member| member.map(drop))?;
    Ok(bytes)
}

/// The index that the archive should have.
async fn rebuild_index(store: &dyn Store, name: &BackupName) -> Result<Bytes, ArchiveError> {
    let file = BackupFile::Objects.key(name);
    let size = store
        .size(&file)
        .await?
        .ok_or_else(|| damaged(&file, "the file is missing"))?;
    let mut index = member::encoder(Vec::new());
    let (mut offset, mut portion) = (0, PORTION);
    while offset < size {
        let end = size.min(offset + portion);
        let bytes = store.read(&file, Some(offset..end)).await?;
        let scanned = tokio::task::spawn_blocking(move || scan(&bytes, offset)).await;
        let (lines, read) = scanned.map_err(compression_failed)??;
        if read == 0 && (end == size || portion >= LARGEST_PORTION) {
            return Err(damaged(
                &file,
                &format!("the member at byte {offset} cannot be decompressed"),
            ));
        }
        for line in lines {
            index
                .write_all(line.to_text()?.as_bytes())
                .map_err(compression_failed)?;
        }
        portion = if read == 0 { portion * 4 } else { PORTION };
        offset += read;
    }
    Ok(index.finish().map_err(compression_failed)?.into())
}

/// The lines for the members that are whole in `bytes`, which begin at `offset` of the file; and how long these are.
fn scan(bytes: &[u8], offset: u64) -> Result<(Vec<Line>, u64), ArchiveError> {
    let (mut lines, mut read, mut rest) = (Vec::new(), 0, bytes);
    while let Some((content, used)) = member::decompress_first(rest) {
        let (of_member, behind) = rest.split_at_checked(used).unwrap_or((rest, &[]));
        let length = u64::try_from(of_member.len()).map_err(compression_failed)?;
        let size = u64::try_from(content.len()).map_err(compression_failed)?;
        lines.push(Line::Member(MemberRecord {
            offset: offset + read,
            length,
            size,
            sha256: Digest::of(of_member),
        }));
        lines.extend(objects(&content).into_iter().map(Line::Object));
        read += length;
        rest = behind;
    }
    Ok((lines, read))
}

/// The objects in what a member holds. What is none is left out.
fn objects(content: &[u8]) -> Vec<ObjectRecord> {
    let mut archive = tar::Archive::new(content);
    let entries = archive.entries().into_iter().flatten().map_while(Result::ok);
    entries.filter_map(|entry| object(content, &entry)).collect()
}

fn object(content: &[u8], entry: &tar::Entry<'_, &[u8]>) -> Option<ObjectRecord> {
    /// What an object says of its type.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct TypeMeta {
        api_version: String,
        kind: String,
    }
    let id = entry::parse_path(std::str::from_utf8(&entry.path_bytes()).ok()?)?;
    let (offset, size) = (entry.raw_file_position(), entry.size());
    let start = usize::try_from(offset).ok()?;
    let json = content.get(start..start.checked_add(usize::try_from(size).ok()?)?)?;
    let TypeMeta { api_version, kind } = serde_json::from_slice(json).ok()?;
    let version = api_version.rsplit('/').next().unwrap_or_default().to_owned();
    let sha256 = Digest::of(json);
    Some(ObjectRecord {
        resource: id.resource,
        namespace: id.namespace,
        name: id.name,
        version,
        kind,
        offset,
        size,
        sha256,
    })
}

/// A manifest that says what can be known without it. The same files give the same one.
async fn rebuild_manifest(
    store: &dyn Store,
    name: &BackupName,
    index: &Bytes,
) -> Result<Manifest, ArchiveError> {
    let mut contents = Contents::default();
    for member in Members::new(index.clone(), BackupFile::Index.key(name)) {
        for object in member?.objects {
            contents.count(&object.resource, &object.version, &object.kind, object.size);
        }
    }
    let claim = Claim::read(store, name).await?;
    let since = claim.as_ref().map_or(Timestamp::UNIX_EPOCH, |claim| claim.since);
    Ok(Manifest {
        format: FORMAT,
        name: name.clone(),
        id: Digest::of(index).to_string(),
        created_at: since,
        completed_at: since,
        expires_at: None,
        program_version: claim.map(|claim| claim.program_version).unwrap_or_default(),
        source: Source::default(),
        labels: BTreeMap::new(),
        contents,
        warnings: 0,
        errors: 0,
        files: Vec::new(),
        signed_by: None,
        point: None,
    })
}

fn damaged(file: &str, message: &str) -> ArchiveError {
    ArchiveError::Damaged {
        file: file.to_owned(),
        message: message.to_owned(),
    }
}
