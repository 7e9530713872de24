//! Files of a backup in the making: what is written to them is digested and counted on the way.

use super::encryption::{self, Sealer};
use super::{ArchiveError, BackupFile, Digest, Digester, FileRecord, HeldClaim, member};
use crate::store::{StoreError, Upload};
use bytes::Bytes;
use flate2::write::GzEncoder;
use std::io::Write;

/// How many compressed bytes are gathered before they go to the store.
const PORTION: usize = 256 * 1024;

/// A file of a backup in the making.
pub(super) struct FileWriter {
    upload: Box<dyn Upload>,
    digester: Digester,
    name: String,
    /// What encrypts it, if anything does, and how many bytes that gave.
    sealer: Option<(Sealer, u64)>,
}

impl FileWriter {
    /// Begin `file` of the backup that is claimed.
    pub(super) async fn begin(claim: &HeldClaim<'_>, file: BackupFile) -> Result<FileWriter, ArchiveError> {
        let (name, protection) = (claim.name(), claim.protection());
        let sealer = match protection.encrypts() {
            true => Some((Sealer::new(&protection.recipients)?, 0)),
            false => None,
        };
        Ok(FileWriter {
            upload: claim.store().upload(&file.key(name)).await?,
            digester: Digester::default(),
            name: file.file_name(name),
            sealer,
        })
    }

    /// Append bytes.
    pub(super) async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        self.digester.update(&bytes);
        let bytes = match &mut self.sealer {
            None => bytes,
            Some((sealer, stored)) => {
                let sealed = sealer.write(&bytes)?;
                *stored += wide(sealed.len());
                sealed
            }
        };
        Ok(self.upload.write(Bytes::from(bytes)).await?)
    }

    /// How many bytes were written.
    pub(super) fn size(&self) -> u64 {
        self.digester.size()
    }

    /// Make the file visible.
    pub(super) async fn commit(mut self) -> Result<FileRecord, ArchiveError> {
        let mut stored = None;
        if let Some((sealer, before)) = self.sealer.take() {
            let rest = sealer.finish()?;
            stored = Some(before + wide(rest.len()));
            self.upload.write(Bytes::from(rest)).await?;
        }
        self.upload.commit().await?;
        Ok(FileRecord {
            name: self.name,
            size: self.digester.size(),
            stored,
            sha256: self.digester.finish(),
        })
    }
}

/// A compressed file of a backup in the making. It is never held: portions go to the store as they are full.
pub(super) struct GzipFileWriter {
    file: FileWriter,
    encoder: GzEncoder<Vec<u8>>,
}

impl GzipFileWriter {
    /// Begin `file` of the backup that is claimed.
    pub(super) async fn begin(
        claim: &HeldClaim<'_>,
        file: BackupFile,
    ) -> Result<GzipFileWriter, ArchiveError> {
        Ok(GzipFileWriter {
            file: FileWriter::begin(claim, file).await?,
            encoder: member::encoder(Vec::new()),
        })
    }

    /// Append text.
    pub(super) async fn write(&mut self, text: &str) -> Result<(), ArchiveError> {
        self.encoder
            .write_all(text.as_bytes())
            .map_err(compression_failed)?;
        if self.encoder.get_ref().len() >= PORTION {
            self.file.write(std::mem::take(self.encoder.get_mut())).await?;
        }
        Ok(())
    }

    /// Make the file visible.
    pub(super) async fn commit(mut self) -> Result<FileRecord, ArchiveError> {
        let rest = self.encoder.finish().map_err(compression_failed)?;
        self.file.write(rest).await?;
        self.file.commit().await
    }
}

/// Compressing into memory does not fail, unless we are wrong.
pub(super) fn compression_failed(error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Internal(format!("compressing failed: {error}"))
}

/// A small file as it is written.
pub(super) struct SmallFile {
    record: FileRecord,
    file: BackupFile,
    stored: Bytes,
}

impl SmallFile {
    /// `file` of the backup that is claimed, which holds `bytes`.
    pub(super) fn new(
        claim: &HeldClaim<'_>,
        file: BackupFile,
        bytes: Vec<u8>,
    ) -> Result<SmallFile, ArchiveError> {
        let protection = claim.protection();
        let mut record = FileRecord {
            name: file.file_name(claim.name()),
            size: wide(bytes.len()),
            stored: None,
            sha256: Digest::of(&bytes),
        };
        let stored = match protection.encrypts() {
            true => encryption::seal(&protection.recipients, &bytes)?,
            false => bytes,
        };
        if protection.encrypts() {
            record.stored = Some(wide(stored.len()));
        }
        Ok(SmallFile {
            record,
            file,
            stored: stored.into(),
        })
    }

    /// Write it whole.
    pub(super) async fn put(&self, claim: &HeldClaim<'_>) -> Result<FileRecord, ArchiveError> {
        let key = self.file.key(claim.name());
        claim.store().put_if_absent(&key, self.stored.clone()).await?;
        Ok(self.record.clone())
    }

    /// Remove it if it is as it was written still.
    pub(super) async fn take_back(&self, claim: &HeldClaim<'_>) -> Result<(), ArchiveError> {
        let key = self.file.key(claim.name());
        match claim.store().read(&key, None).await {
            Ok(there) if there == self.stored => Ok(claim.store().delete(&key).await?),
            Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
