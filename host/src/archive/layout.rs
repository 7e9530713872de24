//! Where the files of a backup lie in a store. The layout is Velero's, with three files more.

use super::BackupName;

/// What all keys of backups begin with.
pub(super) const BACKUPS: &str = "backups/";

/// A file of a backup, in the order in which they are made visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackupFile {
    /// Who writes the backup, since when. The first.
    Claim,
    /// The objects: `NAME.tar.gz`.
    Objects,
    /// Where in [`BackupFile::Objects`] each object lies, and its digest.
    Index,
    /// Velero's list of what is in a backup.
    ResourceList,
    /// Velero's list of warnings and errors.
    Results,
    /// What hooks did, and what their plugins keep. Only in a backup that had some.
    Hooks,
    /// Which snapshots of volumes belong to it, and of which volumes there is none. Only in a backup of a cluster that has
    /// some.
    Volumes,
    /// Velero's list of the `VolumeSnapshot`s.
    CsiSnapshots,
    /// Velero's list of their contents.
    CsiContents,
    /// Velero's list of their classes.
    CsiClasses,
    /// Velero's Backup resource. Velero sees a backup when this is there.
    VeleroBackup,
    /// What the backup is, and the digest of every other file. The last: without it there is no backup.
    Manifest,
}

impl BackupFile {
    /// Those that every backup has, unless it is encrypted, in their order.
    pub const ALL: [BackupFile; 7] = [
        BackupFile::Claim,
        BackupFile::Objects,
        BackupFile::Index,
        BackupFile::ResourceList,
        BackupFile::Results,
        BackupFile::VeleroBackup,
        BackupFile::Manifest,
    ];

    /// The file's name in the folder of the backup `name`.
    pub fn file_name(self, name: &BackupName) -> String {
        match self {
            BackupFile::Claim => "lazarette-claim.json".to_owned(),
            BackupFile::Objects => format!("{name}.tar.gz"),
            BackupFile::Index => format!("{name}-lazarette-index.jsonl.gz"),
            BackupFile::ResourceList => format!("{name}-resource-list.json.gz"),
            BackupFile::Results => format!("{name}-results.gz"),
            BackupFile::Hooks => format!("{name}-lazarette-hooks.json.gz"),
            BackupFile::Volumes => format!("{name}-lazarette-volumes.json.gz"),
            BackupFile::CsiSnapshots => format!("{name}-csi-volumesnapshots.json.gz"),
            BackupFile::CsiContents => format!("{name}-csi-volumesnapshotcontents.json.gz"),
            BackupFile::CsiClasses => format!("{name}-csi-volumesnapshotclasses.json.gz"),
            BackupFile::VeleroBackup => "velero-backup.json".to_owned(),
            BackupFile::Manifest => "lazarette-manifest.json".to_owned(),
        }
    }

    /// The file's key in a store.
    pub fn key(self, name: &BackupName) -> String {
        format!("{}{}", folder(name), self.file_name(name))
    }
}

/// What the keys of all files of a backup begin with.
pub(super) fn folder(name: &BackupName) -> String {
    format!("{BACKUPS}{name}/")
}
