//! A proxy between a client and an HTTP server that makes things go wrong: an answer of its own, a delay, a connection
//! that is cut, an answer that is lost.
//!
//! ```no_run
//! use lazarette_tests::cluster;
//! use lazarette_tests::proxy::{Fault, Place, Proxy, Upstream};
//! use std::time::Duration;
//!
//! // An API server: the connection of the client ends with the proxy, so clients show a token instead of a certificate.
//! let cluster = cluster::first();
//! let proxy = Proxy::start(Upstream::cluster(cluster), |request| {
//!     match request.path.starts_with("/api/v1/secrets") {
//!         true if request.repeat == 1 => Fault::status(429, "TooManyRequests", &[("Retry-After", "1")]),
//!         true if request.repeat == 2 => Fault::CutAnswer(Place::Body(1000)),
//!         _ => Fault::None,
//!     }
//! });
//! let kubeconfig = cluster.kubeconfig_behind(&proxy.url());
//! // … run something with it …
//! assert!(proxy.seen().iter().any(|request| request.path.starts_with("/api/v1/secrets")));
//! assert!(proxy.happened() > 0);
//!
//! // Any plain HTTP server:
//! let address = "127.0.0.1:10000".parse().unwrap();
//! let proxy = Proxy::start(Upstream::plain(address), |_| Fault::Delay(Duration::from_millis(100)));
//! ```
//!
//! The function that chooses the fault is called once for each request, in the order in which they come. Requests are
//! passed on as they are, byte by byte, headers included; so is what follows an upgrade to WebSocket. The proxy ends
//! when it is dropped, and cuts all connections.

mod connection;
mod exec;
mod http;
#[cfg(test)]
mod tests;
mod upstream;

pub(crate) use http::Head;
pub use upstream::Upstream;

use crate::listening::Listening;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A request, as far as it is known before its body arrives.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// How many requests have come, with this one: 1 for the first.
    pub number: usize,
    /// How many requests with this method and path have come, with this one.
    pub repeat: usize,
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing: it is passed on, and so is the answer.
    None,
    /// The proxy answers, and the server sees nothing of it.
    Answer {
        /// The status.
        status: u16,
        /// Headers beside those that say how long the body is.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// A command in a pod, for which the proxy answers that it ended well after this time. The server sees nothing of
    /// it.
    Exec(Duration),
    /// It is passed on after this time.
    Delay(Duration),
    /// The server gets the request up to this place; then both connections are closed.
    CutRequest(Place),
    /// The client gets the answer (after an upgrade: what the server says) up to this place; then both connections are
    /// closed.
    CutAnswer(Place),
    /// The client gets the answer's body up to this place, and a head that says that this is all.
    TruncateAnswer(Place),
    /// The first bytes of the answer's body come in small pieces with this pause before each.
    SlowAnswer(Duration),
    /// The server does what was asked; the client's connection is closed without an answer.
    LoseAnswer,
}

/// A place between two bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind so many bytes of the head.
    Head(u64),
    /// Before the last byte of the head.
    LastOfHead,
    /// Behind the head and so many bytes of the body. Chunks count with what frames them.
    Body(u64),
    /// In the middle of the body.
    Middle,
    /// Before the last byte of the body.
    LastOfBody,
}

impl Fault {
    /// An answer of an API server that says no: a `Status` with this code and reason (`TooManyRequests`, `Expired`,
    /// `InternalError`, …).
    pub fn status(code: u16, reason: &str, headers: &[(&str, &str)]) -> Self {
        let json = ("Content-Type", "application/json");
        let headers = headers.iter().chain([&json]);
        let message = format!("the proxy says {code}");
        let status = serde_json::json!({
            "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        });
        Fault::Answer {
            status: code,
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: status.to_string(),
        }
    }
}

/// A running proxy on a free port of the loopback interface.
pub struct Proxy {
    shared: Arc<Shared>,
    listening: Listening,
}

/// What all connections have in common.
struct Shared {
    upstream: Upstream,
    choose: Box<dyn Fn(&Request) -> Fault + Send + Sync>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    repeats: HashMap<(String, String), usize>,
    /// How many faults have taken effect.
    happened: usize,
}

impl Proxy {
    /// Start a proxy before a server. `choose` says what happens to each request.
    pub fn start(upstream: Upstream, choose: impl Fn(&Request) -> Fault + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            upstream,
            choose: Box::new(choose),
            seen: Mutex::default(),
        });
        let of_all = Arc::clone(&shared);
        let listening = Listening::start(move |stream| {
            let shared = Arc::clone(&of_all);
            async move { connection::serve(stream, &shared).await }
        });
        Proxy { shared, listening }
    }

    /// Where it listens: `https://127.0.0.1:PORT` before a cluster, `http://…` before a plain server.
    pub fn url(&self) -> String {
        format!("{}://{}", self.shared.upstream.scheme(), self.listening.address())
    }

    /// All requests until now, in the order in which they came.
    pub fn seen(&self) -> Vec<Request> {
        self.shared.seen().requests.clone()
    }

    /// How many faults have taken effect until now. A cut behind the last byte has none.
    pub fn happened(&self) -> usize {
        self.shared.seen().happened
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Note that a fault has taken effect.
    fn note(&self) {
        self.seen().happened += 1;
    }

    /// Note a request, and choose what happens to it.
    fn meet(&self, method: &str, path: &str) -> Fault {
        let request = {
            let mut seen = self.seen();
            let repeat = seen
                .repeats
                .entry((method.to_owned(), path.to_owned()))
                .or_default();
            *repeat += 1;
            let request = Request {
                method: method.to_owned(),
                path: path.to_owned(),
                repeat: *repeat,
                number: seen.requests.len() + 1,
            };
            seen.requests.push(request.clone());
            request
        };
        (self.choose)(&request)
    }
}
