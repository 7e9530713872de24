//! Claims, and pods that use them.

use lazarette_tests::node::{DRIVER, Image, Node};
use lazarette_tests::wait;
use serde_json::{Value, json};

/// The mark of snapshots that belong to a backup.
const MARK: &str = "--selector=lazarette.dev/backup-writer";

/// A claim of one mebibyte in a storage class.
pub fn claim(namespace: &str, name: &str, class: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": class,
            "resources": {"requests": {"storage": "1Mi"}},
        },
    })
}

/// A pod of BusyBox with these claims at `/NAME`.
pub fn pod(namespace: &str, name: &str, claims: &[&str]) -> Value {
    let volume = |claim: &&str| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}});
    let mount = |claim: &&str| json!({"name": claim, "mountPath": format!("/{claim}")});
    let container = json!({
        "name": "main", "image": Image::Busybox.reference(), "imagePullPolicy": "Never", "args": ["-c", "sleep 1000"],
        "volumeMounts": claims.iter().map(mount).collect::<Vec<_>>(),
    });
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "containers": [container],
            "volumes": claims.iter().map(volume).collect::<Vec<_>>(),
            "terminationGracePeriodSeconds": 0,
        },
    })
}

/// A namespace with a pod `web`, whose claim `data` has a file with `text`.
pub fn shop(node: &Node, prefix: &str, class: &str, text: &str) -> String {
    node.csi();
    let namespace = node.namespace(prefix);
    node.apply(&claim(&namespace, "data", class).to_string());
    node.apply(&pod(&namespace, "web", &["data"]).to_string());
    node.wait_until_running(&namespace, "web");
    node.exec(
        &namespace,
        "web",
        &["sh", "-c", &format!("echo {text} > /data/file")],
    );
    namespace
}

/// What the file of a shop holds, once its pod runs.
pub fn file(node: &Node, namespace: &str) -> String {
    node.wait_until_running(namespace, "web");
    node.exec(namespace, "web", &["cat", "/data/file"])
        .trim()
        .to_owned()
}

/// The handles of snapshots in a cluster that belong to a backup.
pub fn kept(node: &Node) -> Vec<String> {
    let found = node.get(&["volumesnapshotcontents", MARK]);
    let items = found["items"].as_array().unwrap().iter();
    items
        .filter(|content| content["spec"]["driver"] == DRIVER)
        .map(|content| content["status"]["snapshotHandle"].as_str().unwrap().to_owned())
        .collect()
}

/// What helped a restore into a namespace and is still there.
pub fn helpers(node: &Node, namespace: &str) -> usize {
    let helping = "--selector=lazarette.dev/helps-restore";
    let snapshots = node.get(&["volumesnapshots", "-n", namespace, helping]);
    let contents = node.get(&["volumesnapshotcontents", helping]);
    let contents = contents["items"].as_array().unwrap().iter();
    let contents = contents.filter(|content| content["spec"]["volumeSnapshotRef"]["namespace"] == *namespace);
    snapshots["items"].as_array().unwrap().len() + contents.count()
}

/// Delete a namespace, and wait until it is gone.
pub fn delete(node: &Node, namespace: &str) {
    node.kubectl(&["delete", "namespace", namespace]);
    wait::until("the namespace is gone", || {
        let found = node.try_kubectl(&["get", "namespace", namespace], "");
        (!found.status.success()).then_some(())
    });
}
