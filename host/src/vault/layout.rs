//! Where the files of the repository lie in a store: what restic calls its default layout, below `restic/`, a folder that
//! Velero knows too.

use crate::store::{Store, StoreError};
use rustic_core::{FileType, Id};

/// What all keys of the repository begin with.
pub(super) const REPOSITORY: &str = "restic/";
/// Beside the repository's own files, where restic looks at nothing.
pub(super) const NOTES: &str = "restic/lazarette/";
/// The file that every repository has.
pub(super) const CONFIG: &str = "restic/config";
/// Where locks lie. The library knows none; see [`super::lock`].
pub(super) const LOCKS: &str = "locks";

/// The folder of a type of files, with `/` at its end. `snapshots` is the one in which snapshots are looked for.
pub(super) fn folder(file_type: FileType, snapshots: &str) -> String {
    match file_type {
        FileType::Snapshot => format!("{REPOSITORY}{snapshots}/"),
        other => format!("{REPOSITORY}{}/", other.dirname()),
    }
}

/// The key of a file. There is one [`FileType::Config`], whatever its id.
pub(super) fn key(file_type: FileType, id: &Id, snapshots: &str) -> String {
    let (folder, name) = (folder(file_type, snapshots), id.to_hex());
    let name = name.as_str();
    match file_type {
        FileType::Config => CONFIG.to_owned(),
        FileType::Pack => format!("{folder}{}/{name}", name.get(..2).unwrap_or_default()),
        _ => format!("{folder}{name}"),
    }
}

/// The id of the file with `key`; none where it is no file of a repository.
pub(super) fn id(key: &str) -> Option<Id> {
    key.rsplit('/').next()?.parse().ok()
}

/// The size of the file that every repository has; none where there is no repository, or not even a store.
pub(super) async fn config_size(store: &dyn Store) -> Result<Option<u64>, StoreError> {
    match store.size(CONFIG).await {
        Err(StoreError::Absent { .. }) => Ok(None),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const ID: &str = "0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b";

    #[rstest]
    #[case(FileType::Config, "snapshots", "restic/config".to_owned())]
    #[case(FileType::Key, "snapshots", format!("restic/keys/{ID}"))]
    #[case(FileType::Index, "locks", format!("restic/index/{ID}"))]
    #[case(FileType::Snapshot, "snapshots", format!("restic/snapshots/{ID}"))]
    #[case(FileType::Snapshot, "locks", format!("restic/locks/{ID}"))]
    #[case(FileType::Pack, "snapshots", format!("restic/data/0a/{ID}"))]
    fn files_lie_where_restic_looks_for_them(
        #[case] file_type: FileType,
        #[case] snapshots: &str,
        #[case] expected: String,
    ) {
        let named: Id = ID.parse().unwrap();
        assert_eq!(key(file_type, &named, snapshots), expected);
        if file_type != FileType::Config {
            assert_eq!(id(&expected), Some(named));
        }
    }

    #[rstest]
    #[case("restic/data/0a/notes.txt")]
    #[case("restic/data/0a/0a1b")]
    #[case("")]
    fn other_files_have_no_id(#[case] key: &str) {
        assert_eq!(id(key), None);
    }
}
