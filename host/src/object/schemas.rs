//! How lists of objects are merged: from custom resource definitions, and from a table of the built-in kinds.

use super::Object;

/// What is known about the lists of all kinds.
#[derive(Clone, Debug, Default)]
pub struct Schemas {}

impl Schemas {
    /// The members that identify an element of the list at `pointer` of `of`; empty for a set of plain values; none
    /// where the list is replaced as a whole or nothing is known. Any index in `pointer` stands for all.
    pub fn list_keys(&self, _of: &Object, _pointer: &str) -> Option<Vec<String>> {
        None
    }

    /// The merge key of a strategic merge patch for the list at `pointer`. Built-in kinds only.
    pub fn merge_key(&self, _of: &Object, _pointer: &str) -> Option<String> {
        None
    }

    /// The strategy of a strategic merge patch for the value at `pointer`. Built-in kinds only.
    pub fn patch_strategy(&self, _of: &Object, _pointer: &str) -> Option<String> {
        None
    }

    /// Whether the kind is in the table of built-in kinds.
    pub fn is_built_in(&self, _of: &Object) -> bool {
        false
    }
}
