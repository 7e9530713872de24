//! The files and arguments that the servers are started with. They work in the folder of the cluster, so paths are
//! relative.

use crate::pki::{self, Authority, Identity};
use crate::processes::Workshop;

/// Where services get their addresses from.
const SERVICE_ADDRESSES: &str = "10.96.0.0/16";

/// The first of them, under which Pods see the API server.
const API_SERVER_ADDRESS: &str = "10.96.0.1";

/// Write what the servers and the users know each other by.
pub fn write_certificates(workshop: &Workshop, authority: &Authority, token: &str) {
    let write = |name: &str, identity: Identity| {
        workshop.write(&format!("{name}.crt"), &identity.certificate);
        workshop.write(&format!("{name}.key"), &identity.key);
    };
    workshop.write("ca.crt", &authority.certificate());
    workshop.write("ca.key", &authority.key());
    let names = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        API_SERVER_ADDRESS,
    ];
    write("server", authority.server("kube-apiserver", &names));
    write(
        "administrator",
        authority.client("administrator", Some("system:masters")),
    );
    write(
        "controllers",
        authority.client("system:kube-controller-manager", None),
    );
    write(
        "kubelet-client",
        authority.client("kube-apiserver-kubelet-client", Some("system:masters")),
    );
    let aggregation = Authority::new("aggregation");
    workshop.write("aggregation-ca.crt", &aggregation.certificate());
    write("aggregation", aggregation.client("aggregation", None));
    let (private, public) = pki::key();
    workshop.write("accounts.key", &private);
    workshop.write("accounts.pub", &public);
    workshop.write(
        "tokens.csv",
        &format!("{token},administrator,administrator,\"system:masters\"\n"),
    );
}

/// Without syncing to the disk: a killed process loses nothing by that, only a lost machine does.
pub fn etcd(url: &str, peer_port: u16) -> Vec<String> {
    let peer = format!("http://127.0.0.1:{peer_port}");
    arguments(&[
        ("name", "etcd"),
        ("data-dir", "etcd"),
        ("listen-client-urls", url),
        ("advertise-client-urls", url),
        ("listen-peer-urls", &peer),
        ("initial-advertise-peer-urls", &peer),
        ("initial-cluster", &format!("etcd={peer}")),
        ("quota-backend-bytes", "8589934592"),
        ("unsafe-no-fsync", "true"),
        ("log-level", "warn"),
    ])
}

pub fn api_server(port: u16, etcd: &str) -> Vec<String> {
    arguments(&[
        ("bind-address", "127.0.0.1"),
        ("secure-port", &port.to_string()),
        ("advertise-address", "127.0.0.1"),
        ("endpoint-reconciler-type", "none"),
        ("etcd-servers", etcd),
        ("service-cluster-ip-range", SERVICE_ADDRESSES),
        ("authorization-mode", "Node,RBAC"),
        ("enable-admission-plugins", "NodeRestriction"),
        ("allow-privileged", "true"),
        ("client-ca-file", "ca.crt"),
        ("tls-cert-file", "server.crt"),
        ("tls-private-key-file", "server.key"),
        ("token-auth-file", "tokens.csv"),
        (
            "service-account-issuer",
            "https://kubernetes.default.svc.cluster.local",
        ),
        ("service-account-key-file", "accounts.pub"),
        ("service-account-signing-key-file", "accounts.key"),
        ("kubelet-client-certificate", "kubelet-client.crt"),
        ("kubelet-client-key", "kubelet-client.key"),
        ("kubelet-certificate-authority", "ca.crt"),
        ("requestheader-client-ca-file", "aggregation-ca.crt"),
        ("requestheader-allowed-names", "aggregation"),
        ("requestheader-username-headers", "X-Remote-User"),
        ("requestheader-group-headers", "X-Remote-Group"),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        ("proxy-client-cert-file", "aggregation.crt"),
        ("proxy-client-key-file", "aggregation.key"),
        ("max-requests-inflight", "800"),
        ("max-mutating-requests-inflight", "400"),
    ])
}

pub fn controller_manager(port: u16) -> Vec<String> {
    let kubeconfig = "controllers.kubeconfig";
    arguments(&[
        ("bind-address", "127.0.0.1"),
        ("secure-port", &port.to_string()),
        ("kubeconfig", kubeconfig),
        ("authentication-kubeconfig", kubeconfig),
        ("authorization-kubeconfig", kubeconfig),
        ("leader-elect", "false"),
        ("use-service-account-credentials", "true"),
        ("service-account-private-key-file", "accounts.key"),
        ("root-ca-file", "ca.crt"),
        ("cluster-signing-cert-file", "ca.crt"),
        ("cluster-signing-key-file", "ca.key"),
        ("requestheader-client-ca-file", "aggregation-ca.crt"),
        ("service-cluster-ip-range", SERVICE_ADDRESSES),
        ("cluster-cidr", "10.88.0.0/16"),
        ("allocate-node-cidrs", "false"),
        ("controllers", "*,-nodeipam"),
    ])
}

fn arguments(flags: &[(&str, &str)]) -> Vec<String> {
    flags
        .iter()
        .map(|(name, value)| format!("--{name}={value}"))
        .collect()
}
