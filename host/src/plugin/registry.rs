//! Components in OCI registries, as the Wasm artifact that `wkg` pushes: a config of the media type
//! `application/vnd.wasm.config.v0+json`, and one layer `application/wasm`. A signature is an annotation of the manifest.

use super::inspect::{Inspection, LARGEST_COMPONENT};
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::OciImageManifest;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Media type of the config of a Wasm artifact.
const CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// Media type of its one layer.
const LAYER: &str = "application/wasm";

/// The annotation with the signature of the component, in hexadecimal.
const SIGNATURE: &str = "io.lazarette.signature.ed25519";

/// How long a registry may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// What stands before the address of a component in a registry.
pub const SCHEME: &str = "oci://";

/// A component in a registry: `oci://host/repository:tag@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Reference);

/// A component as it came from somewhere, with its signature, where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The component.
    pub component: Vec<u8>,
    /// 64 bytes.
    pub signature: Option<Vec<u8>>,
}

/// Why a registry gave or took nothing.
#[derive(Debug, thiserror::Error)]
#[error("{address}: {message}")]
pub struct RegistryError {
    /// The address.
    pub address: String,
    /// What happened.
    pub message: String,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{SCHEME}{}", self.0.whole())
    }
}

impl Address {
    /// The address in `text`, which begins with `oci://`.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let wrong = |message: String| RegistryError {
            address: text.to_owned(),
            message,
        };
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| wrong(format!("an address begins with {SCHEME}")))?;
        let reference: Reference = rest.parse().map_err(|error| wrong(format!("{error}")))?;
        Ok(Address(reference))
    }

    /// The digest of the manifest that the address names.
    pub fn digest(&self) -> Option<&str> {
        self.0.digest()
    }

    fn error(&self, message: impl ToString) -> RegistryError {
        RegistryError {
            address: self.to_string(),
            message: message.to_string(),
        }
    }

    /// Get the component. Its digest and, where the address names it, that of the manifest have been checked.
    pub async fn pull(&self) -> Result<Signed, RegistryError> {
        let client = self.client();
        let pulled = client.pull_image_manifest(&self.0, &self.credentials()).await;
        let (manifest, _) = pulled.map_err(|error| self.error(error))?;
        let [layer] = manifest.layers.as_slice() else {
            return Err(self.error("this is no Wasm artifact: it has not one layer"));
        };
        if manifest.config.media_type != CONFIG || layer.media_type != LAYER {
            return Err(self.error(format!(
                "this is no Wasm artifact: its layer is {}",
                layer.media_type
            )));
        }
        let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
        if size > LARGEST_COMPONENT {
            return Err(self.error(format!(
                "it has {} MiB; at most {} are taken",
                size >> 20,
                LARGEST_COMPONENT >> 20
            )));
        }
        let mut component = Bounded {
            bytes: Vec::with_capacity(size),
            most: size,
        };
        client
            .pull_blob(&self.0, layer, &mut component)
            .await
            .map_err(|error| self.error(error))?;
        let signature = manifest
            .annotations
            .as_ref()
            .and_then(|annotations| annotations.get(SIGNATURE));
        let signature = signature
            .map(|text| hex::decode(text).map_err(|error| self.error(error)))
            .transpose()?;
        Ok(Signed {
            component: component.bytes,
            signature,
        })
    }

    /// Put a component there, and return its address with the digest of its manifest.
    pub async fn push(&self, signed: Signed, about: &Inspection) -> Result<Address, RegistryError> {
        let config = Config::new(config_of(about).to_string().into_bytes(), CONFIG.to_owned(), None);
        let layer = ImageLayer::new(signed.component, LAYER.to_owned(), None);
        let mut manifest =
            OciImageManifest::build(std::slice::from_ref(&layer), &config, Some(annotations(about)));
        manifest.artifact_type = None;
        if let Some(signature) = signed.signature {
            manifest
                .annotations
                .get_or_insert_default()
                .insert(SIGNATURE.to_owned(), hex::encode(signature));
        }
        let client = self.client();
        let credentials = self.credentials();
        let pushed = client
            .push(&self.0, &[layer], config, &credentials, Some(manifest))
            .await;
        pushed.map_err(|error| self.error(error))?;
        let digest = client
            .fetch_manifest_digest(&self.0, &credentials)
            .await
            .map_err(|error| self.error(error))?;
        Address::parse(&format!("{self}@{digest}"))
    }

    /// Plain HTTP on loopback only.
    fn client(&self) -> Client {
        crate::store::install_tls();
        let registry = self.0.resolve_registry();
        let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
        let protocol = match host {
            "localhost" | "127.0.0.1" | "[::1]" => ClientProtocol::Http,
            _ => ClientProtocol::Https,
        };
        Client::new(ClientConfig {
            protocol,
            read_timeout: Some(SILENCE),
            connect_timeout: Some(SILENCE),
            ..ClientConfig::default()
        })
    }

    /// Those of the Docker configuration, where it has some for this registry.
    fn credentials(&self) -> RegistryAuth {
        match docker_credential::get_credential(self.0.resolve_registry()) {
            Ok(docker_credential::DockerCredential::UsernamePassword(user, password)) => {
                RegistryAuth::Basic(user, password)
            }
            Ok(docker_credential::DockerCredential::IdentityToken(token)) => RegistryAuth::Bearer(token),
            Err(error) => {
                tracing::debug!("no credentials for {}: {error}", self.0.resolve_registry());
                RegistryAuth::Anonymous
            }
        }
    }
}

/// What `wkg` writes about a component.
fn config_of(about: &Inspection) -> serde_json::Value {
    json!({
        "created": jiff::Timestamp::now().to_string(),
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [format!("sha256:{}", about.digest)],
        "component": {"exports": about.exports, "imports": about.imports, "target": null},
    })
}

fn annotations(about: &Inspection) -> BTreeMap<String, String> {
    let manifest = about.manifest.clone().unwrap_or_default();
    let named = [
        ("org.opencontainers.image.title", manifest.name),
        ("org.opencontainers.image.version", manifest.version),
        ("org.opencontainers.image.description", manifest.description),
    ];
    let given = named.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Takes as many bytes as were announced, and no more: a registry could send for ever.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl tokio::io::AsyncWrite for Bounded {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        part: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        if self.bytes.len().saturating_add(part.len()) > self.most {
            return std::task::Poll::Ready(Err(std::io::Error::other(
                "the registry sent more than it announced",
            )));
        }
        self.bytes.extend_from_slice(part);
        std::task::Poll::Ready(Ok(part.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}
