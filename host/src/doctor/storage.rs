//! Whether a store takes files, and what lies around in it.

use super::{Diagnosis, Verdict};
use crate::archive::{self, ArchiveError, BackupName, HeldClaim, Listing};
use crate::hooks;
use crate::report::{Code, Problem, units};
use crate::store::Store;
use jiff::Timestamp;
use uuid::Uuid;

/// Write a claim as a backup does first, and remove it.
pub(super) async fn check_writing(store: &dyn Store, diagnosis: &mut Diagnosis) {
    let name: BackupName = match format!("lazarette-doctor-{}", Uuid::new_v4()).parse() {
        Ok(name) => name,
        Err(error) => return diagnosis.fail("store", Problem::new(Code::Internal, format!("{error}"))),
    };
    let claim = match HeldClaim::take(store, &name).await {
        Ok(claim) => claim,
        Err(error) => return diagnosis.fail("store", error),
    };
    let message = format!("{} takes files", store.address());
    match claim.abandon().await {
        Ok(()) => diagnosis.note("store", Verdict::Good, format!("{message} and removes them")),
        Err(error) => diagnosis.note(
            "store",
            Verdict::Warning,
            format!("{message}, and does not remove them; the name {name} is taken now: {error}"),
        ),
    }
}

/// Backups that were never finished, and such as cannot be read.
pub(super) async fn check_remains(store: &dyn Store, diagnosis: &mut Diagnosis) {
    check_frozen(store, diagnosis).await;
    let Listing {
        backups, unfinished, ..
    } = match archive::list(store).await {
        Ok(listing) => listing,
        // Until the first backup there is no folder.
        Err(ArchiveError::Store(crate::store::StoreError::Absent { .. })) => return,
        Err(error) => return diagnosis.fail("store", error),
    };
    for error in backups.into_iter().filter_map(|backup| backup.manifest.err()) {
        diagnosis.note(
            "store",
            Verdict::Warning,
            format!("a backup cannot be used: {error}"),
        );
    }
    let now = Timestamp::now();
    for backup in unfinished {
        let (age, claim) = match &backup.claim {
            Some(claim) => (units::age(claim.since, now), format!(", {claim}")),
            None => ("unknown age".to_owned(), String::new()),
        };
        let message = format!(
            "backup {} was not finished ({age}{claim}): {} files of {}; `lazarette store cleanup` removes it when its \
             writer is gone",
            backup.name,
            backup.files,
            units::size(backup.bytes)
        );
        diagnosis.note("store", Verdict::Warning, message);
    }
}

/// Pods that runs with hooks may have left standing still.
async fn check_frozen(store: &dyn Store, diagnosis: &mut Diagnosis) {
    match hooks::frozen(store).await {
        Ok(left) => {
            for (_, problem) in left.problems() {
                diagnosis.warn("hooks", problem);
            }
        }
        Err(error) => diagnosis.warn("hooks", error.into()),
    }
}
