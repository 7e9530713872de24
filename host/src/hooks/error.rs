//! What is wrong with hooks as they are written.

use crate::report::{Code, Problem};

/// Something that is wrong with a hook as it is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default())]
pub struct HookError {
    /// Where it is written: `hooks.yaml:7`, `backuphooks.… default/databases`, a pod with its annotation.
    pub place: String,
    /// The field: `spec.backupHook[0].preHooks[1].exec.timeout`.
    pub field: Option<String>,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl HookError {
    /// The same error, about a field within the one called `outer`; empty: nothing changes.
    pub(super) fn within(self, outer: &str) -> Self {
        let field = match (outer, self.field) {
            ("", field) => field,
            (outer, Some(field)) => Some(format!("{outer}.{field}")),
            (outer, None) => Some(outer.to_owned()),
        };
        HookError { field, ..self }
    }
}

impl From<HookError> for Problem {
    fn from(error: HookError) -> Problem {
        Problem::new(Code::InvalidHooks, error.to_string()).about(error.place)
    }
}
