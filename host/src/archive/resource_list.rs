//! Velero's list of what is in a backup: `{"apps/v1/Deployment":["shop/web"],"v1/Namespace":["shop"]}`.

use super::file::GzipFileWriter;
use super::{ArchiveError, BackupFile, FileRecord, HeldClaim};
use crate::object::{ObjectId, ResourceType};

/// Writes the list as objects come, type by type.
pub(super) struct ResourceListWriter {
    file: GzipFileWriter,
    kind: Option<String>,
}

impl ResourceListWriter {
    pub(super) async fn begin(claim: &HeldClaim<'_>) -> Result<Self, ArchiveError> {
        let mut file = GzipFileWriter::begin(claim, BackupFile::ResourceList).await?;
        file.write("{").await?;
        Ok(ResourceListWriter { file, kind: None })
    }

    /// Append an object. Those of a type come one after the other.
    pub(super) async fn append(&mut self, of: &ResourceType, id: &ObjectId) -> Result<(), ArchiveError> {
        let kind = format!("{}/{}", of.resource.api_version(&of.version), of.kind);
        let object = match &id.namespace {
            Some(namespace) => quoted(&format!("{namespace}/{}", id.name))?,
            None => quoted(&id.name)?,
        };
        let text = if self.kind.as_ref() == Some(&kind) {
            format!(",{object}")
        } else {
            let end_of_last = if self.kind.is_some() { "]," } else { "" };
            format!("{end_of_last}{}:[{object}", quoted(&kind)?)
        };
        self.kind = Some(kind);
        self.file.write(&text).await
    }

    pub(super) async fn commit(mut self) -> Result<FileRecord, ArchiveError> {
        self.file
            .write(if self.kind.is_some() { "]}" } else { "}" })
            .await?;
        self.file.commit().await
    }
}

fn quoted(text: &str) -> Result<String, ArchiveError> {
    serde_json::to_string(text).map_err(|error| ArchiveError::Internal(error.to_string()))
}
