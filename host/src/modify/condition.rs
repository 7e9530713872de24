//! Which objects a rule applies to.

mod read;

use super::path::{Found, Path, is_same};
use crate::object::{Glob, LabelSelector, Object};
use regex::Regex;
use serde_json::Value;
use std::fmt;

/// The conditions of a rule, compiled. An object must fulfil all of them.
#[derive(Clone, Debug)]
pub struct Conditions {
    group_resource: Pattern,
    namespaces: Namespaces,
    name: Option<Regex>,
    labels: Option<LabelSelector>,
    matches: Vec<Match>,
}

/// Patterns for namespaces; none means all namespaces.
#[derive(Clone, Debug)]
pub struct Namespaces(Vec<Pattern>);

/// A pattern for a name.
#[derive(Clone, Debug)]
enum Pattern {
    /// Everything.
    Any,
    /// This name. Most patterns are one, and names are compared faster than patterns are matched.
    Exactly(String),
    /// What a glob matches.
    Glob(Glob),
}

/// A value that an object must have.
#[derive(Clone, Debug)]
struct Match {
    path: Path,
    value: Value,
}

/// The first condition that an object does not fulfil.
#[derive(Clone, Copy, Debug)]
pub enum Mismatch<'a> {
    /// Its type is another one.
    GroupResource(&'a str),
    /// Its namespace is none of these patterns.
    Namespace(&'a Namespaces),
    /// Its name does not match this regular expression.
    Name(&'a str),
    /// Its labels do not fit the selector.
    Labels,
    /// It has another value at this path, or none.
    Value {
        /// The path, as the rule has it.
        path: &'a str,
        /// What the rule expects.
        expected: &'a Value,
        /// What the object has.
        found: Option<&'a Value>,
    },
    /// The path leads into a list with something that is no index: the rule is wrong for this object.
    NotAnIndex {
        /// The path, as the rule has it.
        path: &'a str,
        /// The part that is no index.
        segment: &'a str,
    },
}

impl Conditions {
    /// Whether objects of this type can match. The rest is asked for each object.
    pub(super) fn applies_to(&self, group_resource: &str) -> bool {
        self.group_resource.matches(group_resource)
    }

    /// Whether `object`, whose type fits, fulfils the other conditions; else the first that it does not.
    pub(super) fn check<'a>(&'a self, object: &'a Object) -> Result<(), Mismatch<'a>> {
        if !self.namespaces.fit(object.id.namespace.as_deref()) {
            return Err(Mismatch::Namespace(&self.namespaces));
        }
        if let Some(regex) = self
            .name
            .as_ref()
            .filter(|regex| !regex.is_match(&object.id.name))
        {
            return Err(Mismatch::Name(regex.as_str()));
        }
        if self
            .labels
            .as_ref()
            .is_some_and(|selector| !selector.matches(object.labels()))
        {
            return Err(Mismatch::Labels);
        }
        self.matches
            .iter()
            .try_for_each(|wanted| wanted.check(&object.json))
    }

    /// The same with the type of the object.
    pub fn explain<'a>(&'a self, object: &'a Object) -> Result<(), Mismatch<'a>> {
        if !self.applies_to(&object.id.resource.to_string()) {
            return Err(Mismatch::GroupResource(self.group_resource.text()));
        }
        self.check(object)
    }
}

impl Namespaces {
    /// Whether an object in `namespace` fits. Objects of the cluster as a whole are in none, and fit.
    fn fit(&self, namespace: Option<&str>) -> bool {
        let Some(namespace) = namespace else { return true };
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(namespace))
    }
}

impl fmt::Display for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(Pattern::text).collect::<Vec<_>>().join(", "))
    }
}

impl Pattern {
    fn matches(&self, name: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exactly(exactly) => exactly == name,
            Pattern::Glob(glob) => glob.is_match(name),
        }
    }

    fn text(&self) -> &str {
        match self {
            Pattern::Any => "*",
            Pattern::Exactly(text) => text,
            Pattern::Glob(glob) => glob.pattern(),
        }
    }
}

impl Match {
    fn check<'a>(&'a self, json: &'a Value) -> Result<(), Mismatch<'a>> {
        let path = self.path.text();
        let found = match self.path.find(json) {
            Found::Value(value) if is_same(value, &self.value) => return Ok(()),
            // What is missing is null, where the value that it would be in is not missing itself.
            Found::NoMember if self.value.is_null() => return Ok(()),
            Found::NotAnIndex(segment) => return Err(Mismatch::NotAnIndex { path, segment }),
            Found::Value(value) => Some(value),
            Found::NoMember | Found::NoParent | Found::OutOfRange => None,
        };
        Err(Mismatch::Value {
            path,
            expected: &self.value,
            found,
        })
    }
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::GroupResource(pattern) => write!(f, "its type does not match '{pattern}'"),
            Mismatch::Namespace(patterns) => write!(f, "its namespace matches none of: {patterns}"),
            Mismatch::Name(regex) => write!(f, "its name does not match '{regex}'"),
            Mismatch::Labels => f.write_str("its labels do not fit the label selector"),
            Mismatch::Value {
                path,
                expected,
                found: Some(found),
            } => {
                write!(f, "{path} is {found}, expected {expected}")
            }
            Mismatch::Value {
                path,
                expected,
                found: None,
            } => {
                write!(f, "there is nothing at {path}, expected {expected}")
            }
            Mismatch::NotAnIndex { path, segment } => {
                write!(f, "{path} leads into a list, where '{segment}' is no index")
            }
        }
    }
}
