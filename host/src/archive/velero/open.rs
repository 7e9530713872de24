//! Opening a backup that Velero wrote.

use super::backup::VeleroBackup;
use super::scan::{Copies, Scanned, scan};
use super::spool::{SpoolWriter, contents};
use super::stream::{LONGEST, decompress, feed, portions};
use super::volumes::volumes;
use crate::archive::block::Block;
use crate::archive::file::compression_failed;
use crate::archive::{
    ArchiveError, Backup, BackupFile, BackupName, Contents, FORMAT, Finding, Manifest, Salvage, Source,
};
use crate::store::{Store, StoreError};
use jiff::Timestamp;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many blocks wait to be compressed.
const WAITING: usize = 2;

/// Open the backup `name`, all of which must be whole.
pub(in crate::archive) async fn open(
    store: Arc<dyn Store>,
    name: &BackupName,
) -> Result<Backup, ArchiveError> {
    let Salvage { backup, findings } = salvage(store, name).await?;
    match findings.into_iter().next() {
        None => Ok(backup),
        Some(Finding {
            file,
            object,
            message,
        }) => Err(ArchiveError::Damaged {
            file,
            message: object.map(|id| format!("{id}: {message}")).unwrap_or(message),
        }),
    }
}

/// Open the backup `name` as far as it can be read.
pub(in crate::archive) async fn salvage(
    store: Arc<dyn Store>,
    name: &BackupName,
) -> Result<Salvage, ArchiveError> {
    let velero = VeleroBackup::read(store.as_ref(), name).await?;
    let mut notes = velero.warnings();
    notes.extend(note_on_volumes(volumes(store.as_ref(), name).await?));
    let (blocks, mut waiting) = mpsc::channel(WAITING);
    let pass = pass(store.as_ref(), name, Copies::Skip, blocks);
    let write = async {
        let mut spool = SpoolWriter::new()?;
        while let Some(block) = waiting.recv().await {
            spool.append(block).await?;
        }
        // A pass that nobody listens to any more ends.
        drop(waiting);
        Ok::<_, ArchiveError>(spool)
    };
    let (scanned, spool) = tokio::join!(pass, write);
    let (
        Scanned {
            dropped, findings, ..
        },
        _,
    ) = scanned?;
    let (spool, index) = spool?.finish(&dropped).await?;
    let manifest = manifest(&velero, contents(&index)?);
    Ok(Salvage {
        backup: Backup::spooled(store, manifest, index, spool, notes),
        findings: findings.into_vec(),
    })
}

/// Read the archive from its beginning to its end, and hand its objects to `blocks`. The size of the archive is the
/// second result.
pub(super) async fn pass(
    store: &dyn Store,
    name: &BackupName,
    copies: Copies,
    blocks: mpsc::Sender<Block>,
) -> Result<(Scanned, u64), ArchiveError> {
    let file = BackupFile::Objects.key(name);
    let (sender, portions) = portions();
    let key = file.clone();
    let scanning = tokio::task::spawn_blocking(move || {
        let mut sink = |block| {
            blocks
                .blocking_send(block)
                .map_err(|_| io::ErrorKind::BrokenPipe.into())
        };
        scan(decompress(portions, LONGEST), &key, copies, &mut sink)
    });
    let (fed, scanned) = tokio::join!(feed(store, &file, sender), scanning);
    let size = match fed {
        Err(StoreError::NotFound { .. }) => {
            let message = "the file is missing".to_owned();
            return Err(ArchiveError::Damaged { file, message });
        }
        other => other?,
    };
    Ok((scanned.map_err(compression_failed)?, size))
}

fn note_on_volumes(count: usize) -> Option<String> {
    let volumes = match count {
        0 => return None,
        1 => "one volume".to_owned(),
        count => format!("{count} volumes"),
    };
    Some(format!(
        "Velero keeps the data of {volumes} with this backup; what is in CSI snapshots is restored from there"
    ))
}

/// What our manifest would say.
fn manifest(velero: &VeleroBackup, contents: Contents) -> Manifest {
    let created_at = velero.started_at.unwrap_or(Timestamp::UNIX_EPOCH);
    Manifest {
        format: FORMAT,
        name: velero.name.clone(),
        id: velero.uid.clone(),
        created_at,
        completed_at: velero.completed_at.unwrap_or(created_at),
        expires_at: velero.expires_at,
        program_version: velero.written_by.to_owned(),
        source: Source {
            cluster: String::new(),
            filter: velero.filter.clone(),
        },
        labels: velero.labels.clone(),
        contents,
        warnings: velero.warnings,
        errors: velero.errors,
        files: Vec::new(),
        signed_by: None,
        point: None,
    }
}
