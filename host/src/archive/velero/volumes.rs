//! How many volumes a backup has data of, by the lists that Velero keeps beside it.

use super::stream::read_small;
use crate::archive::{ArchiveError, BackupName, layout};
use crate::store::Store;
use serde_json::Value;

/// A list of the volumes of ten thousand pods has a few megabytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// How many volumes the backup `name` has data of, as far as its lists can be read. Early versions had a list for each
/// way to keep data, later ones have one for all.
pub(super) async fn volumes(store: &dyn Store, name: &BackupName) -> Result<usize, ArchiveError> {
    if let Some(volumes) = list(store, name, "volumeinfo").await? {
        return Ok(volumes.iter().filter(|volume| is_kept(volume)).count());
    }
    let mut count = 0;
    for kind in ["podvolumebackups", "volumesnapshots", "csi-volumesnapshots"] {
        count += list(store, name, kind).await?.map_or(0, |volumes| volumes.len());
    }
    Ok(count)
}

fn is_kept(volume: &Value) -> bool {
    let skipped = volume.get("skipped").and_then(Value::as_bool).unwrap_or_default();
    let method = volume
        .get("backupMethod")
        .and_then(Value::as_str)
        .unwrap_or_default();
    !skipped && !method.is_empty()
}

/// The entries of one of these lists; none where it is not there, or cannot be read.
pub(in crate::archive) async fn list(
    store: &dyn Store,
    name: &BackupName,
    kind: &str,
) -> Result<Option<Vec<Value>>, ArchiveError> {
    let key = format!("{}{name}-{kind}.json.gz", layout::folder(name));
    let content = read_small(store, &key, LARGEST).await?.and_then(Result::ok);
    Ok(content.and_then(|content| serde_json::from_slice(&content).ok()))
}
