//! Files of a backup in the making: what is written to them is digested and counted on the way.

use super::{ArchiveError, BackupFile, BackupName, Digester, FileRecord, member};
use crate::store::{Store, StoreError, Upload};
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
}

impl FileWriter {
    /// Begin `file` of the backup `name`.
    pub(super) async fn begin(
        store: &dyn Store,
        name: &BackupName,
        file: BackupFile,
    ) -> Result<FileWriter, ArchiveError> {
        let upload = store.upload(&file.key(name)).await?;
        Ok(FileWriter {
            upload,
            digester: Digester::default(),
            name: file.file_name(name),
        })
    }

    /// Append bytes.
    pub(super) async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        self.digester.update(&bytes);
        Ok(self.upload.write(Bytes::from(bytes)).await?)
    }

    /// How many bytes were written.
    pub(super) fn size(&self) -> u64 {
        self.digester.size()
    }

    /// Make the file visible.
    pub(super) async fn commit(self) -> Result<FileRecord, ArchiveError> {
        self.upload.commit().await?;
        Ok(FileRecord {
            name: self.name,
            size: self.digester.size(),
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
    /// Begin `file` of the backup `name`.
    pub(super) async fn begin(
        store: &dyn Store,
        name: &BackupName,
        file: BackupFile,
    ) -> Result<GzipFileWriter, ArchiveError> {
        Ok(GzipFileWriter {
            file: FileWriter::begin(store, name, file).await?,
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

/// Write a small file whole.
pub(super) async fn put(
    store: &dyn Store,
    name: &BackupName,
    file: BackupFile,
    bytes: Vec<u8>,
) -> Result<FileRecord, ArchiveError> {
    let mut digester = Digester::default();
    digester.update(&bytes);
    store.put_if_absent(&file.key(name), Bytes::from(bytes)).await?;
    Ok(FileRecord {
        name: file.file_name(name),
        size: digester.size(),
        sha256: digester.finish(),
    })
}

/// Remove a small file if it holds `bytes` still.
pub(super) async fn take_back(
    store: &dyn Store,
    name: &BackupName,
    file: BackupFile,
    bytes: &[u8],
) -> Result<(), ArchiveError> {
    let key = file.key(name);
    match store.read(&key, None).await {
        Ok(there) if there == bytes => Ok(store.delete(&key).await?),
        Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
