//! Resource types.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A resource type without its version: `deployments.apps`, `pods`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct GroupResource {
    /// API group; empty for the core group.
    pub group: String,
    /// Lower case and plural.
    pub resource: String,
}

impl GroupResource {
    /// The type `resource` of `group`; an empty group is the core group.
    pub fn new(group: impl Into<String>, resource: impl Into<String>) -> Self {
        GroupResource {
            group: group.into(),
            resource: resource.into(),
        }
    }

    /// Whether this is `resource` of `group`.
    pub fn is(&self, group: &str, resource: &str) -> bool {
        self.group == group && self.resource == resource
    }

    /// What `apiVersion` says for `version` of this group.
    pub fn api_version(&self, version: &str) -> String {
        if self.group.is_empty() {
            version.to_owned()
        } else {
            format!("{}/{version}", self.group)
        }
    }
}

impl fmt::Display for GroupResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => f.write_str(&self.resource),
            group => write!(f, "{}.{group}", self.resource),
        }
    }
}

/// A text that is not a resource type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a resource type: expected a form such as 'pods' or 'deployments.apps'")]
pub struct ParseGroupResourceError(pub String);

impl FromStr for GroupResource {
    type Err = ParseGroupResourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
        let (resource, group) = text.split_once('.').unwrap_or((text, ""));
        if resource.is_empty() || !text.chars().all(legal) || text.ends_with('.') {
            return Err(ParseGroupResourceError(text.to_owned()));
        }
        Ok(GroupResource::new(group, resource))
    }
}

impl From<GroupResource> for String {
    fn from(from: GroupResource) -> String {
        from.to_string()
    }
}

impl TryFrom<String> for GroupResource {
    type Error = ParseGroupResourceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A resource type as a cluster serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceType {
    /// Group and resource.
    pub resource: GroupResource,
    /// The preferred version, without the group: `v1`.
    pub version: String,
    /// Kind: `Deployment`.
    pub kind: String,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
}
