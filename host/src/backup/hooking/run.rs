//! Running the hooks of a backup, bracket by bracket.

use super::bracket::{self, Standing, Surroundings};
use super::outcome::{Hooked, Taken};
use super::{Hooking, PODS_AT_A_TIME, at_a_time, find, grouping, notes};
use crate::archive::{ArchiveError, HeldClaim};
use crate::backup::BackupError;
use crate::backup::selection::Selection;
use crate::cluster::{Cluster, ClusterError};
use crate::object::ObjectKey;
use crate::report::{Cancellation, Code, Problem, Progress};
use crate::volumes::Snapshots;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt};
use tokio::sync::Semaphore;

/// How many pods one note in the store is about. A note costs a request or two: fewer notes, less to write; more notes,
/// fewer pods that are named after a kill although they stand still no longer.
const PODS_OF_A_NOTE: usize = 64;

/// How many notes are under way: while the last pods of one are waited for, those of the next begin.
const NOTES_AT_A_TIME: usize = 2;

/// Run the hooks of all pods that the backup takes. Cancelled, it begins with no more pods, and lets go those that stand
/// still; so does an error.
pub(in crate::backup) async fn run(
    selection: &Selection,
    hooking: Hooking<'_>,
    cluster: &dyn Cluster,
    claim: &HeldClaim<'_>,
    snapshots: Option<&Snapshots<'_>>,
    (progress, cancellation): (&Progress, &Cancellation),
) -> Result<Hooked, BackupError> {
    let mut hooked = Hooked::default();
    let found = tokio::select! {
        biased;
        () = cancellation.cancelled() => return Err(BackupError::Cancelled),
        found = find::find(selection, hooking.hooks, cluster, &mut hooked) => found,
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            hooked.errors.push(not_run(error));
            return Ok(hooked);
        }
    };
    let Some(pods) = selection.types.iter().find(|of| of.resource.is("", "pods")) else {
        return Ok(hooked);
    };
    progress.begin("Running hooks", u64::try_from(found.len()).ok());
    let with = Surroundings {
        hooking,
        pods,
        cluster,
        claim,
        cancellation,
        snapshots,
        progress,
    };
    let permits = Semaphore::new(PODS_AT_A_TIME);
    let rounds = rounds(grouping::group(found), &with);
    let rounds: Vec<BoxFuture<'_, _>> = rounds
        .into_iter()
        .map(|round| run_round(round, &with, &permits).boxed())
        .collect();
    let ended: Vec<_> = stream::iter(rounds)
        .buffer_unordered(NOTES_AT_A_TIME)
        .collect()
        .await;
    let mut failure = None;
    for ended in ended {
        let (round, error) = ended;
        hooked.add(round);
        failure = failure.or(error);
    }
    order(&mut hooked);
    if hooked.frozen.is_empty() && !hooked.pods.is_empty() {
        notes::thaw_all(with.claim).await;
    }
    match failure {
        None => Ok(hooked),
        Some(error) if hooked.frozen.is_empty() => Err(error.into()),
        Some(error) => Err(BackupError::frozen(hooked.frozen, error.into())),
    }
}

/// The brackets, so many at a time as a note is about.
fn rounds(groups: Vec<Vec<find::FoundPod>>, with: &Surroundings<'_>) -> Vec<Vec<Vec<Standing>>> {
    let mut rounds: Vec<Vec<Vec<Standing>>> = Vec::new();
    let mut pods = PODS_OF_A_NOTE;
    for group in groups {
        let bracket: Vec<Standing> = group
            .into_iter()
            .map(|found| Standing::new(found, &with.hooking))
            .collect();
        if pods >= PODS_OF_A_NOTE {
            rounds.push(Vec::new());
            pods = 0;
        }
        pods += bracket.len();
        if let Some(round) = rounds.last_mut() {
            round.push(bracket);
        }
    }
    rounds
}

/// Note what is about to stand still, run the brackets, and note what stands still no longer. Where the first cannot be
/// done, no hook runs.
async fn run_round(
    mut brackets: Vec<Vec<Standing>>,
    with: &Surroundings<'_>,
    permits: &Semaphore,
) -> (Hooked, Option<ArchiveError>) {
    let mut hooked = Hooked::default();
    if with.cancellation.is_cancelled() {
        return (hooked, None);
    }
    let record = notes::record(with.cluster.address(), &brackets);
    if let Err(error) = notes::freeze(with.claim, &record).await {
        return (hooked, Some(error));
    }
    let running = brackets
        .iter_mut()
        .map(|pods| run_bracket(pods, with, permits).boxed());
    at_a_time(running.collect()).await;
    let (thawed, frozen) = notes::by_certainty(&brackets);
    notes::thaw(with.claim, &thawed).await;
    hooked.errors.extend(frozen.iter().map(notes::still));
    hooked.frozen = frozen;
    for pod in brackets.into_iter().flatten() {
        take(pod, &mut hooked);
    }
    (hooked, None)
}

/// Run a bracket once there are permits for all its pods, taken at once: two brackets never wait for each other.
async fn run_bracket(pods: &mut [Standing], with: &Surroundings<'_>, permits: &Semaphore) {
    let wanted = u32::try_from(pods.len().min(PODS_AT_A_TIME)).unwrap_or(u32::MAX);
    // The semaphore is never closed; if it were, there would be no bound to keep.
    let _permits = permits.acquire_many(wanted).await.ok();
    bracket::run(pods, with).await;
    with.progress
        .advance(u64::try_from(pods.len()).unwrap_or_default());
}

fn take(mut pod: Standing, hooked: &mut Hooked) {
    hooked.record.attempts.extend(pod.attendance.attempts());
    hooked.record.facts.extend(pod.attendance.facts());
    hooked.errors.append(&mut pod.errors);
    let id = &pod.attendance.pod().id;
    let key = ObjectKey::new(id.namespace.as_deref(), &id.name);
    let taken = match pod.failed {
        true => {
            let message =
                "a before-hook failed that must not (`onError: Fail`), so the pod is not in the backup";
            hooked
                .errors
                .push(Problem::new(Code::HookFailed, message).about(id));
            Taken::Nothing
        }
        false => Taken::Object(pod.into_raw()),
    };
    hooked.pods.insert(key, taken);
}

/// By pod, whatever the order in which they came to their end.
fn order(hooked: &mut Hooked) {
    let record = &mut hooked.record;
    let pod = |namespace: &str, pod: &str| (namespace.to_owned(), pod.to_owned());
    record
        .attempts
        .sort_by_cached_key(|attempt| pod(&attempt.namespace, &attempt.pod));
    record
        .facts
        .sort_by_cached_key(|facts| pod(&facts.namespace, &facts.pod));
    hooked.errors.sort_by(|one, other| one.target.cmp(&other.target));
    hooked.frozen.sort();
}

fn not_run(error: ClusterError) -> Problem {
    let problem = Problem::from(error);
    let message = format!(
        "no hooks ran, as their pods could not be found: {}",
        problem.message
    );
    Problem::new(problem.code, message)
}
