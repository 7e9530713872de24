//! Velero's own server beside the API server of a cluster, with a folder as its object store: it restores what we back
//! up, and backs up what we restore.

use crate::cluster::Cluster;
use crate::processes::{Server, Workshop};
use crate::{servers, wait};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Where Velero's resources are.
const NAMESPACE: &str = "velero";
/// What Velero says of something that goes on.
const GOES_ON: [&str; 8] = [
    "",
    "New",
    "Queued",
    "ReadyToStart",
    "InProgress",
    "WaitingForPluginOperations",
    "Finalizing",
    "Deleting",
];

/// A server of Velero, which ends when this is dropped.
pub struct Velero<'a> {
    cluster: &'a Cluster,
    server: Server,
    /// Its plugins and its log.
    _workshop: Arc<Workshop>,
}

impl<'a> Velero<'a> {
    /// Start the server in `cluster`, with the folder `store` (which has `backups` in it) as its object store. It looks
    /// for backups and for expired ones each second.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(cluster: &'a Cluster, store: &Path) -> Self {
        let workshop = Arc::new(Workshop::new());
        let plugins = workshop.path("plugins");
        fs::create_dir(&plugins).expect("a folder");
        fs::copy(servers::program("folder-store"), plugins.join("folder-store")).expect("the plugin");
        install(cluster, store);
        let mut arguments: Vec<OsString> = vec![
            "server".into(),
            "--kubeconfig".into(),
            cluster.kubeconfig().into(),
        ];
        arguments.extend(["--plugin-dir".into(), plugins.into()]);
        arguments.extend(
            [
                ["--namespace", NAMESPACE],
                ["--metrics-address", "127.0.0.1:0"],
                ["--profiler-address", "127.0.0.1:0"],
                ["--backup-sync-period", "1s"],
                ["--store-validation-frequency", "1s"],
                ["--garbage-collection-frequency", "1s"],
            ]
            .as_flattened()
            .iter()
            .map(OsString::from),
        );
        let server = Server::new(&workshop, "velero", servers::program("velero"), arguments);
        server.start();
        let velero = Velero {
            cluster,
            server,
            _workshop: workshop,
        };
        velero.wait_for("backupstoragelocation", "default", &["", "Unavailable"]);
        // It looks at its start and then each minute, and a store that has not been tried is not looked at.
        velero.server.kill();
        velero.server.start();
        velero
    }

    /// Make a backup, and give its resource when it is over.
    pub fn back_up(&self, name: &str, spec: &Value) -> Value {
        self.create("Backup", name, spec);
        self.wait_for("backup.velero.io", name, &GOES_ON)
    }

    /// Restore a backup that Velero knows, and give the Restore resource when it is over.
    pub fn restore(&self, name: &str, spec: &Value) -> Value {
        self.create("Restore", name, spec);
        self.wait_for("restore.velero.io", name, &GOES_ON)
    }

    /// The Backup resource that Velero makes for a backup that it finds in the store.
    pub fn found(&self, name: &str) -> Value {
        self.wait_for("backup.velero.io", name, &[])
    }

    /// What the server has printed.
    pub fn log(&self) -> String {
        self.server.log()
    }

    fn create(&self, kind: &str, name: &str, spec: &Value) {
        let metadata = json!({"name": name, "namespace": NAMESPACE});
        let resource =
            json!({"apiVersion": "velero.io/v1", "kind": kind, "metadata": metadata, "spec": spec});
        self.cluster
            .kubectl_with(&["create", "-f", "-"], &resource.to_string());
    }

    /// The resource, when it is there and in none of these phases.
    fn wait_for(&self, kind: &str, name: &str, not: &[&str]) -> Value {
        wait::until(&format!("Velero has done {kind} {name}"), || {
            assert!(self.server.is_running(), "Velero has ended:\n{}", self.log());
            let words = [
                "get",
                "-n",
                NAMESPACE,
                kind,
                name,
                "-o",
                "json",
                "--ignore-not-found",
            ];
            let found: Value = serde_json::from_str(&self.cluster.kubectl(&words)).ok()?;
            let phase = found["status"]["phase"].as_str().unwrap_or_default();
            let goes_on = not.contains(&phase) || (!not.is_empty() && phase.starts_with("Finalizing"));
            (!goes_on).then_some(found)
        })
    }
}

impl Drop for Velero<'_> {
    fn drop(&mut self) {
        self.server.kill();
    }
}

/// What Velero needs in a cluster: its definitions, its namespace and the place of the store.
fn install(cluster: &Cluster, store: &Path) {
    let output = Command::new(servers::program("velero"))
        .args(["install", "--crds-only", "--dry-run", "-o", "yaml"])
        .output()
        .expect("velero runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    cluster.apply(&String::from_utf8(output.stdout).expect("YAML"));
    cluster.kubectl(&["wait", "--for=condition=Established", "crd", "--all"]);
    let (root, bucket) = (
        store.parent().expect("a parent"),
        store.file_name().expect("a name"),
    );
    let location = json!({
        "apiVersion": "velero.io/v1",
        "kind": "BackupStorageLocation",
        "metadata": {"name": "default", "namespace": NAMESPACE},
        "spec": {
            "provider": "lazarette.dev/folder",
            "default": true,
            "objectStorage": {"bucket": bucket.to_str().expect("text")},
            "config": {"root": root.to_str().expect("text")},
        },
    });
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    cluster.apply(&namespace.to_string());
    // A restore of a pod takes its helper's image from there.
    let labels = json!({"deploy": "velero"});
    let container = json!({"name": "velero", "image": "velero/velero"});
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [container]}});
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "velero", "namespace": NAMESPACE},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    });
    cluster.apply(&deployment.to_string());
    cluster.apply(&location.to_string());
}
