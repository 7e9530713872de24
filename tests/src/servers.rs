//! The programs that the end-to-end tests run: Kubernetes' own servers, `etcd`, `kubectl`, Velero's server, and a registry.
//!
//! A folder in `KUBEBUILDER_ASSETS` (the convention of controller-runtime's envtest) comes first. What is not there is
//! built with Go from the modules that `tests/servers/go.mod` pins, and those of Velero, of the registry and of CSI from
//! the `go.mod` in the folders `velero`, `registry` and `csi` beside it: about five minutes for each, once, kept outside the
//! tree under a key of their versions.

use sha2::{Digest, Sha256};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the modules of Kubernetes with their versions are.
const KUBERNETES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers");

/// Where those of Velero are.
const VELERO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/velero");

/// Where those of the CSI driver and its controllers are.
const CSI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/csi");

/// The module that has the definitions of the snapshot API.
const DEFINITIONS: &str = "github.com/kubernetes-csi/external-snapshotter/client/v8";

/// Where that of the registry is.
const REGISTRY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/registry");

/// An API server of 1.36 that Go 1.27 built serves a broken `/openapi/v2`.
const GO: &str = "go1.26";

/// The release of it that Go is asked to fetch where it is another one itself.
const GO_RELEASE: &str = "go1.26.8";

/// A program, the folder of modules that pins its version, and the Go package that it is built from.
const PACKAGES: [(&str, &str, &str); 13] = [
    ("etcd", KUBERNETES, "go.etcd.io/etcd/server/v3"),
    (
        "kube-apiserver",
        KUBERNETES,
        "k8s.io/kubernetes/cmd/kube-apiserver",
    ),
    (
        "kube-controller-manager",
        KUBERNETES,
        "k8s.io/kubernetes/cmd/kube-controller-manager",
    ),
    (
        "kube-scheduler",
        KUBERNETES,
        "k8s.io/kubernetes/cmd/kube-scheduler",
    ),
    ("kubectl", KUBERNETES, "k8s.io/kubernetes/cmd/kubectl"),
    ("kubelet", KUBERNETES, "k8s.io/kubernetes/cmd/kubelet"),
    ("velero", VELERO, "./server"),
    ("folder-store", VELERO, "./folder-store"),
    ("csi-driver", CSI, "./driver"),
    (
        "csi-provisioner",
        CSI,
        "github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner",
    ),
    (
        "csi-snapshotter",
        CSI,
        "github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter",
    ),
    (
        "snapshot-controller",
        CSI,
        "github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller",
    ),
    (
        "registry",
        REGISTRY,
        "github.com/distribution/distribution/v3/cmd/registry",
    ),
];

/// The path of a program (`etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`, `kubectl`,
/// `kubelet`, `velero`, `folder-store`, `csi-driver`, `csi-provisioner`, `csi-snapshotter`, `snapshot-controller`,
/// `registry`), which is built where it is neither given nor kept.
///
/// # Panics
/// When it cannot be built; the message says what to do.
pub fn program(name: &str) -> PathBuf {
    let given = env::var_os("KUBEBUILDER_ASSETS").map(|folder| PathBuf::from(folder).join(name));
    if let Some(program) = given.filter(|program| program.is_file()) {
        return program;
    }
    let (_, modules, package) = PACKAGES
        .into_iter()
        .find(|(known, ..)| *known == name)
        .unwrap_or_else(|| panic!("no program '{name}'"));
    let go = Go::find();
    let folder = cache().join(format!("servers-{}", go.key(modules)));
    let program = folder.join(name);
    if program.is_file() {
        return program;
    }
    fs::create_dir_all(&folder).expect("a folder for the servers");
    // Several test processes want the same program at once: one builds, the others wait for it.
    let lock = File::create(folder.join(format!(".{name}.lock"))).expect("a lock");
    lock.lock().expect("a lock");
    if !program.is_file() {
        go.build(package, modules, &program);
    }
    program
}

/// Where things are kept that are made once: `$LAZARETTE_CACHE`, or `lazarette` in the user's folder for caches.
pub fn cache() -> PathBuf {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    folder("LAZARETTE_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("lazarette")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/lazarette")))
        .unwrap_or_else(|| env::temp_dir().join("lazarette"))
}

/// Whether programs can be built: Go is installed.
pub fn can_be_built() -> bool {
    Go::installed().is_some()
}

/// An installed Go.
struct Go {
    program: &'static str,
    /// As it prints it: `go1.26.8`.
    version: String,
}

impl Go {
    fn installed() -> Option<Self> {
        let version = |program: &'static str| {
            // Outside of the module, which may ask for another version.
            let output = Command::new(program)
                .args(["env", "GOVERSION"])
                .current_dir("/")
                .output()
                .ok()?;
            let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
            (!version.is_empty()).then_some(Go { program, version })
        };
        version("go").or_else(|| version("/usr/local/go/bin/go"))
    }

    fn find() -> Self {
        Go::installed().unwrap_or_else(|| {
            panic!(
                "The end-to-end tests run Kubernetes' own servers, and those are built with Go, which is not installed. \
                 Install Go {} or newer (https://go.dev/dl, or the package of your distribution), or set \
                 KUBEBUILDER_ASSETS to a folder that holds {}.",
                GO.trim_start_matches("go"),
                PACKAGES.map(|(name, ..)| name).join(", "),
            )
        })
    }

    fn is_fitting(&self) -> bool {
        self.version == GO || self.version.starts_with(&format!("{GO}."))
    }

    /// Changes with everything that what is built depends on.
    fn key(&self, modules: &str) -> String {
        let mut hash = Sha256::new();
        let own = ["folder-store/main.go", "server/main.go"];
        let driver = ["main", "node", "kept", "controller", "groups"].map(|name| format!("driver/{name}.go"));
        let files = ["go.mod", "go.sum"].into_iter().chain(own);
        for file in files.chain(driver.iter().map(String::as_str)) {
            hash.update(fs::read(Path::new(modules).join(file)).unwrap_or_default());
        }
        hash.update(if self.is_fitting() {
            &self.version
        } else {
            GO_RELEASE
        });
        hex::encode(hash.finalize())[..12].to_owned()
    }

    fn build(&self, package: &str, modules: &str, program: &Path) {
        let name = program.file_name().expect("a name").to_string_lossy();
        let version = kubernetes_version();
        // Straight to the terminal: a test's own output is shown only when it fails, and this takes minutes.
        let _ = writeln!(
            io::stderr(),
            "building {name} with Go, once; this can take some minutes"
        );
        let unfinished = program.with_file_name(format!(".{name}.{}", std::process::id()));
        let mut command = Command::new(self.program);
        command
            .current_dir(modules)
            .args([
                "build",
                "-mod=readonly",
                "-buildvcs=false",
                "-trimpath",
                "-ldflags",
            ])
            .arg(format!(
                "-s -w -X k8s.io/component-base/version.gitVersion={version}"
            ))
            .args([OsString::from("-o"), unfinished.clone().into(), package.into()])
            .env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            .env_remove("GOFLAGS")
            .env_remove("GOOS")
            .env_remove("GOARCH");
        if !self.is_fitting() {
            command.env("GOTOOLCHAIN", GO_RELEASE);
        }
        let output = command.output().expect("Go runs");
        if !output.status.success() {
            let _ = fs::remove_file(&unfinished);
            panic!(
                "{name} cannot be built ({}):\n{}",
                self.version,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        fs::rename(&unfinished, program).expect("the program gets its name");
    }
}

/// The folder with the definitions of the snapshot API, in the module that the snapshotter is built with.
pub fn snapshot_definitions() -> PathBuf {
    let go = Go::find();
    let mut command = Command::new(go.program);
    command
        .current_dir(CSI)
        .args(["mod", "download", "-json", DEFINITIONS]);
    command.env("GOWORK", "off").env_remove("GOFLAGS");
    if !go.is_fitting() {
        command.env("GOTOOLCHAIN", GO_RELEASE);
    }
    let output = command.output().expect("Go runs");
    let module: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let Some(folder) = module["Dir"].as_str() else {
        panic!(
            "{DEFINITIONS} cannot be had: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    Path::new(folder).join("config/crd")
}

/// The release of Kubernetes that is built: `v1.36.3`.
pub fn kubernetes_version() -> String {
    let modules =
        fs::read_to_string(Path::new(KUBERNETES).join("go.mod")).expect("the modules of the servers");
    let version = modules
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "));
    version.expect("go.mod requires k8s.io/kubernetes").to_owned()
}
