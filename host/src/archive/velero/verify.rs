//! Checking a backup that Velero wrote, as far as that can be done: Velero keeps no digests.

use super::backup::VeleroBackup;
use super::findings::Findings;
use super::open::pass;
use super::resource_list;
use super::scan::{Copies, Scanned};
use super::stream::{LONGEST, decompress, feed, portions};
use crate::archive::block::Block;
use crate::archive::file::compression_failed;
use crate::archive::{ArchiveError, BackupFile, BackupName, Verification, layout};
use crate::report::Progress;
use crate::store::{Entry, Store};
use std::collections::BTreeMap;
use std::io;
use tokio::sync::mpsc;

/// Read all of the backup `name`: the archive must be whole by the checksums of gzip and tar, every object must be what
/// its path says, its two copies must be equal, and the counts must be those of Velero's list and of its Backup
/// resource. The other files must decompress.
pub(in crate::archive) async fn verify(
    store: &dyn Store,
    name: &BackupName,
    progress: &Progress,
) -> Result<Verification, ArchiveError> {
    let mut verification = Verification::new(name.clone());
    verification.has_digests = false;
    let velero = match VeleroBackup::read(store, name).await {
        Err(ArchiveError::Damaged { file, message } | ArchiveError::Unsupported { file, message }) => {
            verification.find(file, None, message);
            return Ok(verification);
        }
        other => other?,
    };
    progress.begin("Checking objects", velero.objects);
    let mut findings = Findings::default();
    for Entry { key, size } in store.list(&layout::folder(name)).await? {
        verification.files += 1;
        verification.bytes += size;
        if key.ends_with(".gz") && key != BackupFile::Objects.key(name) {
            check_file(store, &key, &mut findings).await?;
        }
    }
    match check_objects(store, name, progress).await {
        Ok(scanned) => {
            verification.objects = scanned.kinds.values().sum();
            compare(store, &velero, &scanned, &mut findings).await?;
            verification.findings.extend(scanned.findings.into_vec());
        }
        Err(ArchiveError::Damaged { file, message }) => verification.find(file, None, message),
        Err(error) => return Err(error),
    }
    verification.findings.extend(findings.into_vec());
    Ok(verification)
}

/// Whether a compressed file decompresses.
async fn check_file(store: &dyn Store, key: &str, findings: &mut Findings) -> Result<(), ArchiveError> {
    let (sender, portions) = portions();
    let reading =
        tokio::task::spawn_blocking(|| io::copy(&mut decompress(portions, LONGEST), &mut io::sink()));
    let (fed, read) = tokio::join!(feed(store, key, sender), reading);
    fed?;
    if let Err(error) = read.map_err(compression_failed)? {
        findings.add(key, None, format!("it cannot be decompressed: {error}"));
    }
    Ok(())
}

async fn check_objects(
    store: &dyn Store,
    name: &BackupName,
    progress: &Progress,
) -> Result<Scanned, ArchiveError> {
    let (blocks, mut waiting) = mpsc::channel::<Block>(1);
    let count = async {
        while let Some(block) = waiting.recv().await {
            progress.advance(block.objects());
        }
    };
    let (scanned, ()) = tokio::join!(pass(store, name, Copies::Compare, blocks), count);
    Ok(scanned?.0)
}

/// Compare what is there with what Velero says is there.
async fn compare(
    store: &dyn Store,
    velero: &VeleroBackup,
    scanned: &Scanned,
    findings: &mut Findings,
) -> Result<(), ArchiveError> {
    let there: u64 = scanned.kinds.values().sum();
    if let Some(count) = velero.objects.filter(|count| *count != there) {
        let message = format!("it says that there are {count} objects, and the archive holds {there}");
        findings.add(&BackupFile::VeleroBackup.key(&velero.name), None, message);
    }
    let file = BackupFile::ResourceList.key(&velero.name);
    match resource_list::read(store, &velero.name).await? {
        None => {}
        Some(Err(message)) => findings.add(&file, None, format!("the list cannot be read: {message}")),
        Some(Ok(listed)) => {
            let kinds = listed
                .keys()
                .chain(scanned.kinds.keys().filter(|kind| !listed.contains_key(*kind)));
            for kind in kinds {
                let count = |counts: &BTreeMap<String, u64>| counts.get(kind).copied().unwrap_or_default();
                let (listed, there) = (count(&listed), count(&scanned.kinds));
                if listed != there {
                    let message =
                        format!("it lists {listed} objects of {kind}, and the archive holds {there}");
                    findings.add(&file, None, message);
                }
            }
        }
    }
    Ok(())
}
