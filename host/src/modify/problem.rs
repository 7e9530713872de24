//! What is wrong with a document of rules, and where.

use crate::report::{Code, Problem};
use std::fmt;

/// Something in a document that is wrong, or that does what its author may not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProblem {
    /// Index of the rule, from 0; none where it is about the whole document.
    pub rule: Option<usize>,
    /// Index of the patch in the rule, from 0; none where it is about no patch.
    pub patch: Option<usize>,
    /// The field: `resourceModifierRules[1].patches[0].value`; empty for the whole document.
    pub field: String,
    /// Line in the text, from 1.
    pub line: usize,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for RuleProblem {}

impl From<RuleProblem> for Problem {
    fn from(problem: RuleProblem) -> Problem {
        Problem::new(Code::InvalidModifiers, problem.to_string())
    }
}

/// A place in a document while it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    rule: Option<usize>,
    patch: Option<usize>,
    field: String,
}

impl Place {
    /// The field `name` of this.
    pub(super) fn field(&self, name: &str) -> Place {
        let field = if self.field.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.field)
        };
        Place {
            field,
            ..self.clone()
        }
    }

    /// The element `index` of the list at this place.
    pub(super) fn element(&self, index: usize) -> Place {
        Place {
            field: format!("{}[{index}]", self.field),
            ..self.clone()
        }
    }

    /// The rule `index`.
    pub(super) fn rule(index: usize) -> Place {
        Place {
            rule: Some(index),
            patch: None,
            field: format!("resourceModifierRules[{index}]"),
        }
    }

    /// The patch `index` in the list `list` of the rule.
    pub(super) fn patch(&self, list: &str, index: usize) -> Place {
        Place {
            patch: Some(index),
            ..self.field(list).element(index)
        }
    }

    fn problem(&self, line: usize, message: impl Into<String>) -> RuleProblem {
        RuleProblem {
            rule: self.rule,
            patch: self.patch,
            field: self.field.clone(),
            line,
            message: message.into(),
        }
    }
}

/// Collects what is wrong, so that all of it can be told at once.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What refuses the document.
    pub(super) problems: Vec<RuleProblem>,
    /// What its author should know.
    pub(super) warnings: Vec<RuleProblem>,
}

impl Findings {
    /// Refuse the document.
    pub(super) fn refuse(&mut self, place: &Place, line: usize, message: impl Into<String>) {
        self.problems.push(place.problem(line, message));
    }

    /// Tell its author something.
    pub(super) fn warn(&mut self, place: &Place, line: usize, message: impl Into<String>) {
        self.warnings.push(place.problem(line, message));
    }
}
