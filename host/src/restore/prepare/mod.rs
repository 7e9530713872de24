//! Preparing an object for a restore: what the server sets is dropped, and the rules that some kinds need are applied.
//!
//! The same is done to the live object before the two are compared: equal means equal in what a restore would set.
//! The facts are Velero's (`resetMetadataAndStatus` and its built-in restore item actions).

mod cluster;
mod service;
mod volumes;
mod workloads;

pub(super) use cluster::endpoints_left_out;
pub(super) use volumes::volume_left_out;

use super::data::Data;
use super::marks;
use super::report::Note;
use crate::object::Object;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Members of `metadata` that the server sets, or that refer to objects by an identity which a restore changes.
///
/// Finalizers, labels and annotations stay. Owners are dropped, since their `uid` is that of the object in the
/// original cluster.
const SERVER_METADATA: [&str; 10] = [
    "generateName",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "managedFields",
];

/// What preparing needs to know beside the object.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// Keep all node ports of services, also those that the server chose.
    pub preserve_node_ports: bool,
    /// Persistent volumes of the backup that are not restored because they are provisioned anew for their claims.
    pub provisioned_anew: BTreeSet<String>,
    /// The data of volumes.
    pub data: Data,
    /// Whether what is restored is labelled, so that the labels of earlier restores mean nothing.
    pub marked: bool,
}

/// Why an object of the backup is not restored at all, or none. Looks at what [`prepare`] drops, so it comes first.
pub(super) fn left_out(object: &Object) -> Option<String> {
    match (
        object.id.resource.group.as_str(),
        object.id.resource.resource.as_str(),
    ) {
        ("", "pods") => workloads::pod_left_out(&object.json),
        ("batch", "jobs") => workloads::job_left_out(&object.json),
        ("", "persistentvolumes") => volume_left_out(&object.json),
        ("", "secrets") => cluster::secret_left_out(object),
        ("", "configmaps") => cluster::config_map_left_out(&object.id.name),
        ("apiregistration.k8s.io", "apiservices") => cluster::api_service_left_out(&object.json),
        _ => cluster::never_restored(&object.id.resource),
    }
}

/// Drop what the server sets and apply the rules of the object's kind; what the user should know is returned.
pub(super) fn prepare(object: &mut Object, context: &Context) -> Vec<Note> {
    let mut notes = Vec::new();
    let json = &mut object.json;
    match (
        object.id.resource.group.as_str(),
        object.id.resource.resource.as_str(),
    ) {
        ("", "pods") => workloads::prepare_pod(json),
        ("batch", "jobs") => workloads::prepare_job(json),
        ("", "services") => service::prepare(json, context.preserve_node_ports, &mut notes),
        ("", "persistentvolumes") => volumes::prepare_volume(json),
        ("", "persistentvolumeclaims") => {
            volumes::prepare_claim(json, &object.id, context, &mut notes);
        }
        ("", "serviceaccounts") => cluster::prepare_service_account(json, &object.id.name),
        ("", "secrets") => cluster::prepare_secret(json),
        ("apiextensions.k8s.io", "customresourcedefinitions") => cluster::prepare_definition(json),
        (
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations" | "mutatingwebhookconfigurations",
        ) => cluster::prepare_webhooks(json),
        _ => {}
    }
    strip(json);
    marks::remove_if(json, context.marked);
    notes
}

/// Drop what the server sets in objects of any kind. Last, because rules look at managed fields and status.
fn strip(json: &mut Value) {
    if let Some(object) = json.as_object_mut() {
        object.shift_remove("status");
    }
    if let Some(metadata) = map_mut(json, "/metadata") {
        for member in SERVER_METADATA {
            metadata.shift_remove(member);
        }
    }
}

/// The map at `pointer`.
fn map_mut<'a>(json: &'a mut Value, pointer: &str) -> Option<&'a mut Map<String, Value>> {
    json.pointer_mut(pointer)?.as_object_mut()
}

/// The string at `pointer`.
fn text<'a>(json: &'a Value, pointer: &str) -> Option<&'a str> {
    json.pointer(pointer)?.as_str()
}

/// The elements of the list at `pointer`; none where there is no list.
fn items<'a>(json: &'a Value, pointer: &str) -> &'a [Value] {
    json.pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Remove members of the map `name` in the map at `parent`, and the map itself when nothing is left in it: a server
/// would not keep an empty one, and the two would then be compared as different.
pub(super) fn remove_members(json: &mut Value, parent: &str, name: &str, members: &[&str]) {
    let Some(parent) = map_mut(json, parent) else {
        return;
    };
    let Some(map) = parent.get_mut(name).and_then(Value::as_object_mut) else {
        return;
    };
    let before = map.len();
    map.retain(|key, _| !members.contains(&key.as_str()));
    if map.is_empty() && before > 0 {
        parent.shift_remove(name);
    }
}

/// Keep the elements of the list `name` in the map at `parent` for which `keep` holds, and drop the list when nothing
/// is left in it.
fn retain_items(json: &mut Value, parent: &str, name: &str, keep: impl FnMut(&Value) -> bool) {
    let Some(parent) = map_mut(json, parent) else {
        return;
    };
    let Some(list) = parent.get_mut(name).and_then(Value::as_array_mut) else {
        return;
    };
    let before = list.len();
    list.retain(keep);
    if list.is_empty() && before > 0 {
        parent.shift_remove(name);
    }
}

/// Whether `name` is that of a token which Kubernetes up to 1.23 made for the service account `account`:
/// `<account>-token-` and five letters or digits.
fn is_generated_token(name: &str, account: &str) -> bool {
    name.strip_prefix(account)
        .and_then(|rest| rest.strip_prefix("-token-"))
        .is_some_and(|end| {
            end.len() == 5 && end.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests;
