//! Velero's list of what is in a backup, read: `{"apps/v1/Deployment":["shop/web"],"v1/Namespace":["shop"]}`.

use super::stream::read_small;
use crate::archive::{ArchiveError, BackupFile, BackupName};
use crate::store::Store;
use std::collections::BTreeMap;

/// A hundred bytes for each of a few million objects.
const LARGEST: u64 = 512 * 1024 * 1024;

/// How many objects there are of each kind. None where there is no list; an error in words where it cannot be read.
pub(super) async fn read(
    store: &dyn Store,
    name: &BackupName,
) -> Result<Option<Result<BTreeMap<String, u64>, String>>, ArchiveError> {
    let key = BackupFile::ResourceList.key(name);
    let Some(content) = read_small(store, &key, LARGEST).await? else {
        return Ok(None);
    };
    let counts = content.map_err(|error| error.to_string()).and_then(|content| {
        let list: BTreeMap<String, Vec<String>> =
            serde_json::from_slice(&content).map_err(|error| error.to_string())?;
        let count = |objects: Vec<String>| u64::try_from(objects.len()).unwrap_or(u64::MAX);
        Ok(list
            .into_iter()
            .map(|(kind, objects)| (kind, count(objects)))
            .collect())
    });
    Ok(Some(counts))
}
