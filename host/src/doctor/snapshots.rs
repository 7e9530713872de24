//! Snapshots that belong to no backup any more, and what helped to make or use some.

use super::{Diagnosis, Verdict};
use crate::cluster::Cluster;
use crate::report::{Code, Problem};
use crate::store::Store;
use crate::volumes::{orphans, remove_orphan};

/// Look for orphans in a live cluster, and with `fix` remove them. Only what carries labels of this program is looked at, and
/// of snapshots only those of backups that were in this store and are gone.
pub async fn check_snapshots(cluster: &dyn Cluster, store: &dyn Store, fix: bool, diagnosis: &mut Diagnosis) {
    if !cluster.is_live() {
        return;
    }
    let found = match orphans(cluster, store).await {
        Ok(found) => found,
        Err(problem) => return diagnosis.warn("snapshots", problem),
    };
    if found.is_empty() {
        return diagnosis.note(
            "snapshots",
            Verdict::Good,
            "none belongs to a backup that is gone",
        );
    }
    for orphan in found {
        let reason = &orphan.reason;
        if !fix {
            let problem = Problem::new(Code::SnapshotsOrphaned, reason.as_str());
            diagnosis.warn("snapshots", problem.about(&orphan.id));
            continue;
        }
        match remove_orphan(cluster, &orphan).await {
            Ok(()) => {
                let message = format!("{} is removed: {reason}", orphan.id);
                diagnosis.note("snapshots", Verdict::Good, message);
            }
            Err(problem) => diagnosis.fail("snapshots", problem.about(&orphan.id)),
        }
    }
}
