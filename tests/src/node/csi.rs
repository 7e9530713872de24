//! Volumes that come from a CSI driver, and snapshots of them: the driver in `tests/servers/csi`, whose volumes are
//! folders, with Kubernetes' own external-provisioner, external-snapshotter and snapshot-controller, all as processes of
//! this machine.
//!
//! The classes are `folders` (volumes at once), `folders-later` (`WaitForFirstConsumer`) and, for snapshots, `folders`.

use super::Node;
use crate::processes::Server;
use crate::{servers, wait};
use serde_json::json;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The name of the driver.
pub const DRIVER: &str = "folders.lazarette.dev";

/// The definitions of the snapshot API. Without those of groups the snapshot controller waits half a minute for them.
const DEFINITIONS: [&str; 6] = [
    "groupsnapshot.storage.k8s.io_volumegroupsnapshotclasses",
    "groupsnapshot.storage.k8s.io_volumegroupsnapshotcontents",
    "groupsnapshot.storage.k8s.io_volumegroupsnapshots",
    "snapshot.storage.k8s.io_volumesnapshotclasses",
    "snapshot.storage.k8s.io_volumesnapshotcontents",
    "snapshot.storage.k8s.io_volumesnapshots",
];

/// The driver and its controllers on a node. They end with the node.
pub struct Csi {
    folder: PathBuf,
    driver: Server,
    controllers: [Server; 3],
}

impl Node {
    /// The driver of this node, which is started where it does not run yet.
    ///
    /// # Panics
    /// When it does not start, with its log.
    pub fn csi(&self) -> &Csi {
        let folder = self.folder().join("csi");
        self.csi_on(&folder)
    }

    /// The same, with its volumes and snapshots in a folder that the driver of another cluster may have, too: both reach
    /// the same storage. Where a driver runs already, it is that one.
    pub fn csi_on(&self, folder: &Path) -> &Csi {
        self.csi.get_or_init(|| Csi::start(self, folder))
    }
}

impl Csi {
    fn start(node: &Node, folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        define(node);
        let socket = node.folder().join("csi.sock");
        let csi = Csi {
            folder: folder.to_owned(),
            driver: driver(node, folder, &socket),
            controllers: controllers(node, &socket),
        };
        csi.driver.start();
        wait::until("the CSI driver is served", || {
            assert!(
                csi.driver.is_running(),
                "the CSI driver ended:\n{}",
                csi.driver.log()
            );
            socket.exists().then_some(())
        });
        csi.controllers.iter().for_each(Server::start);
        wait::until("kubelet knows the CSI driver", || {
            assert!(
                csi.driver.is_running(),
                "the CSI driver ended:\n{}",
                csi.driver.log()
            );
            let found = node.try_kubectl(&["get", "csinode", super::settings::NAME, "-o", "json"], "");
            String::from_utf8(found.stdout)
                .ok()?
                .contains(DRIVER)
                .then_some(())
        });
        csi
    }

    /// The folder of the driver.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program of the snapshotter, for tests that end it.
    pub fn snapshotter(&self) -> &Server {
        let [_, snapshotter, _] = &self.controllers;
        snapshotter
    }

    /// The names of the snapshots that the storage has.
    pub fn snapshots(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join("snapshots")).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with('.')).collect()
    }

    /// Have the driver behave as its file of this name says, until that is dropped: `no-snapshots`, `not-ready`.
    pub fn fault(&self, name: &str) -> Fault {
        let file = self.folder.join(name);
        File::create(&file).expect("a file");
        Fault(file)
    }
}

/// Something that is wrong with the driver until this is dropped.
pub struct Fault(PathBuf);

impl Drop for Fault {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The definitions and the classes.
fn define(node: &Node) {
    let folder = servers::snapshot_definitions();
    for definition in DEFINITIONS {
        let text = fs::read_to_string(folder.join(format!("{definition}.yaml"))).expect("a definition");
        node.apply(&text);
    }
    for (resource, group) in DEFINITIONS.map(|name| {
        let (group, resource) = name.split_once('_').expect("group and resource");
        (resource, group)
    }) {
        let name = format!("crd/{resource}.{group}");
        node.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", &name]);
    }
    let class = |name: &str, binding: &str| {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": DRIVER, "reclaimPolicy": "Delete", "volumeBindingMode": binding,
            "allowVolumeExpansion": true,
        })
    };
    let driver = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": DRIVER},
        "spec": {"attachRequired": false, "podInfoOnMount": false, "volumeLifecycleModes": ["Persistent"]},
    });
    let of_snapshots = json!({
        "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass", "metadata": {"name": "folders"},
        "driver": DRIVER, "deletionPolicy": "Delete",
    });
    for object in [
        driver,
        class("folders", "Immediate"),
        class("folders-later", "WaitForFirstConsumer"),
        of_snapshots,
    ] {
        node.apply(&object.to_string());
    }
}

/// The driver, which mounts where kubelet does.
fn driver(node: &Node, folder: &Path, socket: &Path) -> Server {
    let arguments = [
        format!("--name={DRIVER}"),
        format!("--folder={}", folder.display()),
        format!("--socket={}", socket.display()),
        format!(
            "--registry={}",
            node.folder().join("kubelet/plugins_registry").display()
        ),
        format!("--node={}", super::settings::NAME),
    ];
    let arguments = arguments.map(OsString::from).to_vec();
    node.inside("csi-driver", servers::program("csi-driver"), arguments)
}

/// The provisioner, the snapshotter and the snapshot controller.
fn controllers(node: &Node, socket: &Path) -> [Server; 3] {
    let kubeconfig = format!("--kubeconfig={}", node.kubeconfig().display());
    let address = format!("--csi-address={}", socket.display());
    let server = |name: &'static str, further: &[&str]| {
        let common = [
            kubeconfig.as_str(),
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--v=2",
        ];
        let arguments = common.iter().chain(further).map(OsString::from).collect();
        Server::new(node.workshop(), name, servers::program(name), arguments)
    };
    [
        server(
            "csi-provisioner",
            &[
                &address,
                "--retry-interval-start=200ms",
                "--retry-interval-max=2s",
            ],
        ),
        server(
            "csi-snapshotter",
            &[
                &address,
                "--retry-interval-start=200ms",
                "--retry-interval-max=2s",
            ],
        ),
        server("snapshot-controller", &["--retry-interval-max=2s"]),
    ]
}
