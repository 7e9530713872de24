//! Asking a cluster what its user may do.

use super::roles::Subject;
use crate::cluster::{Cluster, ClusterError, Write};
use crate::object::{GroupResource, ResourceType};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many questions are open at a time.
const CONCURRENT: usize = 16;

/// A right to do something with all objects of a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Right {
    /// In which namespace; none: in all of them, or on the cluster as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The type, or with a slash a subresource of it: `pods/exec`.
    pub resource: GroupResource,
    /// `list`, `create` and so on.
    pub verb: &'static str,
}

/// `list secrets in namespace shop`.
impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => Ok(()),
        }
    }
}

/// Those of `needed` that the user does not have, in order. A right in all namespaces is one in each, and is asked for
/// first.
pub async fn missing(cluster: &dyn Cluster, needed: Vec<Right>) -> Result<Vec<Right>, ClusterError> {
    let mut by_kind: BTreeMap<(GroupResource, &'static str), Vec<Right>> = BTreeMap::new();
    for right in needed {
        by_kind
            .entry((right.resource.clone(), right.verb))
            .or_default()
            .push(right);
    }
    let asked = by_kind
        .into_values()
        .map(|rights| missing_of_kind(cluster, rights));
    let missing: Vec<Vec<Right>> = stream::iter(asked).buffered(CONCURRENT).try_collect().await?;
    let mut missing = missing.concat();
    missing.sort();
    Ok(missing)
}

/// The same for rights to do one thing with one type.
async fn missing_of_kind(cluster: &dyn Cluster, rights: Vec<Right>) -> Result<Vec<Right>, ClusterError> {
    if let Some(first) = rights.first().filter(|_| rights.len() > 1) {
        let everywhere = Right {
            namespace: None,
            ..first.clone()
        };
        if is_allowed(cluster, &everywhere).await? {
            return Ok(Vec::new());
        }
    }
    let mut missing = Vec::new();
    for right in rights {
        if !is_allowed(cluster, &right).await? {
            missing.push(right);
        }
    }
    Ok(missing)
}

/// Whether the user has a right.
async fn is_allowed(cluster: &dyn Cluster, right: &Right) -> Result<bool, ClusterError> {
    let (resource, subresource) = match right.resource.resource.split_once('/') {
        Some((resource, subresource)) => (resource, Some(subresource)),
        None => (right.resource.resource.as_str(), None),
    };
    let attributes = json!({
        "namespace": right.namespace,
        "verb": right.verb,
        "group": right.resource.group,
        "resource": resource,
        "subresource": subresource,
    });
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    });
    let of = review_type(
        "authorization.k8s.io",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
    );
    let answer = cluster.create(&of, &review, Write::default()).await?;
    Ok(answer
        .pointer("/status/allowed")
        .and_then(Value::as_bool)
        .unwrap_or_default())
}

/// Who the user is; none where the cluster does not say.
pub(super) async fn subject(cluster: &dyn Cluster) -> Option<Subject> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let of = review_type("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview");
    let answer = cluster.create(&of, &review, Write::default()).await.ok()?;
    let name = answer
        .pointer("/status/userInfo/username")
        .and_then(Value::as_str)?;
    Some(Subject::of_user(name))
}

fn review_type(group: &str, resource: &str, kind: &str) -> ResourceType {
    ResourceType {
        resource: GroupResource::new(group, resource),
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespaced: false,
    }
}
