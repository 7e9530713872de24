//! What two clusters hold, compared as `kubectl get` shows it.

use lazarette_tests::cluster::Cluster;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What controllers, nodes and the API server make for themselves, in each cluster anew.
const MADE_ANEW: [&str; 12] = [
    "certificatesigningrequests.certificates.k8s.io",
    "csinodes.storage.k8s.io",
    "csistoragecapacities.storage.k8s.io",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "events",
    "events.events.k8s.io",
    "ipaddresses.networking.k8s.io",
    "leases.coordination.k8s.io",
    "nodes",
    "resourceslices.resource.k8s.io",
    "volumeattachments.storage.k8s.io",
];

/// What is different in every cluster although the object is the same, by kind (`*`: any), with the reason.
const DIFFERENT: [(&str, &str, &str); 20] = [
    ("*", "/metadata/creationTimestamp", "it is another object"),
    ("*", "/metadata/generation", "counts its changes"),
    (
        "*",
        "/metadata/managedFields",
        "another program has set the fields",
    ),
    ("*", "/metadata/resourceVersion", "the state of the database"),
    ("*", "/metadata/uid", "it is another object"),
    ("*", "/metadata/generateName", "the name is given"),
    (
        "*",
        "/metadata/ownerReferences",
        "compared by name only: see `owners`",
    ),
    ("*", "/status", "controllers set it"),
    ("Job", "/spec/selector", "made of the uid, by the server"),
    ("Job", "/spec/template/metadata/labels/controller-uid", "the uid"),
    (
        "Job",
        "/spec/template/metadata/labels/batch.kubernetes.io~1controller-uid",
        "the uid",
    ),
    ("Job", "/metadata/labels/controller-uid", "the uid"),
    (
        "Job",
        "/metadata/labels/batch.kubernetes.io~1controller-uid",
        "the uid",
    ),
    (
        "PersistentVolume",
        "/spec/claimRef/uid",
        "the claim is another object",
    ),
    (
        "PersistentVolume",
        "/spec/claimRef/resourceVersion",
        "the state of the database",
    ),
    (
        "PersistentVolume",
        "/metadata/annotations/pv.kubernetes.io~1bound-by-controller",
        "who has bound it",
    ),
    (
        "PersistentVolumeClaim",
        "/metadata/annotations/pv.kubernetes.io~1bind-completed",
        "who has bound it",
    ),
    (
        "PersistentVolumeClaim",
        "/metadata/annotations/pv.kubernetes.io~1bound-by-controller",
        "who has bound it",
    ),
    ("Service", "/spec/clusterIP", "given by the cluster"),
    ("Service", "/spec/clusterIPs", "given by the cluster"),
];

/// Labels and annotations that tell where a restored object is from begin with one of these.
const MARKS: [&str; 2] = ["lazarette.dev/", "velero.io/"];

/// Objects by type, namespace and name.
pub type Contents = BTreeMap<String, Value>;

/// All objects of a cluster, or of one namespace, that a backup and a restore bring into another one.
pub fn contents(cluster: &Cluster, namespace: Option<&str>) -> Contents {
    let scope = if namespace.is_some() { "true" } else { "" };
    let mut words = vec![
        "api-resources",
        "--verbs=list,create",
        "-o",
        "name",
        "--cached=false",
    ];
    words.extend(namespace.map(|_| "--namespaced=true"));
    // It fails when an aggregated API is dead, and lists the others.
    let listed = cluster.try_kubectl(&words, scope);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let types: Vec<&str> = listed.lines().filter(|name| !MADE_ANEW.contains(name)).collect();
    let types = types.join(",");
    let scope: &[&str] = namespace.map_or(&["--all-namespaces"], |_| &["--namespace"]);
    let found = cluster.get(&[&[types.as_str()], scope, namespace.as_slice()].concat());
    let items = found["items"].as_array().unwrap().iter();
    items
        .filter(|item| !is_of_the_cluster(item))
        .map(|item| (key(item), normal(item)))
        .collect()
}

/// Compare what was with what is now.
///
/// # Panics
/// With each difference, when there is one.
#[track_caller]
pub fn assert_same(was: &Contents, is: &Contents) {
    let differences = differences(was, is);
    assert_eq!(differences, "", "\n{differences}");
}

/// Each difference in a line, and nothing where all is the same.
pub fn differences(was: &Contents, is: &Contents) -> String {
    let mut text = String::new();
    for (key, was) in was {
        match is.get(key) {
            None => drop(writeln!(text, "missing: {key}")),
            Some(is) if is == was => (),
            Some(is) => drop(writeln!(text, "differs: {key}: {}", json_patch::diff(was, is))),
        }
    }
    for key in is.keys().filter(|key| !was.contains_key(*key)) {
        let _ = writeln!(text, "added: {key}");
    }
    text
}

/// What the API server and the controllers write about their own certificates and address, and keep as it is.
fn is_of_the_cluster(object: &Value) -> bool {
    let name = object["metadata"]["name"].as_str();
    match object["kind"].as_str() {
        Some("ConfigMap") => matches!(
            name,
            Some("kube-root-ca.crt" | "extension-apiserver-authentication")
        ),
        Some("Service") => name == Some("kubernetes") && object["metadata"]["namespace"] == "default",
        _ => false,
    }
}

fn key(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let metadata = &object["metadata"];
    let version = text(&object["apiVersion"]);
    format!(
        "{version} {} {} {}",
        text(&object["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"])
    )
}

/// The object without what differs between clusters.
fn normal(object: &Value) -> Value {
    let mut normal = object.clone();
    let kind = object["kind"].as_str().unwrap_or_default();
    normal["metadata"]["owners"] = owners(object);
    for (_, pointer, _) in DIFFERENT.iter().filter(|(of, _, _)| *of == "*" || *of == kind) {
        remove(&mut normal, pointer);
    }
    for map in ["labels", "annotations"] {
        let marks = normal["metadata"][map].as_object_mut();
        if let Some(marks) = marks {
            marks.retain(|key, _| !MARKS.iter().any(|mark| key.starts_with(mark)));
        }
        drop_empty(&mut normal["metadata"], map);
    }
    match kind {
        "Pod" => drop_tokens(&mut normal["spec"]),
        "Service" => drop_node_ports(&mut normal["spec"]),
        _ => (),
    }
    normal
}

/// Who an object belongs to, without the uid.
fn owners(object: &Value) -> Value {
    let owners = object["metadata"]["ownerReferences"].as_array();
    let name = |owner: &Value| format!("{} {}", owner["kind"], owner["name"]).into();
    owners
        .into_iter()
        .flatten()
        .map(name)
        .collect::<Vec<Value>>()
        .into()
}

/// The volume with the service account's token has a name that is made anew.
fn drop_tokens(spec: &mut Value) {
    let is_token = |named: &Value| {
        named["name"]
            .as_str()
            .is_some_and(|name| name.starts_with("kube-api-access-"))
    };
    retain(spec, "volumes", |volume| !is_token(volume));
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            retain(container, "volumeMounts", |mount| !is_token(mount));
        }
    }
}

/// Those that the cluster has chosen.
fn drop_node_ports(spec: &mut Value) {
    for port in spec["ports"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        port.remove("nodePort");
    }
}

fn retain(map: &mut Value, list: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(elements) = map.get_mut(list).and_then(Value::as_array_mut) {
        elements.retain(keep);
    }
    drop_empty(map, list);
}

fn drop_empty(of: &mut Value, member: &str) {
    let Some(map) = of.as_object_mut() else { return };
    let is_empty = |value: &Value| {
        value.is_null()
            || value.as_object().is_some_and(Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty)
    };
    if map.get(member).is_some_and(is_empty) {
        map.remove(member);
    }
}

fn remove(object: &mut Value, pointer: &str) {
    let Some((parent, member)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(map) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
        map.remove(&member.replace("~1", "/"));
    }
}
