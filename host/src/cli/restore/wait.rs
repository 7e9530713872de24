//! `--wait`: until what was restored runs.

use crate::cli::failure::{Ended, Failure};
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::report::{Progress, units};
use crate::restore::{self, Pending, RestoreReport};
use clap::Args;
use jiff::SignedDuration;
use serde_json::json;
use std::time::Duration;

/// How many lines are printed about what is waited for.
const LINES: usize = 10;

/// Whether to wait, and how long.
#[derive(Args, Debug)]
pub(super) struct WaitOptions {
    /// Wait until what was restored runs: Deployments, StatefulSets, DaemonSets, Jobs, Pods and claims for volumes
    #[arg(long)]
    wait: bool,

    /// How long to wait at most
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = units::parse_duration,
        default_value = "10m",
        requires = "wait"
    )]
    wait_timeout: SignedDuration,
}

impl WaitOptions {
    /// Wait, if that was asked for. What is not ready in the end is the failure.
    pub async fn run(self, session: &Session, report: &RestoreReport) -> Ended<()> {
        if !self.wait {
            return Ok(());
        }
        let cluster = session.target()?;
        if !cluster.is_live() {
            session.warn(format!(
                "nothing runs in {}, so nothing is waited for",
                cluster.address()
            ));
            return Ok(());
        }
        let there = report.objects.iter().filter(|object| !object.is_lost());
        let targets: Vec<_> = there.map(|object| object.target.clone()).collect();
        let limit = Duration::try_from(self.wait_timeout).unwrap_or_default();
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let mut tell = |pending: &[Pending]| tell(session, pending);
        let pending = restore::wait(
            cluster.as_ref(),
            targets,
            limit,
            &progress,
            &cancellation,
            &mut tell,
        )
        .await?;
        match pending.is_empty() {
            true => {
                session.say("Everything that was restored is ready.");
                Ok(())
            }
            false => Err(Failure(pending.into_iter().map(Into::into).collect())),
        }
    }
}

fn tell(session: &Session, pending: &[Pending]) {
    session.say_json(|| json!({ "waiting": pending }));
    if pending.is_empty() {
        return;
    }
    session.say(&format!("Waiting for {} of what was restored:", pending.len()));
    for one in pending.iter().take(LINES) {
        session.say(&format!("  {one}"));
    }
    if let more @ 1.. = pending.len().saturating_sub(LINES) {
        session.say(&format!("  and {more} more"));
    }
}
