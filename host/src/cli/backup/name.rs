//! The name of a backup on the command line.

use crate::archive::{self, ArchiveError, BackupName};
use crate::report::{Code, Problem, did_you_mean};
use crate::store::Store;
use clap::Args;

/// The argument that names a backup.
#[derive(Args, Debug)]
pub(super) struct Name {
    /// Name of the backup
    #[arg(value_name = "BACKUP")]
    pub backup: BackupName,
}

/// `error` as the user sees it: where there is no such backup, with the name that they may have meant.
pub(in crate::cli) async fn explain(error: ArchiveError, store: &dyn Store) -> Problem {
    let ArchiveError::NotFound { name, .. } = &error else {
        return error.into();
    };
    let known = archive::list(store)
        .await
        .map(|listing| listing.backups)
        .unwrap_or_default();
    let known: Vec<String> = known.into_iter().map(|backup| backup.name.to_string()).collect();
    let meant = did_you_mean(name.as_str(), &known);
    Problem::new(Code::NotFound, format!("{error}{meant}"))
}
