//! Which objects a plugin sees.

use crate::object::{Glob, GlobError, GroupResource};

/// Which types of objects a plugin is called with.
#[derive(Clone, Debug, Default)]
pub enum AppliesTo {
    /// All: for plugins that are ours.
    #[default]
    All,
    /// All but Secrets.
    AllButSecrets,
    /// Types that fit one of these, and Secrets only where one is `secrets`.
    Types(Vec<Glob>),
}

impl AppliesTo {
    /// For a plugin that is not ours: the types that the operator names, or those that the plugin's manifest is for.
    /// Secrets only where the operator names them.
    pub fn of_third_party(operator: Option<&[String]>, manifest: &[String]) -> Result<Self, GlobError> {
        let globs = |names: &[String]| {
            names
                .iter()
                .map(|name| Glob::new(name, None))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match operator {
            Some(names) => AppliesTo::Types(globs(names)?),
            None if manifest.is_empty() => AppliesTo::AllButSecrets,
            None => {
                let mut types = globs(manifest)?;
                types.retain(|glob| glob.pattern() != SECRETS);
                AppliesTo::Types(types)
            }
        })
    }

    /// Whether objects of `resource` are among them.
    pub fn include(&self, resource: &GroupResource) -> bool {
        match self {
            AppliesTo::All => true,
            AppliesTo::AllButSecrets => !resource.is("", SECRETS),
            AppliesTo::Types(types) if resource.is("", SECRETS) => {
                types.iter().any(|glob| glob.pattern() == SECRETS)
            }
            AppliesTo::Types(types) => {
                let name = resource.to_string();
                types.iter().any(|glob| glob.is_match(&name))
            }
        }
    }
}

impl PartialEq for AppliesTo {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (AppliesTo::Types(one), AppliesTo::Types(other)) => {
                one.iter().map(Glob::pattern).eq(other.iter().map(Glob::pattern))
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

const SECRETS: &str = "secrets";

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[rstest]
    #[case::nothing_said(None, &[], "pods", true)]
    #[case::secrets_by_no_default(None, &[], "secrets", false)]
    #[case::secrets_by_no_manifest(None, &["secrets"], "secrets", false)]
    #[case::secrets_by_no_pattern(Some(&["*"][..]), &[], "secrets", false)]
    #[case::secrets_by_name(Some(&["secrets"][..]), &[], "secrets", true)]
    #[case::by_manifest(None, &["*.apps"], "deployments.apps", true)]
    #[case::not_by_manifest(None, &["*.apps"], "pods", false)]
    #[case::the_operator_wins(Some(&["pods"][..]), &["*.apps"], "deployments.apps", false)]
    fn which_types_a_third_party_sees(
        #[case] operator: Option<&[&str]>,
        #[case] manifest: &[&str],
        #[case] resource: &str,
        #[case] expected: bool,
    ) {
        let operator = operator.map(names);
        let applies_to = AppliesTo::of_third_party(operator.as_deref(), &names(manifest)).unwrap();
        assert_eq!(applies_to.include(&resource.parse().unwrap()), expected);
    }
}
