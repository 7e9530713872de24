//! Resource types by the names that people give them.

use super::{FilterError, pattern};
use crate::object::{Glob, GroupResource, ResourceType, built_in_types, is_pattern};
use crate::report::nearest;
use std::collections::HashSet;

/// Resource types by name and by pattern.
#[derive(Clone, Debug)]
pub(super) struct ResourceSet {
    names: HashSet<GroupResource>,
    patterns: Vec<Glob>,
}

impl ResourceSet {
    /// Look up `entries` among `types`; what is none of them becomes a warning.
    pub(super) fn new(
        list: &'static str,
        entries: &[String],
        types: &[ResourceType],
        warnings: &mut Vec<String>,
    ) -> Result<Self, FilterError> {
        let mut set = ResourceSet {
            names: HashSet::new(),
            patterns: Vec::new(),
        };
        for entry in entries {
            if is_pattern(entry) {
                let glob = pattern(list, entry)?;
                if !types.iter().any(|of| glob.is_match(&of.resource.to_string())) {
                    warnings.push(format!("no resource type fits '{entry}' ({list})"));
                }
                set.patterns.push(glob);
                continue;
            }
            if entry.is_empty() {
                return Err(FilterError::Empty(list));
            }
            let found = resolve(entry, types);
            if found.is_empty() {
                warnings.push(format!(
                    "no resource type is called '{entry}' ({list}){}",
                    suggestion(entry, types)
                ));
                set.names.extend(entry.to_lowercase().parse::<GroupResource>());
            }
            set.names.extend(found.into_iter().map(|of| of.resource.clone()));
        }
        Ok(set)
    }

    pub(super) fn contains(&self, resource: &GroupResource) -> bool {
        self.names.contains(resource)
            || (!self.patterns.is_empty() && {
                let name = resource.to_string();
                self.patterns.iter().any(|glob| glob.is_match(&name))
            })
    }
}

/// The types that `entry` means.
fn resolve<'t>(entry: &str, types: &'t [ResourceType]) -> Vec<&'t ResourceType> {
    let all = |fits: &dyn Fn(&ResourceType) -> bool| types.iter().filter(|of| fits(of)).collect::<Vec<_>>();
    match entry.split('/').collect::<Vec<_>>().as_slice() {
        [name] => {
            let exact = all(&|of| {
                of.resource.to_string().eq_ignore_ascii_case(name) && !of.resource.group.is_empty()
            });
            if !exact.is_empty() {
                return exact;
            }
            let mut found = all(&|of| is_called(of, name) || is_called_with_version(of, name));
            if found.iter().any(|of| is_built_in(of)) {
                found.retain(|of| is_built_in(of));
            }
            found
        }
        [start, name] => all(&|of| {
            let group = of.resource.group.as_str();
            is_called(of, name) && (group == *start || (group.is_empty() && is_version(start)))
        }),
        [group, version, name] => {
            all(&|of| is_called(of, name) && of.resource.group == *group && is_version(version))
        }
        _ => Vec::new(),
    }
}

/// Whether `name` is the resource, the kind or a short name of this type.
fn is_called(of: &ResourceType, name: &str) -> bool {
    let short = |built_in: &crate::object::BuiltInType| {
        built_in.of.resource == of.resource
            && built_in
                .short_names
                .iter()
                .any(|short| short.eq_ignore_ascii_case(name))
    };
    of.resource.resource.eq_ignore_ascii_case(name)
        || of.kind.eq_ignore_ascii_case(name)
        || built_in_types().iter().any(short)
}

/// The form `deployments.v1.apps` of kubectl, and `deployment.apps`.
fn is_called_with_version(of: &ResourceType, text: &str) -> bool {
    let Some((name, rest)) = text.split_once('.') else {
        return false;
    };
    let group = match rest.split_once('.') {
        Some((version, group)) if is_version(version) => group,
        None if is_version(rest) => "",
        _ => rest,
    };
    of.resource.group.eq_ignore_ascii_case(group) && is_called(of, name)
}

fn is_built_in(of: &ResourceType) -> bool {
    built_in_types()
        .iter()
        .any(|built_in| built_in.of.resource == of.resource)
}

/// `v1`, `v2beta1`: versions are named so by the rules for API changes of Kubernetes.
fn is_version(text: &str) -> bool {
    text.strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn suggestion(entry: &str, types: &[ResourceType]) -> String {
    let name = entry.rsplit('/').next().unwrap_or(entry);
    let spellings = types.iter().flat_map(|of| {
        let full = of.resource.to_string();
        [
            (of.resource.resource.clone(), full.clone()),
            (of.kind.clone(), full.clone()),
            (full.clone(), full),
        ]
    });
    let spellings: Vec<(String, String)> = spellings.collect();
    nearest(name, spellings.iter().map(|(spelling, _)| spelling))
        .and_then(|best| spellings.into_iter().find(|(spelling, _)| *spelling == best))
        .map(|(_, full)| format!("; did you mean '{full}'?"))
        .unwrap_or_default()
}
