//! Rights as the roles that grant them.

use super::Right;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Who gets rights: as a role binding names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind")]
pub enum Subject {
    /// A user.
    User {
        /// Its name.
        name: String,
    },
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Subject {
    /// The user that an API server calls `name`.
    pub(super) fn of_user(name: &str) -> Self {
        let account = name
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'));
        match account {
            Some((namespace, name)) => Subject::ServiceAccount {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            },
            None => Subject::User {
                name: name.to_owned(),
            },
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Subject::User { name } => {
                json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name})
            }
            Subject::ServiceAccount { namespace, name } => {
                json!({"kind": "ServiceAccount", "namespace": namespace, "name": name})
            }
        }
    }
}

/// The roles, and their bindings to `subject`, that grant `rights`: a ClusterRole for those in all namespaces, and a Role
/// for each namespace. All are called `name`. Ready to be applied.
pub fn roles(rights: &[Right], subject: &Subject, name: &str) -> Vec<Value> {
    let mut by_namespace: BTreeMap<&Option<String>, Vec<&Right>> = BTreeMap::new();
    for right in rights {
        by_namespace.entry(&right.namespace).or_default().push(right);
    }
    by_namespace
        .into_iter()
        .flat_map(|(namespace, rights)| {
            let prefix = if namespace.is_none() { "Cluster" } else { "" };
            let metadata = match namespace {
                Some(namespace) => json!({"name": name, "namespace": namespace}),
                None => json!({"name": name}),
            };
            let role = format!("{prefix}Role");
            let reference = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": name});
            let of = |kind: String| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata});
            let (mut granting, mut binding) = (of(role), of(format!("{prefix}RoleBinding")));
            set(&mut granting, "rules", Value::Array(rules(&rights)));
            set(&mut binding, "subjects", json!([subject.to_json()]));
            set(&mut binding, "roleRef", reference);
            [granting, binding]
        })
        .collect()
}

/// As few rules as grant just these rights: one for types of a group that need the same verbs.
fn rules(rights: &[&Right]) -> Vec<Value> {
    let mut verbs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for right in rights {
        let of = (right.resource.group.as_str(), right.resource.resource.as_str());
        verbs.entry(of).or_default().insert(right.verb);
    }
    let mut resources: BTreeMap<(&str, BTreeSet<&str>), Vec<&str>> = BTreeMap::new();
    for ((group, resource), verbs) in verbs {
        resources.entry((group, verbs)).or_default().push(resource);
    }
    resources
        .into_iter()
        .map(|((group, verbs), resources)| json!({"apiGroups": [group], "resources": resources, "verbs": verbs}))
        .collect()
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
