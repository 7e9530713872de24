//! The rights of a run: those of a service account of its namespace, by a token that is asked for it.

use super::ControllerError;
use super::context::Context;
use crate::cluster::{Cluster, Kube, Patience};
use crate::report::{Code, Problem};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::PostParams;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::task::JoinHandle;

/// How long a token holds, in seconds: an hour, after which somebody who stole it has nothing.
const LIFETIME: i64 = 3_600;

/// A token is renewed when half of its time is over.
const RENEWED_AFTER: Duration = Duration::from_secs(1_800);

/// The cluster with the rights of a service account, until this is dropped.
pub(super) struct Account {
    pub cluster: Arc<dyn Cluster>,
    renewing: JoinHandle<()>,
    /// The file with the token is gone with this.
    _token: Arc<NamedTempFile>,
}

impl Account {
    /// The rights of the service account `name` of `namespace`.
    pub async fn open(
        context: &Arc<Context>,
        namespace: &str,
        name: &str,
    ) -> Result<Account, ControllerError> {
        let accounts: Api<ServiceAccount> = Api::namespaced(context.client.clone(), namespace);
        let token = request(&accounts, name).await?;
        let file = NamedTempFile::new_in(context.folder.path()).map_err(|error| unwritten(&error))?;
        write(file.path(), &token)?;
        let file = Arc::new(file);
        let user = format!("system:serviceaccount:{namespace}:{name}");
        let cluster = Kube::with_token_file(&context.config, file.path(), &user, Patience::default())
            .map_err(Problem::from)?;
        Ok(Account {
            cluster: Arc::new(cluster),
            renewing: tokio::spawn(renew(accounts, name.to_owned(), Arc::clone(&file))),
            _token: file,
        })
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

async fn request(accounts: &Api<ServiceAccount>, name: &str) -> Result<String, ControllerError> {
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            expiration_seconds: Some(LIFETIME),
            ..TokenRequestSpec::default()
        }),
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request(name, &PostParams::default(), &request)
        .await?;
    let token = answer.status.and_then(|status| status.token);
    token.ok_or_else(|| {
        Problem::new(
            Code::ClusterAnswer,
            "a request for a token was answered without one",
        )
        .into()
    })
}

async fn renew(accounts: Api<ServiceAccount>, name: String, file: Arc<NamedTempFile>) {
    loop {
        tokio::time::sleep(RENEWED_AFTER).await;
        let renewed = match request(&accounts, &name).await {
            Ok(token) => write(file.path(), &token).map_err(ControllerError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = renewed {
            tracing::warn!("the token of service account {name} is not renewed: {error}");
        }
    }
}

fn write(file: &Path, token: &str) -> Result<(), Problem> {
    let write = || {
        std::fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(file)?
            .write_all(token.as_bytes())
    };
    write().map_err(|error| unwritten(&error))
}

fn unwritten(error: &std::io::Error) -> Problem {
    Problem::new(Code::FileAccess, format!("a token cannot be written: {error}"))
}
