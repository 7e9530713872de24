//! What an operator allows a plugin, by name.

use super::PluginErrorKind;
use crate::object::GroupResource;
use crate::report::did_you_mean;
use std::collections::BTreeSet;

/// Every name that a grant can have, and whether it can be narrowed with `:` to a resource type.
const NAMES: &[(&str, bool)] = &[
    ("object.rename", false),
    ("object.retype", false),
    ("objects.delete", true),
    ("cluster.get", true),
    ("cluster.list", true),
    ("pods.exec", false),
];

/// Names of what a plugin may do beyond deciding about the object in its hands: `object.rename`, `object.retype`,
/// `objects.delete`, `cluster.get`, `cluster.list`, `pods.exec`. Empty by default.
///
/// `cluster.get:storageclasses.storage.k8s.io` is for one resource type, `cluster.get:configmaps@shop` for those of one
/// namespace; without them all types but Secrets are meant, which are granted by `cluster.get:secrets` only.
/// `objects.delete:persistentvolumeclaims` is for a type that `objects.delete` alone leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(pub BTreeSet<String>);

/// A look-up that a plugin makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// One object.
    Get,
    /// The objects of a type.
    List,
}

impl Access {
    /// The name of its grant.
    pub fn grant(self) -> &'static str {
        match self {
            Access::Get => "cluster.get",
            Access::List => "cluster.list",
        }
    }
}

impl Grants {
    /// Whether `name` is granted.
    pub fn allow(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether everything is granted that is meant by `asked`, in a plugin's manifest: the same grant, or for look-ups a
    /// wider one.
    pub fn cover(&self, asked: &str) -> bool {
        self.allow(asked) || self.0.iter().any(|granted| is_wider(granted, asked))
    }

    /// Whether objects of `resource` may be looked up, in `namespace` or, where that is none, everywhere.
    pub fn allow_look_up(&self, access: Access, resource: &GroupResource, namespace: Option<&str>) -> bool {
        let name = access.grant();
        let is_secret = resource.is("", "secrets");
        self.0.iter().any(|grant| match grant.split_once(':') {
            None => grant == name && !is_secret,
            Some((granted, scope)) => granted == name && is_within(&resource.to_string(), namespace, scope),
        })
    }

    /// The first grant that there is no such thing as.
    pub fn check(&self) -> Result<(), PluginErrorKind> {
        match self.0.iter().find(|grant| !is_known(grant)) {
            Some(grant) => Err(PluginErrorKind::Grant(unknown(grant))),
            None => Ok(()),
        }
    }
}

impl FromIterator<String> for Grants {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Self {
        Grants(names.into_iter().collect())
    }
}

/// Whether objects of `resource` in `namespace` are within `scope`: `configmaps`, or `configmaps@shop`.
fn is_within(resource: &str, namespace: Option<&str>, scope: &str) -> bool {
    match scope.split_once('@') {
        Some((of, only)) => of == resource && namespace == Some(only),
        None => scope == resource,
    }
}

fn is_wider(granted: &str, asked: &str) -> bool {
    let Some((name, scope)) = asked
        .split_once(':')
        .filter(|(name, _)| name.starts_with("cluster."))
    else {
        return false;
    };
    let without_namespace = scope
        .split_once('@')
        .map(|(resource, _)| format!("{name}:{resource}"));
    let is_secret = scope == "secrets" || scope.starts_with("secrets@");
    (granted == name && !is_secret) || without_namespace.as_deref() == Some(granted)
}

fn is_known(grant: &str) -> bool {
    match grant.split_once(':') {
        None => NAMES.iter().any(|(name, _)| *name == grant),
        Some((name, scope)) => {
            let takes_namespace = name.starts_with("cluster.");
            let (resource, namespace) = match scope.split_once('@') {
                Some((resource, namespace)) if takes_namespace => (resource, Some(namespace)),
                _ => (scope, None),
            };
            NAMES.contains(&(name, true)) && is_resource(resource) && namespace.is_none_or(is_name)
        }
    }
}

fn is_resource(text: &str) -> bool {
    is_name(text) && text.split('.').all(|part| !part.is_empty())
}

fn is_name(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    !text.is_empty() && text.bytes().all(legal)
}

fn unknown(grant: &str) -> String {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let name = grant.split_once(':').map_or(grant, |(name, _)| name);
    let meant = match did_you_mean(name, &names) {
        none if none.is_empty() => ".".to_owned(),
        meant => meant,
    };
    format!(
        "there is no grant `{}`{meant} There are {}; look-ups can be narrowed as in cluster.get:configmaps@shop",
        grant.escape_debug(),
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn grants(names: &[&str]) -> Grants {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn resource(text: &str) -> GroupResource {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("object.rename", true)]
    #[case("objects.delete:persistentvolumeclaims", true)]
    #[case("cluster.get:storageclasses.storage.k8s.io", true)]
    #[case("cluster.list:configmaps@shop", true)]
    #[case("object.rename:pods", false)]
    #[case("objects.delete:pods@shop", false)]
    #[case("cluster.get:", false)]
    #[case("cluster.get:pods@", false)]
    #[case("cluster.gte", false)]
    #[case("*", false)]
    #[case("", false)]
    fn grants_that_there_are(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(grants(&[name]).check().is_ok(), expected);
    }

    #[test]
    fn a_misspelt_grant_is_corrected() {
        let message = grants(&["cluster.gte:pods"]).check().unwrap_err().to_string();
        assert!(message.contains("did you mean 'cluster.get'?"), "{message}");
    }

    #[rstest]
    #[case::all(&["cluster.get"], "configmaps", Some("shop"), true)]
    #[case::all_but_secrets(&["cluster.get"], "secrets", Some("shop"), false)]
    #[case::secrets_by_name(&["cluster.get:secrets"], "secrets", Some("shop"), true)]
    #[case::secrets_of_a_namespace(&["cluster.get:secrets@shop"], "secrets", Some("bank"), false)]
    #[case::a_type(&["cluster.get:configmaps"], "configmaps", Some("bank"), true)]
    #[case::another_type(&["cluster.get:configmaps"], "pods", Some("bank"), false)]
    #[case::another_group(&["cluster.get:deployments"], "deployments.apps", Some("bank"), false)]
    #[case::a_namespace(&["cluster.get:configmaps@shop"], "configmaps", Some("shop"), true)]
    #[case::another_namespace(&["cluster.get:configmaps@shop"], "configmaps", Some("bank"), false)]
    #[case::everywhere(&["cluster.get:configmaps@shop"], "configmaps", None, false)]
    #[case::another_call(&["cluster.list"], "configmaps", None, false)]
    #[case::nothing(&[], "configmaps", None, false)]
    fn look_ups_that_are_allowed(
        #[case] granted: &[&str],
        #[case] of: &str,
        #[case] namespace: Option<&str>,
        #[case] expected: bool,
    ) {
        assert_eq!(
            grants(granted).allow_look_up(Access::Get, &resource(of), namespace),
            expected
        );
    }

    #[rstest]
    #[case::same("cluster.get:pods", "cluster.get:pods", true)]
    #[case::wider("cluster.get", "cluster.get:pods@shop", true)]
    #[case::all_namespaces("cluster.get:pods", "cluster.get:pods@shop", true)]
    #[case::narrower("cluster.get:pods@shop", "cluster.get:pods", false)]
    #[case::secrets("cluster.get", "cluster.get:secrets", false)]
    #[case::precious("objects.delete", "objects.delete:namespaces", false)]
    fn what_a_manifest_asks_for_is_covered(
        #[case] granted: &str,
        #[case] asked: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(grants(&[granted]).cover(asked), expected);
    }
}
