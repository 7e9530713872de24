//! A real Kubernetes with one real node on loopback: what [`cluster`](crate::cluster) has, and kubelet, kube-scheduler,
//! containerd and runc. Pods run.
//!
//! ```no_run
//! use lazarette_tests::node::{self, Image};
//!
//! let Some(node) = node::shared() else { return }; // said why
//! let namespace = node.namespace("shop");
//! node.apply(&format!("{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: {namespace}}}, \
//!     spec: {{containers: [{{name: main, image: '{}', imagePullPolicy: Never, args: ['-c', 'sleep 1000']}}]}}}}",
//!     Image::Busybox.reference()));
//! node.wait_until_running(&namespace, "web");
//! node.exec(&namespace, "web", &["echo", "hello"]);
//! ```
//!
//! It takes root, because containers do; where a machine cannot run a node, one line says why and tests that need one do
//! nothing. All of the node runs in a PID and a mount namespace of its own: whatever ends the test process, no process,
//! mount or interface is left behind, and no setting of the machine is changed.
//!
//! Pods have addresses of a network of their own, and no name service. There is no registry: images are those of
//! [`Image`].

mod cgroups;
mod csi;
mod images;
pub(crate) mod packages;
mod settings;
#[cfg(test)]
mod tests;

pub use csi::{Csi, DRIVER, Fault};
pub use images::Image;

use crate::cluster::{Cluster, Options, free_ports};
use crate::processes::Server;
use crate::{servers, wait};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The first process of the node's namespaces.
const START: &str = include_str!("start.sh");

/// What the node needs of a machine, beside control groups and Debian's packages.
const PROGRAMS: [&str; 4] = ["unshare", "nsenter", "apt-get", "dpkg-deb"];

/// The kind of file system that overlays cannot be made on.
const OVERLAY: i64 = 0x794c_7630;

/// The node that the tests of this process share; none where the machine cannot run one, which is said once.
pub fn shared() -> Option<&'static Node> {
    static NODE: OnceLock<Option<Node>> = OnceLock::new();
    NODE.get_or_init(Node::start).as_ref()
}

/// A cluster with a node, which is gone when this is dropped or the process ends.
pub struct Node {
    cluster: Cluster,
    packages: PathBuf,
    /// `unshare`, whose child is the first process of the namespaces.
    namespaces: Server,
    kubelet: Server,
    _scheduler: Server,
    images: Mutex<BTreeSet<&'static str>>,
    csi: OnceLock<Csi>,
    /// Held as long as the subnet is in use.
    _subnet: File,
}

impl Deref for Node {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl Node {
    /// A new cluster with a node that is ready; none where the machine cannot run one, which is said.
    ///
    /// # Panics
    /// When the machine could and the node does not start, with its logs.
    pub fn start() -> Option<Self> {
        match prepare() {
            Ok((cluster, packages, group)) => Some(Node::run(cluster, packages, &group)),
            Err(reason) => {
                // Straight to the terminal: a test's own output is shown only when it fails.
                let _ = writeln!(
                    io::stderr(),
                    "skipped: tests that need a node; this machine cannot run one: {reason}"
                );
                None
            }
        }
    }

    fn run(cluster: Cluster, packages: PathBuf, group: &str) -> Self {
        let workshop = cluster.workshop();
        let [port] = free_ports();
        let (subnet, lock) = subnet();
        write_files(&cluster, &packages, &subnet, port, group);
        let namespaces = Server::new(
            workshop,
            "containerd",
            "unshare".into(),
            unshare(&cluster, &packages),
        );
        let folder = cluster.folder().display().to_string();
        let kubelet = [
            format!("--config={folder}/kubelet.yaml"),
            format!("--kubeconfig={folder}/node.kubeconfig"),
            format!("--root-dir={folder}/kubelet"),
            format!("--cert-dir={folder}"),
            format!("--hostname-override={}", settings::NAME),
        ];
        namespaces.start();
        let inside = wait::until("the namespaces of the node are there", || {
            assert!(namespaces.is_running(), "no namespaces:\n{}", namespaces.log());
            first_process(&namespaces)
        });
        let kubelet = kubelet.map(OsString::from).to_vec();
        let kubelet = inside_of(inside, servers::program("kubelet"), kubelet);
        let scheduler = [
            "--kubeconfig=scheduler.kubeconfig",
            "--leader-elect=false",
            "--secure-port=0",
        ];
        let node = Node {
            kubelet: Server::new(workshop, "kubelet", "nsenter".into(), kubelet),
            _scheduler: Server::new(
                workshop,
                "kube-scheduler",
                servers::program("kube-scheduler"),
                scheduler.map(OsString::from).to_vec(),
            ),
            namespaces,
            packages,
            images: Mutex::default(),
            csi: OnceLock::new(),
            _subnet: lock,
            cluster,
        };
        node.wait_for_containerd();
        node.import(Image::Pause);
        node.import(Image::Busybox);
        node._scheduler.start();
        node.kubelet.start();
        node.wait_until_node_is_ready();
        node
    }

    /// Let pods use an image. [`Image::Busybox`] is there already.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn import(&self, image: Image) {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if images.insert(image.reference()) {
            let archive = image.archive().unwrap_or_else(|error| panic!("{error}"));
            let archive = archive.to_str().expect("a path");
            let output = self.ctr(&["--namespace=k8s.io", "images", "import", archive]);
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }

    /// A program that runs where kubelet runs, with its view of processes and mounts.
    pub fn inside(&self, name: &'static str, program: PathBuf, arguments: Vec<OsString>) -> Server {
        let first = first_process(&self.namespaces).expect("the node runs");
        let arguments = inside_of(first, program, arguments);
        Server::new(self.cluster.workshop(), name, "nsenter".into(), arguments)
    }

    /// Run a command in the first container of a pod, and give what it prints.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn exec(&self, namespace: &str, pod: &str, command: &[&str]) -> String {
        self.kubectl(&[&["exec", "-n", namespace, pod, "--"], command].concat())
    }

    /// Wait until all containers of a pod run and are ready.
    #[track_caller]
    pub fn wait_until_running(&self, namespace: &str, pod: &str) {
        wait::until(&format!("pod {namespace}/{pod} is ready"), || {
            let found = self.try_kubectl(&["get", "pod", "-n", namespace, pod, "-o", "json"], "");
            let pod: serde_json::Value = serde_json::from_slice(&found.stdout).ok()?;
            let conditions = pod["status"]["conditions"].as_array()?;
            let is_ready =
                |condition: &serde_json::Value| condition["type"] == "Ready" && condition["status"] == "True";
            conditions.iter().any(is_ready).then_some(())
        });
    }

    fn wait_for_containerd(&self) {
        wait::until("containerd answers", || {
            assert!(
                self.namespaces.is_running(),
                "containerd ended:\n{}",
                self.namespaces.log()
            );
            self.ctr(&["version"]).status.success().then_some(())
        });
    }

    fn wait_until_node_is_ready(&self) {
        wait::until("the node is ready", || {
            assert!(
                self.kubelet.is_running(),
                "kubelet ended:\n{}",
                self.kubelet.log()
            );
            let found = self.try_kubectl(&["get", "node", settings::NAME, "-o", "json"], "");
            let node: serde_json::Value = serde_json::from_slice(&found.stdout).ok()?;
            let conditions = node["status"]["conditions"].as_array()?;
            let is_ready =
                |condition: &serde_json::Value| condition["type"] == "Ready" && condition["status"] == "True";
            conditions.iter().any(is_ready).then_some(())
        });
    }

    fn ctr(&self, words: &[&str]) -> std::process::Output {
        Command::new(self.packages.join("usr/bin/ctr"))
            .arg("--address")
            .arg(self.folder().join("containerd.sock"))
            .args(words)
            .output()
            .expect("ctr runs")
    }
}

/// A cluster that a node can be added to, the packages for it, and the name of its control group.
fn prepare() -> Result<(Cluster, PathBuf, String), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("it takes root".to_owned());
    }
    for program in PROGRAMS {
        let found = Command::new(program).arg("--version").output();
        found.map_err(|error| format!("{program} does not run: {error}"))?;
    }
    let namespaces = Command::new("unshare")
        .args(["--pid", "--mount", "--fork", "--mount-proc", "true"])
        .output()
        .map_err(|error| error.to_string())?;
    if !namespaces.status.success() {
        let reason = String::from_utf8_lossy(&namespaces.stderr);
        return Err(format!("no namespaces: {}", reason.trim()));
    }
    let packages = packages::RUNTIME.folder()?;
    Image::Pause.archive()?;
    Image::Busybox.archive()?;
    let cluster = Cluster::with(&Options::default());
    let group = format!("lazarette-{}", cluster.port());
    cgroups::make(cluster.workshop(), &group)?;
    Ok((cluster, packages, group))
}

/// All that the servers of the node read.
fn write_files(cluster: &Cluster, packages: &Path, subnet: &str, port: u16, group: &str) {
    let (workshop, folder) = (cluster.workshop(), cluster.folder());
    let authority = cluster.authority();
    let name = format!("system:node:{}", settings::NAME);
    cluster.write_user("node", authority.client(&name, Some("system:nodes")));
    cluster.write_user("scheduler", authority.client("system:kube-scheduler", None));
    let serving = authority.server("kubelet", &[]);
    workshop.write("kubelet.crt", &serving.certificate);
    workshop.write("kubelet.key", &serving.key);
    workshop.write("kubelet.yaml", &settings::kubelet(folder, port, group));
    workshop.write("network/pods.conflist", &settings::network(folder, subnet));
    workshop.write("start.sh", START);
    fs::create_dir(folder.join("not-kept")).expect("a folder");
    let containerd = settings::Containerd {
        folder,
        packages,
        pause: Image::Pause.reference(),
        snapshotter: snapshotter(folder),
    };
    workshop.write("containerd.toml", &containerd.text());
}

/// How `unshare` starts containerd.
fn unshare(cluster: &Cluster, packages: &Path) -> Vec<OsString> {
    let programs = packages.join("usr/bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut arguments: Vec<OsString> = [
        "--pid",
        "--mount",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--propagation",
        "slave",
    ]
    .map(OsString::from)
    .to_vec();
    arguments.extend(["sh".into(), cluster.folder().join("start.sh").into()]);
    arguments.push(cluster.folder().join("not-kept").into());
    // It looks for its shim there.
    arguments.extend(["env".into(), format!("PATH={}:{path}", programs.display()).into()]);
    arguments.extend([programs.join("containerd").into(), "--config".into()]);
    arguments.extend([
        cluster.folder().join("containerd.toml").into(),
        "--log-level=warn".into(),
    ]);
    arguments
}

/// What `nsenter` is told, to run a program in the namespaces of a process.
fn inside_of(process: u32, program: PathBuf, arguments: Vec<OsString>) -> Vec<OsString> {
    let mut all: Vec<OsString> = vec![
        format!("--target={process}").into(),
        "--pid".into(),
        "--mount".into(),
    ];
    all.extend(["--".into(), program.into()]);
    all.extend(arguments);
    all
}

/// The child of `unshare`, as this process sees it.
fn first_process(unshare: &Server) -> Option<u32> {
    let id = unshare.id()?;
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    children.trim().parse().ok()
}

/// How containerd puts file systems together in a folder.
fn snapshotter(folder: &Path) -> &'static str {
    let kind = rustix::fs::statfs(folder).expect("a folder").f_type;
    if kind == OVERLAY { "native" } else { "overlayfs" }
}

/// A subnet that no other node of this machine has, as long as the file is open. The range is for tests of network
/// devices (RFC 2544), so nothing else is there.
fn subnet() -> (String, File) {
    let folder = servers::cache().join("subnets");
    fs::create_dir_all(&folder).expect("a folder");
    let free = (0..256).find_map(|number| {
        let lock = File::create(folder.join(number.to_string())).expect("a lock");
        lock.try_lock().is_ok().then_some((number, lock))
    });
    let (number, lock) = free.expect("fewer than 256 nodes");
    (format!("198.18.{number}.0/24"), lock)
}
