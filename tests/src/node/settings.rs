//! The files that containerd, its network plugins, kubelet and kube-scheduler are started with.

use std::path::Path;

/// What the address of a node is, and its name: then the API server reaches kubelet over loopback, and nothing listens
/// elsewhere.
pub const NAME: &str = "127.0.0.1";

/// The network of pods: a pair of interfaces for each, which is gone with the pod. There is no way out of the machine.
pub fn network(folder: &Path, subnet: &str) -> String {
    let addresses = serde_json::json!({
        "type": "host-local",
        "dataDir": folder.join("addresses"),
        "ranges": [[{"subnet": subnet}]],
    });
    let plugin = serde_json::json!({"type": "ptp", "ipMasq": false, "ipam": addresses});
    serde_json::json!({"cniVersion": "0.4.0", "name": "pods", "plugins": [plugin]}).to_string()
}

/// Where what is in the file of containerd.
pub struct Containerd<'a> {
    /// A folder for its state and its socket.
    pub folder: &'a Path,
    /// Debian's packages, unpacked.
    pub packages: &'a Path,
    /// The image that holds the namespaces of a pod.
    pub pause: &'a str,
    /// How file systems of containers are put together: `overlayfs`, or `native` where that is not possible.
    pub snapshotter: &'a str,
}

impl Containerd<'_> {
    /// The text of the file.
    ///
    /// `restrict_oom_score_adj`: without `CAP_SYS_RESOURCE`, runc fails with "can't get final child's PID from pipe: EOF"
    /// otherwise.
    pub fn text(&self) -> String {
        let (folder, packages) = (self.folder.display(), self.packages.display());
        let (pause, snapshotter) = (self.pause, self.snapshotter);
        format!(
            r#"version = 2
root = "{folder}/containerd-root"
state = "{folder}/containerd-state"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{packages}/usr/lib/cni"
    conf_dir = "{folder}/network"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "{packages}/usr/sbin/runc"
      SystemdCgroup = false
"#
        )
    }
}

/// The configuration of kubelet, which works in `folder` and serves at `port`.
///
/// `failCgroupV1`: since 1.35 it refuses machines with version 1 otherwise.
pub fn kubelet(folder: &Path, port: u16, cgroup: &str) -> String {
    let path = |name: &str| folder.join(name);
    serde_json::json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NAME,
        "port": port,
        "healthzPort": 0,
        "readOnlyPort": 0,
        "containerRuntimeEndpoint": format!("unix://{}", path("containerd.sock").display()),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": format!("/{cgroup}"),
        "failCgroupV1": false,
        "failSwapOn": false,
        "makeIPTablesUtilChains": false,
        "enforceNodeAllocatable": [],
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": path("ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": path("kubelet.crt"),
        "tlsPrivateKeyFile": path("kubelet.key"),
        "podLogsDir": path("pod-logs"),
        "volumePluginDir": path("volume-plugins"),
        "resolvConf": "",
        "clusterDomain": "cluster.local",
        // The machine's disk may be as full as it is.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "0%",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
            "imagefs.inodesFree": "0%",
        },
        "maxPods": 240,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
        "syncFrequency": "5s",
        "nodeStatusUpdateFrequency": "5s",
    })
    .to_string()
}
