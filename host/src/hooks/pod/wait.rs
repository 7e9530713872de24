//! Waiting for a container.

use super::RunningPod;
use super::standing::Standing;
use crate::cluster::ClusterError;
use crate::plugin::PodError;
use crate::report::units::took;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Between two looks at the pod: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// An image that could not be had for this long is given up: the node has tried two or three times by then.
const PULLING: Duration = Duration::from_secs(30);

/// Wait until `container` is as `condition` says, or until it is certain that it will never be.
pub(super) async fn wait(
    pod: &RunningPod,
    container: &str,
    condition: &str,
    timeout: Duration,
) -> Result<(), PodError> {
    let needs_ready = match condition {
        "running" => false,
        "ready" => true,
        _ => {
            let message = format!("there is no condition '{condition}': it is 'running' or 'ready'");
            return Err(PodError::new("invalid-condition", message));
        }
    };
    let mut waiting = Waiting {
        needs_ready,
        last: None,
        fails_since: None,
    };
    match timeout_at(Instant::now() + timeout, waiting.until_settled(pod, container)).await {
        Ok(settled) => settled,
        Err(_) => {
            let last = waiting
                .last
                .unwrap_or_else(|| "the cluster did not say how it stands".to_owned());
            let waited = took(timeout);
            Err(PodError::new(
                "timeout",
                format!("container {container} is not {condition} after {waited}: {last}"),
            ))
        }
    }
}

/// Somebody who waits for a container.
struct Waiting {
    needs_ready: bool,
    /// What it waited for when it was last looked at.
    last: Option<String>,
    /// Since when its image cannot be had.
    fails_since: Option<Instant>,
}

impl Waiting {
    async fn until_settled(&mut self, pod: &RunningPod, container: &str) -> Result<(), PodError> {
        let (mut pause, longest) = PAUSES;
        loop {
            let standing = pod.standing(container).await.map_err(not_told)?;
            if let Some(settled) = self.settled(standing, Instant::now()) {
                return settled;
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// The end of the wait, if `standing` is one.
    fn settled(&mut self, standing: Standing, now: Instant) -> Option<Result<(), PodError>> {
        let never = |code: &str, reason: String| Some(Err(PodError::new(code, reason)));
        let fails_since = self.fails_since.take();
        match standing {
            Standing::Ready => Some(Ok(())),
            Standing::Running if !self.needs_ready => Some(Ok(())),
            Standing::Running => {
                self.last = Some("it runs, and is not ready".to_owned());
                None
            }
            Standing::Waiting(reason) => {
                self.last = Some(reason);
                None
            }
            Standing::PullFails(reason) => {
                let since = *self.fails_since.insert(fails_since.unwrap_or(now));
                if now.duration_since(since) >= PULLING {
                    return never("image-pull", reason);
                }
                self.last = Some(reason);
                None
            }
            Standing::NoImage(reason) => never("image-pull", reason),
            Standing::Ended(reason) => never("pod-ended", reason),
            Standing::Gone(reason) => never("pod-gone", reason),
        }
    }
}

fn not_told(error: ClusterError) -> PodError {
    let code = match &error {
        ClusterError::Forbidden { .. } => "forbidden",
        _ => "connection",
    };
    PodError::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn failing() -> Standing {
        Standing::PullFails("no such image".into())
    }

    /// What comes of a container that is seen in these states, one second apart.
    fn seen(needs_ready: bool, standings: Vec<Standing>) -> Option<Result<(), String>> {
        let mut waiting = Waiting {
            needs_ready,
            last: None,
            fails_since: None,
        };
        let begun = Instant::now();
        let mut moments = (0..).map(|second| begun + Duration::from_secs(second));
        let settled = standings
            .into_iter()
            .find_map(|standing| waiting.settled(standing, moments.next().unwrap()));
        settled.map(|settled| settled.map_err(|error| error.code))
    }

    #[rstest]
    #[case::running(false, vec![Standing::Waiting("x".into()), Standing::Running], Some(Ok(())))]
    #[case::not_ready(true, vec![Standing::Running], None)]
    #[case::ready(true, vec![Standing::Running, Standing::Ready], Some(Ok(())))]
    #[case::ended(false, vec![Standing::Ended("x".into()), Standing::Running], Some(Err("pod-ended".into())))]
    #[case::gone(false, vec![Standing::Gone("x".into())], Some(Err("pod-gone".into())))]
    #[case::no_image(false, vec![Standing::NoImage("x".into())], Some(Err("image-pull".into())))]
    #[case::pull_fails_for_long(false, vec![failing(); 31], Some(Err("image-pull".into())))]
    #[case::pull_fails_a_while(false, [vec![failing(); 30], vec![Standing::Running]].concat(), Some(Ok(())))]
    #[case::pull_fails_twice(
        false,
        [vec![failing(); 30], vec![Standing::Waiting("x".into())], vec![failing(); 30]].concat(),
        None
    )]
    fn a_wait_ends_when_it_is_certain(
        #[case] needs_ready: bool,
        #[case] standings: Vec<Standing>,
        #[case] expected: Option<Result<(), String>>,
    ) {
        assert_eq!(seen(needs_ready, standings), expected);
    }
}
