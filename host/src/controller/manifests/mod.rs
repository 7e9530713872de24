//! What a cluster needs for the controller to work in it, as objects to apply.

mod admission;
mod deployment;
mod rights;

use crate::resources;
use serde_json::{Value, json};

/// Name of the objects of the controller.
const NAME: &str = "lazarette-controller";

/// The port on which probes are answered.
const PROBES: u16 = 8081;

/// What is to be installed.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Namespace of the controller.
    pub namespace: String,
    /// Image of the program.
    pub image: String,
    /// How many replicas there are; one works at a time.
    pub replicas: u16,
    /// The namespaces whose service accounts runs may act as. Empty: those of all namespaces.
    pub namespaces: Vec<String>,
}

/// Everything to apply, in the order in which it can be.
///
/// # Errors
/// When a definition has no JSON, which is a defect of ours.
pub fn manifests(of: &Installation) -> Result<Vec<Value>, serde_json::Error> {
    let mut all = vec![namespace(of)];
    all.extend(resources::definitions()?);
    all.extend(rights::rights(of));
    all.extend(admission::policy());
    all.extend(deployment::deployment(of));
    Ok(all)
}

/// A namespace in which pods are restricted as far as Kubernetes restricts them.
fn namespace(of: &Installation) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": of.namespace,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        },
    })
}

/// The metadata of an object of the controller.
fn metadata(name: &str, namespace: Option<&str>) -> Value {
    let mut metadata = json!({"name": name, "labels": labels()});
    if let (Some(fields), Some(namespace)) = (metadata.as_object_mut(), namespace) {
        fields.insert("namespace".to_owned(), namespace.into());
    }
    metadata
}

/// By which the pods of the controller are known.
fn labels() -> Value {
    json!({"app.kubernetes.io/name": "lazarette", "app.kubernetes.io/component": "controller"})
}
