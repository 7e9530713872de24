//! What the objects of a backup need: objects that are taken with them although the filter does not ask for them.

use crate::cluster::RawObject;
use crate::object::ResourceType;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

const RBAC: &str = "rbac.authorization.k8s.io";
const EXTENSIONS: &str = "apiextensions.k8s.io";

/// What the objects that were taken so far need. Types are taken in the order of [`rank`], so that what a type's
/// objects are needed for is known when they come.
///
/// Velero takes these along too: pod → claim → volume; service account → its cluster role bindings → their cluster
/// roles; custom object → its definition; object → its Namespace.
#[derive(Debug, Default)]
pub(super) struct Needs {
    namespaces: HashSet<String>,
    /// Persistent volume claims, by namespace and name.
    claims: HashSet<(String, String)>,
    volumes: HashSet<String>,
    /// Service accounts that were taken, by namespace and name.
    service_accounts: HashSet<(String, String)>,
    cluster_roles: HashSet<String>,
    definitions: HashSet<String>,
}

/// When a type is taken: the lower the earlier, and those of one rank in their own order. Nothing needs an object of a
/// lower rank than its own.
pub(super) fn rank(of: &ResourceType) -> u8 {
    match (of.resource.group.as_str(), of.resource.resource.as_str()) {
        ("", "persistentvolumeclaims") => 1,
        ("", "namespaces" | "persistentvolumes") | (RBAC, "clusterrolebindings") => 3,
        (RBAC, "clusterroles") | (EXTENSIONS, "customresourcedefinitions") => 4,
        _ if of.namespaced => 0,
        _ => 2,
    }
}

/// Whether objects of this type can be needed by others.
pub(super) fn can_be_needed(of: &ResourceType) -> bool {
    matches!(rank(of), 1 | 3 | 4)
}

impl Needs {
    /// Note what an object that was taken needs.
    pub(super) fn note(&mut self, of: &ResourceType, object: &RawObject) {
        if !of.resource.group.is_empty() {
            self.definitions.insert(of.resource.to_string());
        }
        if let Some(namespace) = &object.id.namespace {
            self.namespaces.insert(namespace.clone());
        }
        let name = || object.id.name.clone();
        match (
            of.resource.group.as_str(),
            of.resource.resource.as_str(),
            &object.id.namespace,
        ) {
            ("", "pods", Some(namespace)) => {
                let pod: Pod = parse(object);
                let claims = pod
                    .spec
                    .volumes
                    .into_iter()
                    .filter_map(|volume| volume.claim(&object.id.name));
                self.claims.extend(claims.map(|claim| (namespace.clone(), claim)));
            }
            ("", "persistentvolumeclaims", _) => self.volumes.extend(parse::<Claim>(object).spec.volume_name),
            ("", "serviceaccounts", Some(namespace)) => {
                self.service_accounts.insert((namespace.clone(), name()));
            }
            (RBAC, "clusterrolebindings", _) => {
                let role = parse::<Binding>(object)
                    .role_ref
                    .filter(|role| role.kind == "ClusterRole");
                self.cluster_roles.extend(role.map(|role| role.name));
            }
            _ => {}
        }
    }

    /// Whether an object that was taken needs this one.
    pub(super) fn include(&self, of: &ResourceType, object: &RawObject) -> bool {
        let name = &object.id.name;
        match (
            of.resource.group.as_str(),
            of.resource.resource.as_str(),
            &object.id.namespace,
        ) {
            ("", "namespaces", _) => self.namespaces.contains(name),
            ("", "persistentvolumeclaims", Some(namespace)) => {
                self.claims.contains(&(namespace.clone(), name.clone()))
            }
            ("", "persistentvolumes", _) => self.volumes.contains(name),
            (RBAC, "clusterrolebindings", _) => {
                let subjects = parse::<Binding>(object).subjects;
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

/// The part of an object that refers to others. One that is not formed as it should be refers to nothing: it is for the
/// API server to refuse it, not for a backup.
fn parse<T: DeserializeOwned + Default>(object: &RawObject) -> T {
    serde_json::from_str(object.json.get()).unwrap_or_default()
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
