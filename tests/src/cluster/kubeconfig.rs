//! Kubeconfig files.

use crate::pki::{Authority, Identity};
use k8s_openapi::ByteString;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use std::path::Path;

/// What a user is known by.
pub enum Credentials {
    /// Certificate and key in files `NAME.crt` and `NAME.key` beside the kubeconfig.
    Files(String),
    /// Certificate and key in the kubeconfig.
    Certificate(Identity),
    /// A bearer token.
    Token(String),
}

impl Credentials {
    fn user(&self) -> Value {
        match self {
            Credentials::Files(name) => json!({
                "client-certificate": format!("{name}.crt"),
                "client-key": format!("{name}.key"),
            }),
            Credentials::Certificate(identity) => json!({
                "client-certificate-data": data(&identity.certificate),
                "client-key-data": data(&identity.key),
            }),
            Credentials::Token(token) => json!({"token": token}),
        }
    }
}

/// The text of a kubeconfig, which is JSON and so YAML.
pub fn text(url: &str, credentials: &Credentials, authority: &Authority) -> String {
    let cluster = json!({"server": url, "certificate-authority-data": data(&authority.certificate())});
    let kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": credentials.user()}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    });
    kubeconfig.to_string()
}

/// A client for the cluster and user of a kubeconfig. Must be called in a runtime.
pub async fn client(path: &Path) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(path).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    kube::Client::try_from(config.expect("a configuration")).expect("a client")
}

/// How kubeconfigs hold the contents of files: in base64.
fn data(text: &str) -> Value {
    json!(ByteString(text.as_bytes().to_vec()))
}
