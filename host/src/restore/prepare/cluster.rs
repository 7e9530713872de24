//! Kinds by which a cluster works: accounts and their tokens, definitions, webhooks, aggregated APIs.

use super::{is_generated_token, items, map_mut, remove_members, text};
use crate::object::{GroupResource, Object, is_kept_for_service};
use serde_json::{Value, json};

/// The type of a secret that holds a token of a service account.
const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";

/// Drop the reference to the token that Kubernetes up to 1.23 made: the name of a new one is another.
pub(super) fn prepare_service_account(account: &mut Value, name: &str) {
    let generated = items(account, "/secrets")
        .iter()
        .position(|secret| text(secret, "/name").is_some_and(|secret| is_generated_token(secret, name)));
    let Some(index) = generated else { return };
    let Some(account) = account.as_object_mut() else {
        return;
    };
    let Some(secrets) = account.get_mut("secrets").and_then(Value::as_array_mut) else {
        return;
    };
    secrets.remove(index);
    if secrets.is_empty() {
        account.shift_remove("secrets");
    }
}

/// Why a secret is not restored: the server makes tokens of service accounts itself.
pub(super) fn secret_left_out(secret: &Object) -> Option<String> {
    let account = text(
        &secret.json,
        "/metadata/annotations/kubernetes.io~1service-account.name",
    )?;
    let is_token = text(&secret.json, "/type") == Some(TOKEN_SECRET);
    (is_token && is_generated_token(&secret.id.name, account))
        .then(|| format!("the token of service account {account} is made by the cluster"))
}

/// Why a config map is not restored: in every namespace the cluster publishes the certificate of its own authority.
pub(super) fn config_map_left_out(name: &str) -> Option<String> {
    (name == "kube-root-ca.crt").then(|| "the cluster publishes its own authority in it".to_owned())
}

/// Let the server fill a token that somebody asked for: the one in the backup is signed by the original cluster.
pub(super) fn prepare_secret(secret: &mut Value) {
    if text(secret, "/type") == Some(TOKEN_SECRET) {
        remove_members(
            secret,
            "/metadata",
            "annotations",
            &["kubernetes.io/service-account.uid"],
        );
        remove_members(secret, "", "data", &["token", "ca.crt"]);
    }
}

/// Say in today's form that unknown fields are kept: `preserveUnknownFields` is refused in `v1`.
pub(super) fn prepare_definition(definition: &mut Value) {
    if text(definition, "/apiVersion") != Some("apiextensions.k8s.io/v1")
        || definition.pointer("/spec/preserveUnknownFields") != Some(&Value::Bool(true))
    {
        return;
    }
    let Some(spec) = map_mut(definition, "/spec") else {
        return;
    };
    spec.shift_remove("preserveUnknownFields");
    for version in spec
        .get_mut("versions")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(schema) = map_mut(version, "/schema/openAPIV3Schema") {
            schema.insert("x-kubernetes-preserve-unknown-fields".to_owned(), json!(true));
        }
    }
}

/// Webhooks of `v1` must declare that they have no side effects; those that were converted may say otherwise.
pub(super) fn prepare_webhooks(configuration: &mut Value) {
    if text(configuration, "/apiVersion") != Some("admissionregistration.k8s.io/v1") {
        return;
    }
    let webhooks = configuration
        .pointer_mut("/webhooks")
        .and_then(Value::as_array_mut);
    for webhook in webhooks.into_iter().flatten().filter_map(Value::as_object_mut) {
        let accepted = matches!(
            webhook.get("sideEffects").and_then(Value::as_str),
            Some("None" | "NoneOnDryRun")
        );
        if !accepted {
            webhook.insert("sideEffects".to_owned(), json!("None"));
        }
    }
}

/// Why an API service is not restored: those of the server itself and of definitions come with what they serve.
pub(super) fn api_service_left_out(service: &Value) -> Option<String> {
    text(
        service,
        "/metadata/labels/kube-aggregator.kubernetes.io~1automanaged",
    )
    .map(|_| "the API server makes this API service itself".to_owned())
}

/// Why Endpoints and EndpointSlices are not restored: controllers keep them for Services, with addresses of Pods of the
/// cluster of the backup. Ours leave them out; those of Velero and of AKS hold them.
pub(in crate::restore) fn endpoints_left_out(object: &Object) -> Option<String> {
    let annotations = object.json.pointer("/metadata/annotations");
    let has_annotation = |name: &str| annotations.is_some_and(|annotations| annotations.get(name).is_some());
    is_kept_for_service(&object.id, object.labels(), has_annotation)
        .then(|| "the cluster keeps it for its service, with the addresses of the pods there".to_owned())
}

/// Why no object of a type is restored: those that Velero backs up, and does not restore either.
pub(super) fn never_restored(resource: &GroupResource) -> Option<String> {
    let reason = match (resource.group.as_str(), resource.resource.as_str()) {
        ("" | "events.k8s.io", "events") => "an event tells what has happened in the cluster of the backup",
        ("", "nodes") | ("storage.k8s.io", "csinodes" | "volumeattachments") => {
            "it describes a machine of the cluster of the backup"
        }
        ("velero.io", "backups" | "restores" | "backuprepositories" | "resticrepositories") => {
            "Velero makes it from what lies in its store"
        }
        _ => return None,
    };
    Some(reason.to_owned())
}
