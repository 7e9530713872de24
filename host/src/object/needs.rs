//! What objects need: others that a backup or a restore takes with them although its filter does not ask for them.

use super::{GroupResource, ObjectId, ResourceType};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};

const RBAC: &str = "rbac.authorization.k8s.io";
const EXTENSIONS: &str = "apiextensions.k8s.io";

/// What the objects that were taken so far need. Types are taken in the order of [`Needs::rank`], so that what a type's
/// objects are needed for is known when they come. A backup holds its objects in that order.
///
/// Velero takes these along too: pod → claim → volume; service account → its cluster role bindings → their cluster
/// roles; custom object → its definition; object → its Namespace.
#[derive(Debug, Default)]
pub struct Needs {
    namespaces: HashSet<String>,
    /// Persistent volume claims, by namespace and name, with the name of a pod that uses them.
    claims: HashMap<(String, String), String>,
    volumes: HashSet<String>,
    /// Service accounts that were taken, by namespace and name.
    service_accounts: HashSet<(String, String)>,
    cluster_roles: HashSet<String>,
    definitions: HashSet<String>,
}

impl Needs {
    /// When a type is taken: the lower the earlier, and those of one rank in their own order. Nothing needs an object of
    /// a lower rank than its own.
    pub fn rank(of: &ResourceType) -> u8 {
        match needed_rank(&of.resource) {
            0 if of.namespaced => 0,
            0 => 2,
            rank => rank,
        }
    }

    /// Whether objects of this type can be needed by others.
    pub fn can_be_of(resource: &GroupResource) -> bool {
        needed_rank(resource) > 0
    }

    /// Note what an object that was taken needs. `json` is all of it.
    pub fn note(&mut self, id: &ObjectId, json: &str) {
        if !id.resource.group.is_empty() {
            self.definitions.insert(id.resource.to_string());
        }
        if let Some(namespace) = &id.namespace {
            self.namespaces.insert(namespace.clone());
        }
        let name = || id.name.clone();
        match (
            id.resource.group.as_str(),
            id.resource.resource.as_str(),
            &id.namespace,
        ) {
            ("", "pods", Some(namespace)) => {
                let claims = Needs::claims_of_pod(&id.name, json).into_iter();
                self.claims
                    .extend(claims.map(|claim| ((namespace.clone(), claim), name())));
            }
            ("", "persistentvolumeclaims", _) => self.volumes.extend(parse::<Claim>(json).spec.volume_name),
            ("", "serviceaccounts", Some(namespace)) => {
                self.service_accounts.insert((namespace.clone(), name()));
            }
            (RBAC, "clusterrolebindings", _) => {
                let role = parse::<Binding>(json)
                    .role_ref
                    .filter(|role| role.kind == "ClusterRole");
                self.cluster_roles.extend(role.map(|role| role.name));
            }
            _ => {}
        }
    }

    /// The names of the persistent volume claims that the pod `name` uses. `json` is all of it.
    pub fn claims_of_pod(name: &str, json: &str) -> Vec<String> {
        let volumes = parse::<Pod>(json).spec.volumes.into_iter();
        volumes.filter_map(|volume| volume.claim(name)).collect()
    }

    /// How many persistent volume claims the pods that were taken use.
    pub fn claims(&self) -> usize {
        self.claims.len()
    }

    /// A pod that was taken and uses this persistent volume claim.
    pub fn pod_with_claim(&self, namespace: &str, claim: &str) -> Option<&str> {
        let key = (namespace.to_owned(), claim.to_owned());
        self.claims.get(&key).map(String::as_str)
    }

    /// Whether an object that was taken needs this one. `json` is all of it.
    pub fn include(&self, id: &ObjectId, json: &str) -> bool {
        let name = &id.name;
        match (
            id.resource.group.as_str(),
            id.resource.resource.as_str(),
            &id.namespace,
        ) {
            ("", "namespaces", _) => self.namespaces.contains(name),
            ("", "persistentvolumeclaims", Some(namespace)) => {
                self.claims.contains_key(&(namespace.clone(), name.clone()))
            }
            ("", "persistentvolumes", _) => self.volumes.contains(name),
            (RBAC, "clusterrolebindings", _) => {
                let subjects = parse::<Binding>(json).subjects;
                subjects.into_iter().any(|subject| {
                    subject.kind == "ServiceAccount"
                        && self.service_accounts.contains(&(subject.namespace, subject.name))
                })
            }
            (RBAC, "clusterroles", _) => self.cluster_roles.contains(name),
            (EXTENSIONS, "customresourcedefinitions", _) => self.definitions.contains(name),
            _ => false,
        }
    }
}

/// The rank of a type whose objects can be needed; 0 of any other.
fn needed_rank(resource: &GroupResource) -> u8 {
    match (resource.group.as_str(), resource.resource.as_str()) {
        ("", "persistentvolumeclaims") => 1,
        ("", "namespaces" | "persistentvolumes") | (RBAC, "clusterrolebindings") => 3,
        (RBAC, "clusterroles") | (EXTENSIONS, "customresourcedefinitions") => 4,
        _ => 0,
    }
}

/// The part of an object that refers to others. One that is not formed as it should be refers to nothing: it is for the
/// API server to refuse it, not for a backup.
fn parse<T: DeserializeOwned + Default>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pod {
    spec: PodSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    volumes: Vec<Volume>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Volume {
    name: String,
    persistent_volume_claim: Option<ClaimReference>,
    ephemeral: Option<serde::de::IgnoredAny>,
}

impl Volume {
    /// The claim behind this volume of the pod `pod`. That of a generic ephemeral volume is named after pod and volume.
    fn claim(self, pod: &str) -> Option<String> {
        match (self.persistent_volume_claim, self.ephemeral) {
            (Some(claim), _) => Some(claim.claim_name),
            (None, Some(_)) => Some(format!("{pod}-{}", self.name)),
            (None, None) => None,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ClaimReference {
    claim_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Claim {
    spec: ClaimSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ClaimSpec {
    volume_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Binding {
    role_ref: Option<RoleReference>,
    subjects: Vec<Subject>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RoleReference {
    kind: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject {
    kind: String,
    name: String,
    namespace: String,
}
