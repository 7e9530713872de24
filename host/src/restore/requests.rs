//! Requests of a restore to its cluster: as many at the same time as serve it best, and again when it is busy.

mod gate;
mod limit;

use crate::cluster::{Cluster, ClusterError, Write};
use crate::object::ResourceType;
use backon::{ExponentialBuilder, Retryable};
use gate::Gate;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a request is made again, with pauses from a quarter of a second to 15 seconds between: about a minute in
/// all, in which an API server that was restarted is there again.
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(15))
    .with_max_times(9)
    .with_jitter();

/// A cluster longer than this busy, by its own word, is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The cluster of a restore.
pub(super) struct Requests<'a> {
    cluster: &'a dyn Cluster,
    gate: Gate,
    /// Set when the cluster did not answer however often it was asked: nothing more is worth asking.
    gone: AtomicBool,
}

/// What came of a request that changes something.
pub(super) struct Written {
    /// What the cluster said at last.
    pub result: Result<Value, ClusterError>,
    /// Whether an answer before that was lost, so that the object may have been written by the lost request.
    pub doubtful: bool,
}

impl<'a> Requests<'a> {
    /// Requests to `cluster`.
    pub(super) fn new(cluster: &'a dyn Cluster) -> Self {
        Requests {
            cluster,
            gate: Gate::default(),
            gone: AtomicBool::new(false),
        }
    }

    /// Where the requests go, for what has its own measure: discovery and lists.
    pub(super) fn cluster(&self) -> &'a dyn Cluster {
        self.cluster
    }

    /// Whether the cluster does not answer any more.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// One object as it is now, or none.
    pub(super) async fn get(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        self.patiently(|| self.cluster.get(of, namespace, name), |_| {})
            .await
    }

    /// Create an object.
    pub(super) async fn create(&self, of: &ResourceType, object: &Value, how: Write) -> Written {
        self.write(|| self.cluster.create(of, object, how)).await
    }

    /// Put an object in the place of the one of its name.
    pub(super) async fn replace(&self, of: &ResourceType, object: &Value, how: Write) -> Written {
        self.write(|| self.cluster.replace(of, object, how)).await
    }

    /// Delete the object that has this `uid`.
    pub(super) async fn delete(
        &self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
        uid: Option<&str>,
    ) -> Result<(), ClusterError> {
        self.patiently(|| self.cluster.delete(of, namespace, name, uid), |_| {})
            .await
    }

    async fn write<F>(&self, request: impl Fn() -> F) -> Written
    where
        F: Future<Output = Result<Value, ClusterError>>,
    {
        let doubtful = AtomicBool::new(false);
        let result = self
            .patiently(request, |_| doubtful.store(true, Ordering::Relaxed))
            .await;
        Written {
            result,
            doubtful: doubtful.into_inner(),
        }
    }

    /// Make a request as often as it takes, within the bound, and tell `failed` of each answer that was none.
    async fn patiently<T, F>(
        &self,
        request: impl Fn() -> F,
        failed: impl Fn(&ClusterError),
    ) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, ClusterError>>,
    {
        let attempt = || async {
            let permit = self.gate.enter().await;
            let result = request().await;
            let busy = matches!(&result, Err(error) if is_worth_repeating(error));
            permit.leave(busy);
            result
        };
        let result = attempt
            .retry(RETRIES)
            .when(|error| is_worth_repeating(error) && !self.is_gone())
            .adjust(|error, pause| pause_of(error.retry_after(), pause))
            .notify(|error, _| failed(error))
            .await;
        if matches!(
            &result,
            Err(ClusterError::Unreachable { .. } | ClusterError::Unauthorized { .. })
        ) {
            self.gone.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// Whether the same request may succeed in a moment. A webhook that cannot be called is mostly one whose pods are not
/// there: it is told at once.
fn is_worth_repeating(error: &ClusterError) -> bool {
    let of_webhook =
        matches!(error, ClusterError::Busy { message, .. } if message.contains("failed calling webhook"));
    error.is_retryable() && !of_webhook
}

/// How long to wait before the next attempt: as long as the cluster said, where it did. None: there is none.
fn pause_of(asked: Option<Duration>, pause: Option<Duration>) -> Option<Duration> {
    match (asked, pause) {
        (Some(asked), _) if asked > LONGEST_PAUSE => None,
        (Some(asked), Some(pause)) => Some(asked.max(pause)),
        (_, pause) => pause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::not_asked(None, Some(2), Some(2))]
    #[case::longer(Some(5), Some(2), Some(5))]
    #[case::shorter(Some(1), Some(2), Some(2))]
    #[case::too_long(Some(61), Some(2), None)]
    #[case::no_more_attempts(Some(1), None, None)]
    fn the_cluster_says_how_long_to_wait(
        #[case] asked: Option<u64>,
        #[case] pause: Option<u64>,
        #[case] expected: Option<u64>,
    ) {
        let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        assert_eq!(pause_of(seconds(asked), seconds(pause)), seconds(expected));
    }
}
