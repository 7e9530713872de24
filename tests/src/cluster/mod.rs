//! A real Kubernetes on loopback: `etcd`, `kube-apiserver` and `kube-controller-manager`, without nodes.
//!
//! ```no_run
//! use lazarette_tests::cluster::{self, Cluster};
//!
//! let cluster = cluster::first(); // shared by all tests of the process
//! let namespace = cluster.namespace("shop"); // `shop-1`: each test has its own
//! cluster.kubectl(&["-n", &namespace, "create", "configmap", "colours", "--from-literal=sky=blue"]);
//!
//! let own = Cluster::start(); // for a test that kills servers
//! own.api_server().kill();
//! own.api_server().start();
//! own.wait_until_ready();
//! ```
//!
//! Deployments make ReplicaSets and Pods here, service accounts and namespaces are looked after, garbage is collected;
//! Pods stay pending, because nothing runs them.

mod flags;
mod kubeconfig;
mod kubectl;
#[cfg(test)]
mod tests;

use crate::pki::{self, Authority, Identity};
use crate::processes::{Server, Workshop};
use crate::{servers, tls, wait};
use kubeconfig::Credentials;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

/// What the token of the administrator begins with; a random part follows.
const TOKEN: &str = "administrator";

/// How often is tried to start a cluster: another process may take a port that was free.
const ATTEMPTS: usize = 5;

/// The cluster that the tests of this process share.
pub fn first() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

/// A second one, to restore into.
pub fn second() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

/// What is different from an ordinary cluster.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Further arguments of the API server, such as `--runtime-config=apps/v1=false`.
    pub api_server: Vec<String>,
    /// Leave the controller manager out: faster writes, and nothing comes about by itself.
    pub without_controllers: bool,
}

/// A cluster that is gone when this is dropped or the process ends.
pub struct Cluster {
    workshop: Arc<Workshop>,
    authority: Authority,
    token: String,
    port: u16,
    etcd: Server,
    api_server: Server,
    controller_manager: Server,
    kubeconfig: PathBuf,
    namespaces: AtomicUsize,
}

impl Cluster {
    /// A new, empty cluster, which is ready.
    pub fn start() -> Self {
        Cluster::with(&Options::default())
    }

    /// The same, with `options`.
    ///
    /// # Panics
    /// When it does not start, with the servers' logs.
    pub fn with(options: &Options) -> Self {
        tls::install();
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            let cluster = Cluster::prepare(options);
            match cluster.run(options) {
                Ok(()) => return cluster,
                Err(ended) => log = ended,
            }
        }
        panic!("the cluster does not start:\n{log}")
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The port of the API server on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A kubeconfig of an administrator, with certificates as files.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The bearer token of an administrator, for clients behind a proxy, where certificates do not arrive.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Who has signed the certificates of this cluster.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A kubeconfig of a user with this name, with its certificate as data. What it may do, `kubectl create rolebinding`
    /// and its like say; without any it may do next to nothing.
    pub fn user(&self, name: &str) -> PathBuf {
        self.write_user(&format!("users/{name}"), self.authority.client(name, None))
    }

    /// A kubeconfig of an administrator for this cluster behind `url`, with a token.
    pub fn kubeconfig_behind(&self, url: &str) -> PathBuf {
        let name = format!("behind/{}", url.rsplit(':').next().unwrap_or_default());
        self.write_kubeconfig(&name, url, &Credentials::Token(self.token.clone()))
    }

    /// Create a namespace that no other test has, whose name begins with `prefix`.
    pub fn namespace(&self, prefix: &str) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("{prefix}-{number}");
        self.kubectl(&["create", "namespace", &name]);
        name
    }

    /// A client of an administrator.
    pub async fn client(&self) -> kube::Client {
        kubeconfig::client(&self.kubeconfig).await
    }

    /// The database. Data survive its end.
    pub fn etcd(&self) -> &Server {
        &self.etcd
    }

    /// The API server.
    pub fn api_server(&self) -> &Server {
        &self.api_server
    }

    /// The controllers. They end by themselves when the API server is away for long; start them again then.
    pub fn controller_manager(&self) -> &Server {
        &self.controller_manager
    }

    /// Wait until the API server answers, with all that it does at its start done.
    pub fn wait_until_ready(&self) {
        wait::until("the API server is ready", || self.is_ready().then_some(()));
    }

    /// A folder of the cluster, for what is to go with it.
    pub fn folder(&self) -> &Path {
        self.workshop.folder()
    }

    /// Its folder and its processes, for further servers.
    pub(crate) fn workshop(&self) -> &Arc<Workshop> {
        &self.workshop
    }

    /// Write `NAME.kubeconfig`, with which a server is known by `identity`.
    pub(crate) fn write_user(&self, name: &str, identity: Identity) -> PathBuf {
        self.write_kubeconfig(name, &self.url(), &Credentials::Certificate(identity))
    }

    /// All files and arguments, and nothing that runs.
    fn prepare(options: &Options) -> Self {
        let workshop = Arc::new(Workshop::new());
        let authority = Authority::new("kubernetes");
        let token = format!("{TOKEN}-{}", unguessable());
        flags::write_certificates(&workshop, &authority, &token);
        let [port, client_port, peer_port, controllers_port] = free_ports();
        let database = format!("http://127.0.0.1:{client_port}");
        let server = |name, arguments: Vec<String>| {
            let arguments = arguments.into_iter().map(Into::into).collect();
            Server::new(&workshop, name, servers::program(name), arguments)
        };
        let etcd = server("etcd", flags::etcd(&database, peer_port));
        let mut arguments = flags::api_server(port, &database);
        arguments.extend(options.api_server.iter().cloned());
        let api_server = server("kube-apiserver", arguments);
        let controller_manager = server(
            "kube-controller-manager",
            flags::controller_manager(controllers_port),
        );
        let url = format!("https://127.0.0.1:{port}");
        let kubeconfig = |name: &str| {
            let text = kubeconfig::text(&url, &Credentials::Files(name.to_owned()), &authority);
            workshop.write(&format!("{name}.kubeconfig"), &text)
        };
        kubeconfig("controllers");
        Cluster {
            kubeconfig: kubeconfig("administrator"),
            authority,
            token,
            port,
            etcd,
            api_server,
            controller_manager,
            namespaces: AtomicUsize::new(0),
            workshop,
        }
    }

    /// Start the servers, and wait for them. The log of one that ended instead is the error.
    fn run(&self, options: &Options) -> Result<(), String> {
        self.etcd.start();
        self.api_server.start();
        self.wait_for("the API server is ready", || self.is_ready())?;
        if !options.without_controllers {
            self.controller_manager.start();
            self.wait_for("the controllers are ready", || self.has_service_account())?;
        }
        Ok(())
    }

    fn wait_for(&self, what: &str, is_done: impl Fn() -> bool) -> Result<(), String> {
        wait::until(what, || match self.ended() {
            Some(log) => Some(Err(log)),
            None => is_done().then_some(Ok(())),
        })
    }

    /// The log of a server that was started and does not run.
    fn ended(&self) -> Option<String> {
        let started = [&self.etcd, &self.api_server, &self.controller_manager];
        let ended = started
            .into_iter()
            .find(|server| server.id().is_some() && !server.is_running());
        ended.map(Server::log)
    }

    fn is_ready(&self) -> bool {
        self.read("/readyz").is_some_and(|answer| answer == "ok")
    }

    fn has_service_account(&self) -> bool {
        self.read("/api/v1/namespaces/default/serviceaccounts/default")
            .is_some()
    }

    /// What the API server answers at a path, when it answers well.
    fn read(&self, path: &str) -> Option<String> {
        // A thread of its own, because tests that call this may run in a runtime already.
        thread::scope(|scope| {
            let read = || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async {
                    let request = http::Request::get(path).body(Vec::new()).expect("a request");
                    self.client().await.request_text(request).await.ok()
                })
            };
            scope.spawn(read).join().expect("a thread")
        })
    }

    fn write_kubeconfig(&self, name: &str, url: &str, credentials: &Credentials) -> PathBuf {
        let text = kubeconfig::text(url, credentials, &self.authority);
        self.workshop.write(&format!("{name}.kubeconfig"), &text)
    }
}

/// Ports that nobody listened on a moment ago.
pub(crate) fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // All are held until all are known, so that they differ.
    let listeners = [(); COUNT].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

fn unguessable() -> String {
    let (key, _) = pki::key();
    hex::encode(<sha2::Sha256 as sha2::Digest>::digest(key.as_bytes()))
}
