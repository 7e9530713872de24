//! Labels and annotations that say to which backup, or restore, an object of the snapshot API belongs.

use crate::archive::BackupName;
use crate::store::Store;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The id of the writer of a backup: what tells it from a later one of its name.
pub(crate) const WRITER: &str = "lazarette.dev/backup-writer";

/// The name of the backup, as far as it fits into a label. Velero's own, so that selectors which people have go on working.
const BACKUP: &str = "velero.io/backup-name";

/// The whole name of the backup, and the store that it is in.
const BACKUP_NAME: &str = "lazarette.dev/backup-name";
const STORE: &str = "lazarette.dev/store";

/// The name of the restore that an object helps, as far as it fits into a label.
pub(crate) const HELPS: &str = "lazarette.dev/helps-restore";

/// The backup that a snapshot belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its name.
    pub backup: BackupName,
    /// The id of its writer, from its claim.
    pub writer: String,
    /// The store that it is in, by its whole address.
    pub store: String,
}

impl Origin {
    /// The backup `backup` of the writer `writer` in a store.
    pub fn new(backup: &BackupName, writer: &str, store: &dyn Store) -> Self {
        Origin {
            backup: backup.clone(),
            writer: writer.to_owned(),
            store: Origin::store_of(store),
        }
    }

    /// What tells a store from every other one: its address, and of a folder its whole path and the machine that it is on.
    /// Of two stores that were taken for one, the snapshots of one would look like orphans of the other.
    pub(super) fn store_of(store: &dyn Store) -> String {
        let address = store.address();
        let Some(folder) = address.strip_prefix("file:").map(Path::new) else {
            return address;
        };
        let whole = folder.canonicalize().or_else(|_| std::path::absolute(folder));
        let whole = whole.unwrap_or_else(|_| folder.to_owned());
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        format!("file:{} on {host}", whole.display())
    }

    /// Mark an object as one of the backup.
    pub(super) fn put(&self, object: &mut Value) {
        set(object, "labels", BACKUP, &label_value(self.backup.as_str()));
        set(object, "labels", WRITER, &self.writer);
        set(object, "annotations", BACKUP_NAME, self.backup.as_str());
        set(object, "annotations", STORE, &self.store);
    }

    /// The backup that an object was marked with; none where it was not, or somebody has changed the marks.
    pub(super) fn of(object: &Value) -> Option<Self> {
        let get = |map: &str, key: &str| object.pointer("/metadata")?.get(map)?.get(key)?.as_str();
        Some(Origin {
            backup: get("annotations", BACKUP_NAME)?.parse().ok()?,
            writer: get("labels", WRITER)?.to_owned(),
            store: get("annotations", STORE)?.to_owned(),
        })
    }

    /// The name of the object that asks for the snapshot of a claim: the same whenever it is asked, so that nothing is
    /// cut twice after a lost answer.
    pub(super) fn name(&self, namespace: &str, claim: &str) -> String {
        unique(&[&self.writer, namespace, claim])
    }
}

/// A name that is the same for the same parts, and for no others.
pub(crate) fn unique(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
        digest.update([0]);
    }
    let digest = hex::encode(digest.finalize());
    format!("lazarette-{}", digest.get(..20).unwrap_or_default())
}

/// Set a label or an annotation.
pub(crate) fn set(object: &mut Value, map: &str, key: &str, value: &str) {
    let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let entries = metadata.entry(map).or_insert_with(|| Value::Object(Map::new()));
    if entries.is_null() {
        *entries = json!({});
    }
    if let Some(entries) = entries.as_object_mut() {
        entries.insert(key.to_owned(), value.into());
    }
}

/// A name as the value of a label: one that is too long is told by its digest.
pub(crate) fn label_value(name: &str) -> String {
    match name.len() <= 63 {
        true => name.to_owned(),
        false => unique(&[name]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_on_an_object_is_read_from_it() {
        let origin = Origin {
            backup: format!("{}.b", "a".repeat(70)).parse().unwrap(),
            writer: "w".to_owned(),
            store: "file:/backups".to_owned(),
        };
        let mut object = json!({"metadata": {"name": "s", "labels": null}});
        origin.put(&mut object);
        assert_eq!(Origin::of(&object), Some(origin));
        let label = object["metadata"]["labels"][BACKUP].as_str().unwrap();
        assert!(label.len() <= 63, "{label}");
        assert_eq!(Origin::of(&json!({"metadata": {"name": "s"}})), None);
    }

    #[test]
    fn names_are_of_their_parts_in_their_order() {
        assert_eq!(unique(&["a", "b"]), unique(&["a", "b"]));
        assert_ne!(unique(&["a", "b"]), unique(&["ab", ""]));
        assert_ne!(unique(&["a", "b"]), unique(&["b", "a"]));
    }
}
