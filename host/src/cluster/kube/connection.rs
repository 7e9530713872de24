//! Requests to an API server: who asks, and what comes back.

use super::failure::{Call, Refusal};
use super::kubeconfig::{Choice, ChosenContext};
use super::login::{Credential, log_in};
use super::patience::Patience;
use super::proxy;
use crate::cluster::ClusterError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::response::Parts;
use http::{Method, Response};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use kube::config::{ExecConfig, KubeConfigOptions};
use kube::{Client, Config};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::RwLock;

/// Credentials are renewed this long before they expire, so that none expires on its way.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// The form in which objects come and go.
pub(super) const JSON: &str = "application/json";

/// A way to an API server. The first request opens it, and logs in.
pub(super) struct Connection {
    choice: Choice,
    /// Address of the server, for people.
    pub(super) server: String,
    pub(super) patience: Patience,
    session: RwLock<Option<Arc<Session>>>,
    /// Whether the server has ever answered: until then it may be the address that is wrong, and waiting is no use.
    pub(super) has_answered: AtomicBool,
}

/// A client that is logged in.
pub(super) struct Session {
    pub(super) client: Client,
    /// What a program gave; none where the client knows by itself who it is.
    pub(super) authorization: Option<HeaderValue>,
    expires_at: Option<Timestamp>,
    /// Whether there can be other credentials by now: a program gives new ones, or files are written anew.
    pub(super) is_renewable: bool,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// With its query.
    pub(super) path: String,
    pub(super) accept: &'static str,
    /// In JSON.
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    /// A request for what is at `path`.
    pub(super) fn get(path: String) -> Self {
        Request {
            method: Method::GET,
            path,
            accept: JSON,
            body: None,
        }
    }
}

/// What came back.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) code: u16,
    pub(super) content_type: String,
    retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
    /// Whether the body was longer than allowed; it was not read to its end then.
    pub(super) is_cut: bool,
}

impl Answer {
    /// What the head of an answer says. The body is still to be read.
    fn begin(head: &Parts) -> Self {
        let header = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
        let seconds = header(RETRY_AFTER).and_then(|text| text.trim().parse().ok());
        Answer {
            code: head.status.as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default().to_owned(),
            retry_after: seconds.map(Duration::from_secs),
            body: Vec::new(),
            is_cut: false,
        }
    }

    /// The same as what the server says when it does not do what it was asked for.
    pub(super) fn into_refusal(self) -> Refusal {
        Refusal::read(self.code, self.retry_after, &self.body)
    }
}

impl Connection {
    /// A way to the cluster that was chosen. Nothing is sent yet.
    pub(super) fn new(choice: Choice, patience: Patience) -> Self {
        let server = match &choice {
            Choice::Context(context) => server_of(context),
            Choice::ServiceAccount => "the API server of this pod's cluster".to_owned(),
        };
        Connection {
            choice,
            server,
            patience,
            session: RwLock::new(None),
            has_answered: AtomicBool::new(false),
        }
    }

    /// Send a request that changes nothing, again and again where that may help. Successes come back, and the answers
    /// that `wanted` says; all others are errors.
    pub(super) async fn read(
        &self,
        call: Call<'_>,
        request: &Request,
        longest: usize,
        wanted: impl Fn(&Answer) -> bool,
    ) -> Result<Answer, ClusterError> {
        let attempt = async || {
            let answer = self.send(request, longest).await?;
            match (200..300).contains(&answer.code) || wanted(&answer) {
                true => Ok(answer),
                false => Err(answer.into_refusal().into_error(call, &self.server)),
            }
        };
        let may_retry = |error: &ClusterError| {
            let is_there =
                matches!(error, ClusterError::Busy { .. }) || self.has_answered.load(Ordering::Relaxed);
            is_there && error.is_retryable()
        };
        self.patience.read(attempt, may_retry).await
    }

    /// Send a request once; only when the server does not accept credentials that can be renewed, once more with new
    /// ones. A body that is longer than `longest` is cut.
    pub(super) async fn send(&self, request: &Request, longest: usize) -> Result<Answer, ClusterError> {
        let session = self.session(None).await?;
        let answer = self.send_as(&session, request, longest).await?;
        if answer.code != 401 || !session.is_renewable {
            return Ok(answer);
        }
        let session = self.session(Some(&session)).await?;
        self.send_as(&session, request, longest).await
    }

    async fn send_as(
        &self,
        session: &Session,
        request: &Request,
        longest: usize,
    ) -> Result<Answer, ClusterError> {
        let mut built = http::Request::builder()
            .method(&request.method)
            .uri(&request.path)
            .header(ACCEPT, request.accept);
        if request.body.is_some() {
            built = built.header(CONTENT_TYPE, JSON);
        }
        if let Some(authorization) = &session.authorization {
            built = built.header(AUTHORIZATION, authorization);
        }
        let body = request.body.clone().map_or_else(Body::empty, Body::from);
        let built = built.body(body).map_err(|error| self.unreachable(&error))?;
        let response = session
            .client
            .send(built)
            .await
            .map_err(|error| self.failed(error))?;
        self.has_answered.store(true, Ordering::Relaxed);
        self.receive(response, longest).await
    }

    async fn receive(&self, response: Response<Body>, longest: usize) -> Result<Answer, ClusterError> {
        let (parts, mut body) = response.into_parts();
        let mut answer = Answer::begin(&parts);
        for warning in parts.headers.get_all("warning") {
            tracing::debug!(
                "{} warns: {}",
                self.server,
                String::from_utf8_lossy(warning.as_bytes())
            );
        }
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| self.failed(error))?.into_data() else {
                continue;
            };
            if answer.body.len() + data.len() > longest {
                answer.is_cut = true;
                break;
            }
            answer.body.extend_from_slice(&data);
        }
        Ok(answer)
    }

    /// The client to ask with. Another one than `refused`, and one whose credentials hold for a while.
    pub(super) async fn session(&self, refused: Option<&Arc<Session>>) -> Result<Arc<Session>, ClusterError> {
        let usable = |session: &Arc<Session>| {
            let expires = session.expires_at;
            let holds = expires.is_none_or(|at| Timestamp::now() + RENEWED_BEFORE < at);
            holds && !refused.is_some_and(|refused| Arc::ptr_eq(refused, session))
        };
        if let Some(session) = self
            .session
            .read()
            .await
            .as_ref()
            .filter(|session| usable(session))
        {
            return Ok(Arc::clone(session));
        }
        let mut current = self.session.write().await;
        if let Some(session) = current.as_ref().filter(|session| usable(session)) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(self.begin().await?);
        *current = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Read the credentials, with the help of a program if need be, and make a client.
    async fn begin(&self) -> Result<Session, ClusterError> {
        let mut config = self.config().await?;
        let exec = take_exec(&mut config);
        let user = &config.auth_info;
        let has_files = user.token_file.is_some() || user.client_certificate.is_some();
        let credential = match &exec {
            Some(exec) => Some(self.log_in(exec.clone()).await?),
            None => None,
        };
        if let Some((certificate, key)) = credential.as_ref().and_then(|given| given.certificate.as_ref()) {
            config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            config.auth_info.client_key_data = Some(STANDARD.encode(key).into());
        }
        let authorization = credential
            .as_ref()
            .and_then(|given| given.token.as_deref())
            .map(bearer)
            .transpose();
        let authorization = authorization.map_err(|message| self.no_credentials(message))?;
        let client = Client::try_from(config).map_err(|error| self.failed(error))?;
        Ok(Session {
            client,
            authorization,
            expires_at: credential.and_then(|given| given.expires_at),
            is_renewable: exec.is_some() || has_files,
        })
    }

    async fn config(&self) -> Result<Config, ClusterError> {
        let mut config = match &self.choice {
            Choice::Context(context) => self.config_of(context).await?,
            Choice::ServiceAccount => Config::incluster_env().map_err(|error| {
                self.no_credentials(format!("the service account of this pod cannot be used: {error}"))
            })?,
        };
        let program = concat!("lazarette/", env!("CARGO_PKG_VERSION"));
        config
            .headers
            .push((USER_AGENT, HeaderValue::from_static(program)));
        config.connect_timeout = Some(self.patience.connect);
        config.read_timeout = Some(self.patience.silence);
        config.reset_reader_on_write = true;
        // What is retried, and how often, is decided here.
        config.default_retry = false;
        Ok(config)
    }

    async fn config_of(&self, context: &ChosenContext) -> Result<Config, ClusterError> {
        let options = KubeConfigOptions {
            context: Some(context.name.clone()),
            ..KubeConfigOptions::default()
        };
        let config = Config::from_custom_kubeconfig(context.config.clone(), &options).await;
        let mut config = config.map_err(|error| {
            ClusterError::Unusable(format!("{}: context '{}': {error}", context.files, context.name))
        })?;
        let cluster = cluster_of(context);
        // Compressing costs an API server more than sending to somebody near; who is far away says so in the kubeconfig.
        config.disable_compression = cluster
            .and_then(|cluster| cluster.disable_compression)
            .unwrap_or(true);
        let named = cluster.and_then(|cluster| cluster.proxy_url.as_deref());
        config.proxy_url = proxy::choose(named, &config.cluster_url)
            .map_err(|message| ClusterError::Unusable(format!("{}: {message}", context.files)))?;
        Ok(config)
    }

    /// Run the program that logs in, which may wait for a person.
    async fn log_in(&self, exec: ExecConfig) -> Result<Credential, ClusterError> {
        let given = tokio::task::spawn_blocking(move || log_in(&exec)).await;
        given
            .unwrap_or_else(|error| Err(error.to_string()))
            .map_err(|message| self.no_credentials(message))
    }

    fn no_credentials(&self, message: String) -> ClusterError {
        let user = match &self.choice {
            Choice::Context(context) => context.user.as_deref(),
            Choice::ServiceAccount => None,
        };
        let user = user.map(|user| format!("user '{user}': ")).unwrap_or_default();
        ClusterError::Credentials {
            cluster: self.server.clone(),
            message: format!("{user}{message}"),
        }
    }

    pub(super) fn failed(&self, error: kube::Error) -> ClusterError {
        match error {
            kube::Error::Auth(error) => self.no_credentials(error.to_string()),
            kube::Error::InferKubeconfig(error) => self.no_credentials(error.to_string()),
            kube::Error::RustlsTls(error) => self.no_credentials(error.to_string()),
            error => self.unreachable(&error),
        }
    }

    pub(super) fn unreachable(&self, error: &dyn std::error::Error) -> ClusterError {
        ClusterError::Unreachable {
            cluster: self.server.clone(),
            message: explain(error),
        }
    }
}

fn cluster_of(context: &ChosenContext) -> Option<&kube::config::Cluster> {
    let contexts = &context.config.contexts;
    let chosen = contexts
        .iter()
        .find(|named| named.name == context.name)?
        .context
        .as_ref()?;
    let clusters = &context.config.clusters;
    clusters
        .iter()
        .find(|named| named.name == chosen.cluster)?
        .cluster
        .as_ref()
}

fn server_of(context: &ChosenContext) -> String {
    let server = cluster_of(context).and_then(|cluster| cluster.server.clone());
    server.unwrap_or_else(|| format!("the cluster of context '{}'", context.name))
}

/// Take the program that logs in out of `config`, where it is needed: what stands in the file itself goes before it.
fn take_exec(config: &mut Config) -> Option<ExecConfig> {
    let user = &mut config.auth_info;
    let exec = user.exec.take()?;
    let has_password = user.username.is_some() && user.password.is_some();
    let has_other =
        has_password || user.token.is_some() || user.token_file.is_some() || user.auth_provider.is_some();
    (!has_other).then_some(exec)
}

fn bearer(token: &str) -> Result<HeaderValue, String> {
    let header = HeaderValue::try_from(format!("Bearer {token}"));
    let mut header = header.map_err(|_| "the token has characters that a header cannot have".to_owned())?;
    header.set_sensitive(true);
    Ok(header)
}

/// What is behind an error: the last of its causes says most. For certificates, what to look at.
pub(super) fn explain(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let message = cause.to_string();
    let hint = match &message {
        text if text.contains("UnknownIssuer") => {
            "; no certificate authority that the kubeconfig names (certificate-authority) has signed the server's certificate"
        }
        text if text.contains("NotValidForName") || text.contains("not valid for name") => {
            "; the server's certificate is for another name: correct `server` or set `tls-server-name` in the kubeconfig"
        }
        text if text.contains("certificate expired") => {
            "; the server's certificate has to be renewed, or this machine's clock is wrong"
        }
        _ => "",
    };
    format!("{message}{hint}")
}
