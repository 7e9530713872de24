//! The name of a backup on the command line.

use crate::archive::{self, ArchiveError, BackupName, Listing};
use crate::cli::completions::backups;
use crate::report::{Code, Problem, did_you_mean};
use crate::store::Store;
use clap::Args;

/// The argument that names a backup.
#[derive(Args, Debug)]
pub(super) struct Name {
    /// Name of the backup
    #[arg(value_name = "BACKUP", add = backups())]
    pub backup: BackupName,
}

/// `error` as the user sees it: where there is no such backup, with the name that they may have meant.
pub(in crate::cli) async fn explain(error: ArchiveError, store: &dyn Store) -> Problem {
    let ArchiveError::NotFound { name, .. } = &error else {
        return error.into();
    };
    let Listing {
        backups, of_velero, ..
    } = archive::list(store).await.unwrap_or_default();
    let ours = backups.iter().map(|backup| &backup.name);
    let names = ours.chain(of_velero.iter().map(|backup| &backup.name));
    let known: Vec<String> = names.map(ToString::to_string).collect();
    let meant = did_you_mean(name.as_str(), &known);
    Problem::new(Code::NotFound, format!("{error}{meant}"))
}
