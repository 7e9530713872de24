//! Requests of a restore to its cluster: as many at the same time as serve it best, and again when it is busy.

mod gate;
mod limit;

use crate::cluster::{Cluster, ClusterError, Write};
use crate::object::ResourceType;
use crate::report::Problem;
use backon::{ExponentialBuilder, Retryable};
use gate::Gate;
use serde_json::Value;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a request is made again, with pauses from a quarter of a second to 15 seconds between: about a minute in
/// all, in which an API server that was restarted is there again.
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(15))
    .with_max_times(9)
    .with_jitter();

/// A cluster longer than this busy, by its own word, is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A request that is not answered is not made again after this time. A cluster that takes requests and says nothing is
/// given up after the second one then: each waits for more than a minute.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// The cluster of a restore.
pub(super) struct Requests<'a> {
    cluster: &'a dyn Cluster,
    gate: Gate,
    longest_silence: Duration,
    /// Why the cluster was given up: it did not answer, however often it was asked, so that nothing more is worth asking.
    given_up: OnceLock<Problem>,
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
            longest_silence: LONGEST_SILENCE,
            given_up: OnceLock::new(),
        }
    }

    /// Where the requests go, for what has its own measure: discovery and lists.
    pub(super) fn cluster(&self) -> &'a dyn Cluster {
        self.cluster
    }

    /// Why the cluster was given up, if it was: it does not answer any more, or does not know the user.
    pub(super) fn given_up(&self) -> Option<&Problem> {
        self.given_up.get()
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

    /// Make a request as often as it takes, within the bounds, and tell `failed` of each answer that was none. From a
    /// cluster that was given up nothing is asked, also by those who waited for their turn.
    async fn patiently<T, F>(
        &self,
        request: impl Fn() -> F,
        failed: impl Fn(&ClusterError),
    ) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, ClusterError>>,
    {
        let begun = Instant::now();
        let attempt = || async {
            let permit = self.gate.enter().await;
            if self.given_up().is_some() {
                let cluster = self.cluster.address();
                return Err(ClusterError::GivenUp { cluster });
            }
            let result = request().await;
            let busy = matches!(&result, Err(error) if error.is_retryable());
            permit.leave(busy);
            result
        };
        let is_worth_repeating = |error: &ClusterError| {
            let was_answered = matches!(error, ClusterError::Busy { .. });
            error.is_retryable() && (was_answered || begun.elapsed() < self.longest_silence)
        };
        let result = attempt
            .retry(RETRIES)
            .when(is_worth_repeating)
            .adjust(|error, pause| pause_of(error.retry_after(), pause))
            .notify(|error, _| failed(error))
            .await;
        if let Err(error @ (ClusterError::Unreachable { .. } | ClusterError::Unauthorized { .. })) = &result {
            self.given_up.get_or_init(|| Problem::from(error));
        }
        result
    }
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
    use crate::cluster::{Discovery, ListOptions, Page};
    use crate::object::{ObjectId, built_in_type};
    use async_trait::async_trait;
    use futures::stream::{BoxStream, StreamExt, empty};
    use rstest::rstest;
    use std::sync::atomic::AtomicUsize;

    /// A cluster that gives the same error to everybody, and counts how often it is asked.
    struct Failing {
        error: fn() -> ClusterError,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl Cluster for Failing {
        fn address(&self) -> String {
            "failing".to_owned()
        }

        fn is_live(&self) -> bool {
            true
        }

        async fn resource_types(&self) -> Result<Discovery, ClusterError> {
            Ok(Discovery::default())
        }

        fn list<'a>(
            &'a self,
            _: &'a ResourceType,
            _: &ListOptions,
        ) -> BoxStream<'a, Result<Page, ClusterError>> {
            empty().boxed()
        }

        async fn get(
            &self,
            _: &ResourceType,
            _: Option<&str>,
            _: &str,
        ) -> Result<Option<Value>, ClusterError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Err((self.error)())
        }

        async fn create(&self, _: &ResourceType, _: &Value, _: Write) -> Result<Value, ClusterError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Err((self.error)())
        }

        async fn replace(&self, _: &ResourceType, _: &Value, _: Write) -> Result<Value, ClusterError> {
            Err((self.error)())
        }

        async fn delete(
            &self,
            _: &ResourceType,
            _: Option<&str>,
            _: &str,
            _: Option<&str>,
        ) -> Result<(), ClusterError> {
            Err((self.error)())
        }
    }

    fn silent() -> ClusterError {
        ClusterError::Unreachable {
            cluster: "failing".to_owned(),
            message: "timed out".to_owned(),
        }
    }

    fn refusing() -> ClusterError {
        ClusterError::Unauthorized {
            cluster: "failing".to_owned(),
            message: "who are you".to_owned(),
        }
    }

    fn of_one_object_only() -> ClusterError {
        ClusterError::Rejected {
            id: ObjectId {
                resource: built_in_type("ConfigMap").resource,
                namespace: None,
                name: "a".to_owned(),
            },
            message: "no".to_owned(),
        }
    }

    #[rstest]
    #[case::silent(silent, true)]
    #[case::refusing(refusing, true)]
    #[case::of_one_object(of_one_object_only, false)]
    #[tokio::test]
    async fn a_cluster_that_is_given_up_is_not_asked_any_more(
        #[case] error: fn() -> ClusterError,
        #[case] is_given_up: bool,
    ) {
        let cluster = Failing {
            error,
            asked: AtomicUsize::new(0),
        };
        // Whatever time a request took, it was too long.
        let requests = Requests {
            longest_silence: Duration::ZERO,
            ..Requests::new(&cluster)
        };
        let of = built_in_type("ConfigMap");
        let first = requests.get(&of, None, "a").await;
        assert_eq!(first.unwrap_err().to_string(), error().to_string());
        let second = requests.create(&of, &Value::Null, Write::default()).await;
        let was_asked = !matches!(second.result, Err(ClusterError::GivenUp { .. }));
        assert_eq!((was_asked, second.doubtful), (!is_given_up, false));
        assert_eq!(requests.given_up().is_some(), is_given_up);
        assert_eq!(cluster.asked.into_inner(), 1 + usize::from(was_asked));
    }

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
