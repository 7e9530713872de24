//! Notes in the store about pods that may stand still.

use super::bracket::Standing;
use crate::archive::{ArchiveError, HeldClaim, NoteKind};
use crate::hooks::{FrozenPod, PodFacts, PodName, ThawRecord};
use crate::report::{Code, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// What is noted of pods of `cluster` that are about to stand still.
pub(super) fn record(cluster: String, brackets: &[Vec<Standing>]) -> ThawRecord {
    let frozen = |pod: &Standing| FrozenPod::new(pod.attendance.pod(), &pod.attendance.hooks());
    ThawRecord {
        cluster,
        since: Timestamp::now(),
        pods: brackets.iter().flatten().map(frozen).collect(),
    }
}

/// Note that pods are about to stand still.
pub(super) async fn freeze(claim: &HeldClaim<'_>, record: &ThawRecord) -> Result<(), ArchiveError> {
    claim.note(NoteKind::Frozen, to_json(record)?).await
}

/// The pods of which nothing is under way any more, and the others.
pub(super) fn by_certainty(brackets: &[Vec<Standing>]) -> (Vec<PodName>, Vec<PodName>) {
    let (thawed, frozen): (Vec<_>, Vec<_>) = brackets.iter().flatten().partition(|pod| pod.is_certain);
    let names = |pods: Vec<&Standing>| pods.into_iter().map(Standing::name).collect();
    (names(thawed), names(frozen))
}

/// Note that these pods stand still no longer.
pub(super) async fn thaw(claim: &HeldClaim<'_>, pods: &[PodName]) {
    let written = match to_json(&pods) {
        Ok(text) => claim.note(NoteKind::Thawed, text).await,
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        // Nothing is lost but that somebody may run the after-hooks once more.
        tracing::warn!("that pods stand still no longer could not be noted: {error}");
    }
}

/// Note, for those who have no key, too, that all hooks have ended and no pod stands still.
pub(super) async fn thaw_all(claim: &HeldClaim<'_>) {
    if let Err(error) = claim.note_all_thawed().await {
        // Nothing is lost but that somebody without a key may be told to look.
        tracing::warn!("that no pod stands still could not be noted: {error}");
    }
}

/// That a pod may stand still.
pub(super) fn still(pod: &PodName) -> Problem {
    let message = "its after-hooks did not come to a known end, so it may still stand still";
    Problem::new(Code::PodMayBeFrozen, message).about(format!("pods {pod}"))
}

/// Note what plugins keep about pods that stand still: who thaws them may need it.
pub(super) async fn keep(claim: &HeldClaim<'_>, facts: Vec<PodFacts>) {
    if facts.is_empty() {
        return;
    }
    let written = match to_json(&facts) {
        Ok(text) => claim.note(NoteKind::Kept, text).await,
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        tracing::warn!("what hooks keep about pods could not be noted: {error}");
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, ArchiveError> {
    serde_json::to_vec(value).map_err(|error| ArchiveError::Internal(error.to_string()))
}
