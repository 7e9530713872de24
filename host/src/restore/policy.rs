//! What happens to an object that exists already.

use crate::object::GroupResource;
use std::fmt;
use std::str::FromStr;

/// What happens to an object of the backup that exists in the cluster and differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConflictPolicy {
    /// The live object stays as it is.
    #[default]
    Skip,
    /// Fields of the backup are brought back, what is only in the live object stays.
    Patch,
    /// The plugin of this name decides.
    Plugin(String),
}

impl ConflictPolicy {
    /// The name of the plugin that decides. The built-in policies are plugins like others.
    pub fn plugin(&self) -> &str {
        match self {
            ConflictPolicy::Skip => "conflict-skip",
            ConflictPolicy::Patch => "conflict-patch",
            ConflictPolicy::Plugin(name) => name,
        }
    }
}

impl fmt::Display for ConflictPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConflictPolicy::Skip => f.write_str("skip"),
            ConflictPolicy::Patch => f.write_str("patch"),
            ConflictPolicy::Plugin(name) => write!(f, "plugin:{name}"),
        }
    }
}

/// A text that is no conflict policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParsePolicyError {
    /// The name of a policy is none.
    #[error("'{0}' is not a conflict policy: expected 'skip', 'patch' or 'plugin:NAME'")]
    Policy(String),
    /// What stands before `=` is no resource type.
    #[error("'{0}' is not a resource type: expected a form such as 'secrets' or 'deployments.apps'")]
    Type(String),
    /// There are two policies for one type, or two for all others.
    #[error("there are two conflict policies for {0}")]
    Twice(String),
}

impl FromStr for ConflictPolicy {
    type Err = ParsePolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "skip" => Ok(ConflictPolicy::Skip),
            None if text == "patch" => Ok(ConflictPolicy::Patch),
            Some(("plugin", name)) if !name.is_empty() => Ok(ConflictPolicy::Plugin(name.to_owned())),
            _ => Err(ParsePolicyError::Policy(text.to_owned())),
        }
    }
}

/// The conflict policy of each resource type: `skip`, `patch,secrets=skip`, `secrets=skip,deployments.apps=patch`.
///
/// A part without a type is the policy of all types that are not named; without one they are skipped, as Velero and
/// AKS Backup do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConflictPolicies {
    /// The policy of all types that are not named.
    pub default: ConflictPolicy,
    /// Types and their policies. A type without a group is that resource in any group.
    pub by_type: Vec<(GroupResource, ConflictPolicy)>,
}

impl ConflictPolicies {
    /// The policy for objects of `resource`. A type that is named with its group comes before one without.
    pub fn of(&self, resource: &GroupResource) -> &ConflictPolicy {
        let exact = self.by_type.iter().find(|(named, _)| named == resource);
        let any_group = || {
            self.by_type
                .iter()
                .find(|(named, _)| named.group.is_empty() && named.resource == resource.resource)
        };
        exact
            .or_else(any_group)
            .map_or(&self.default, |(_, policy)| policy)
    }

    /// All policies that may be needed.
    pub fn all(&self) -> impl Iterator<Item = &ConflictPolicy> {
        std::iter::once(&self.default).chain(self.by_type.iter().map(|(_, policy)| policy))
    }
}

impl From<ConflictPolicy> for ConflictPolicies {
    fn from(default: ConflictPolicy) -> Self {
        ConflictPolicies {
            default,
            by_type: Vec::new(),
        }
    }
}

impl fmt::Display for ConflictPolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.default)?;
        self.by_type
            .iter()
            .try_for_each(|(of, policy)| write!(f, ",{of}={policy}"))
    }
}

impl FromStr for ConflictPolicies {
    type Err = ParsePolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut default = None;
        let mut by_type: Vec<(GroupResource, ConflictPolicy)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let Some((of, policy)) = part.split_once('=') else {
                if default.replace(part.parse()?).is_some() {
                    return Err(ParsePolicyError::Twice("all types".to_owned()));
                }
                continue;
            };
            let of: GroupResource = of
                .trim()
                .parse()
                .map_err(|_| ParsePolicyError::Type(of.trim().to_owned()))?;
            if by_type.iter().any(|(named, _)| *named == of) {
                return Err(ParsePolicyError::Twice(of.to_string()));
            }
            by_type.push((of, policy.trim().parse()?));
        }
        Ok(ConflictPolicies {
            default: default.unwrap_or_default(),
            by_type,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::alone("patch", "secrets", ConflictPolicy::Patch)]
    #[case::others_are_skipped("secrets=patch", "configmaps", ConflictPolicy::Skip)]
    #[case::a_type_of_its_own("patch,secrets=skip", "secrets", ConflictPolicy::Skip)]
    #[case::spaces(" patch , secrets = skip ", "secrets", ConflictPolicy::Skip)]
    #[case::with_group("deployments.apps=patch", "deployments.apps", ConflictPolicy::Patch)]
    #[case::any_group("deployments=patch", "deployments.apps", ConflictPolicy::Patch)]
    #[case::exact_before_any(
        "deployments=patch,deployments.apps=skip",
        "deployments.apps",
        ConflictPolicy::Skip
    )]
    #[case::another_group("deployments.apps=patch", "deployments.other.io", ConflictPolicy::Skip)]
    #[case::a_plugin("plugin:mine", "pods", ConflictPolicy::Plugin("mine".into()))]
    fn the_policy_of_a_type(#[case] text: &str, #[case] of: &str, #[case] expected: ConflictPolicy) {
        let policies: ConflictPolicies = text.parse().unwrap();
        assert_eq!(policies.of(&of.parse().unwrap()), &expected);
        assert_eq!(
            policies.to_string().parse::<ConflictPolicies>().unwrap(),
            policies
        );
    }

    #[rstest]
    #[case("", "'' is not a conflict policy")]
    #[case("update", "'update' is not a conflict policy")]
    #[case("plugin:", "'plugin:' is not a conflict policy")]
    #[case("secrets=", "'' is not a conflict policy")]
    #[case("a b=skip", "'a b' is not a resource type")]
    #[case("skip,patch", "two conflict policies for all types")]
    #[case("secrets=skip,secrets=patch", "two conflict policies for secrets")]
    fn what_is_no_policy_is_refused(#[case] text: &str, #[case] message: &str) {
        let error = text.parse::<ConflictPolicies>().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
