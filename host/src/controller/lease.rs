//! Which replica works: the one that holds a Lease.

use super::ControllerError;
use super::context::Context;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use std::time::{Duration, Instant};

/// Name of the Lease.
const NAME: &str = "lazarette-controller";

/// How long a Lease holds that is not renewed, in seconds.
const HOLDS: i32 = 15;

/// How often it is renewed, and looked at by those who wait for it.
const RENEWED: Duration = Duration::from_secs(4);

/// A holder that could not renew it for so long ends, before another one may begin.
const GIVEN_UP: Duration = Duration::from_secs(10);

/// The Lease, as one replica sees it.
pub(super) struct Leadership {
    leases: Api<Lease>,
    identity: String,
    /// What was seen last of another holder, and when by our clock: clocks of machines differ, so that the times that
    /// stand in a Lease are only compared with each other.
    seen: Option<(Option<MicroTime>, Instant)>,
}

impl Leadership {
    pub fn new(context: &Context) -> Self {
        Leadership {
            leases: Api::namespaced(context.client.clone(), &context.settings.namespace),
            identity: context.settings.identity.clone(),
            seen: None,
        }
    }

    /// Wait until this replica holds the Lease.
    pub async fn acquire(&mut self) {
        loop {
            match self.try_hold().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!("the lease {NAME} cannot be taken: {error}"),
            }
            tokio::time::sleep(RENEWED).await;
        }
    }

    /// Renew the Lease until it is lost.
    pub async fn keep(&mut self) -> ControllerError {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(RENEWED).await;
            match tokio::time::timeout(RENEWED, self.try_hold()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => return ControllerError::LeaseLost(NAME.to_owned()),
                Ok(Err(error)) => tracing::warn!("the lease {NAME} is not renewed: {error}"),
                Err(_) => tracing::warn!("the lease {NAME} is not renewed: no answer"),
            }
            if renewed.elapsed() > GIVEN_UP {
                return ControllerError::LeaseLost(NAME.to_owned());
            }
        }
    }

    /// Give the Lease back, so that another replica need not wait.
    pub async fn release(&mut self) -> Result<(), ControllerError> {
        if let Some(mut lease) = self.leases.get_opt(NAME).await?
            && let Some(spec) = lease.spec.as_mut()
            && spec.holder_identity.as_deref() == Some(self.identity.as_str())
        {
            spec.holder_identity = None;
            self.leases.replace(NAME, &PostParams::default(), &lease).await?;
        }
        Ok(())
    }

    /// Take or renew the Lease. False while somebody else holds it.
    async fn try_hold(&mut self) -> Result<bool, ControllerError> {
        let Some(mut lease) = self.leases.get_opt(NAME).await? else {
            let lease = Lease {
                metadata: ObjectMeta {
                    name: Some(NAME.to_owned()),
                    ..ObjectMeta::default()
                },
                spec: Some(self.spec(None)),
            };
            return won(self.leases.create(&PostParams::default(), &lease).await);
        };
        let before = lease.spec.take().unwrap_or_default();
        let holder = before
            .holder_identity
            .as_deref()
            .filter(|holder| !holder.is_empty());
        if holder.is_some_and(|holder| holder != self.identity) && !self.is_over(&before) {
            return Ok(false);
        }
        lease.spec = Some(self.spec(Some(before)));
        won(self.leases.replace(NAME, &PostParams::default(), &lease).await)
    }

    /// Whether another holder has not renewed it for its time, by our clock.
    fn is_over(&mut self, spec: &LeaseSpec) -> bool {
        let holds = Duration::from_secs(
            u64::try_from(spec.lease_duration_seconds.unwrap_or(HOLDS)).unwrap_or_default(),
        );
        match &self.seen {
            Some((renewed, since)) if *renewed == spec.renew_time => since.elapsed() > holds,
            _ => {
                self.seen = Some((spec.renew_time.clone(), Instant::now()));
                false
            }
        }
    }

    fn spec(&self, before: Option<LeaseSpec>) -> LeaseSpec {
        let before = before.unwrap_or_default();
        let is_ours = before.holder_identity.as_deref() == Some(self.identity.as_str());
        let now = Some(MicroTime(k8s_openapi::jiff::Timestamp::now()));
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(HOLDS),
            renew_time: now.clone(),
            acquire_time: if is_ours { before.acquire_time } else { now },
            lease_transitions: Some(before.lease_transitions.unwrap_or(0) + i32::from(!is_ours)),
            ..before
        }
    }
}

/// Whether a write went through; false when somebody else was faster.
fn won(written: Result<Lease, kube::Error>) -> Result<bool, ControllerError> {
    match written {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
        Err(error) => Err(error.into()),
    }
}
