//! From a request to an open WebSocket.

use super::ExecError;
use crate::cluster::ClusterError;
use crate::cluster::kube::connection::{Connection, Session, explain};
use crate::cluster::kube::failure::{Call, Refusal};
use http::Request;
use http::header::AUTHORIZATION;
use hyper_util::client::legacy;
use kube::client::Connection as Upgraded;
use std::sync::atomic::Ordering;

/// What an attempt came to: that the command may have been started is no reason to try again.
type Attempt = Result<Result<Upgraded, ExecError>, ClusterError>;

impl Connection {
    /// Open a WebSocket at `path`. Tried again while nothing can have come of it.
    pub(super) async fn upgrade(&self, call: Call<'_>, path: &str) -> Result<Upgraded, ExecError> {
        let attempt = || self.upgrade_once(call, path);
        self.patience
            .read(attempt, |error| self.may_ask_again(error))
            .await?
    }

    fn may_ask_again(&self, error: &ClusterError) -> bool {
        match error {
            // In v4 this is the node's word on the container, which another attempt does not change.
            ClusterError::Busy { message, .. } => !message.contains("unable to upgrade connection"),
            _ => error.is_retryable() && self.has_answered.load(Ordering::Relaxed),
        }
    }

    /// Credentials that the server does not accept any more are renewed once.
    async fn upgrade_once(&self, call: Call<'_>, path: &str) -> Attempt {
        let session = self.session(None).await?;
        match self.upgrade_as(&session, call, path).await {
            Err(ClusterError::Unauthorized { .. }) if session.is_renewable => {
                let session = self.session(Some(&session)).await?;
                self.upgrade_as(&session, call, path).await
            }
            attempt => attempt,
        }
    }

    async fn upgrade_as(&self, session: &Session, call: Call<'_>, path: &str) -> Attempt {
        let mut request = Request::get(path);
        if let Some(authorization) = &session.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request
            .body(Vec::new())
            .map_err(|error| ClusterError::Unusable(error.to_string()))?;
        let result = session.client.connect(request).await;
        if matches!(&result, Ok(_) | Err(kube::Error::Api(_))) {
            self.has_answered.store(true, Ordering::Relaxed);
        }
        match result {
            Ok(upgraded) => Ok(Ok(upgraded)),
            Err(kube::Error::Api(status)) => {
                let body = serde_json::to_vec(&status).unwrap_or_default();
                Err(Refusal::read(status.code, None, &body).into_error(call, &self.server))
            }
            Err(error) if is_before_request(&error) => Err(self.failed(error)),
            Err(error) => Ok(Err(ExecError::Broken(explain(&error)))),
        }
    }
}

/// Whether no connection stood yet, so that the server cannot have got the request; or there are no credentials.
fn is_before_request(error: &kube::Error) -> bool {
    match error {
        kube::Error::Service(error) => error
            .downcast_ref::<legacy::Error>()
            .is_some_and(legacy::Error::is_connect),
        kube::Error::Auth(_) | kube::Error::InferKubeconfig(_) | kube::Error::RustlsTls(_) => true,
        _ => false,
    }
}
