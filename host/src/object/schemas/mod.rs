//! How lists of objects are merged: from custom resource definitions, and from a table of the built-in kinds.

mod built_in;
mod custom;
mod table;

use super::Object;
use serde_json::Value;
use table::{Field, Table};

/// What is known about the lists of all kinds.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// One table for each definition; the first that has a kind is asked.
    custom: Vec<Table>,
}

impl Schemas {
    /// The same with the kinds of the CustomResourceDefinition `definition`; a kind that is known already stays as it is.
    /// A definition that cannot be understood adds nothing: its lists are then replaced as a whole.
    #[must_use]
    pub fn with_crd(mut self, definition: &Value) -> Self {
        self.custom.push(custom::table(definition));
        self
    }

    /// The members that identify an element of the list at `pointer` of `of`; empty for a set of plain values; none
    /// where the list is replaced as a whole or nothing is known. Any index in `pointer` stands for all.
    pub fn list_keys(&self, of: &Object, pointer: &str) -> Option<Vec<String>> {
        self.field(of, pointer)?.list_keys.clone()
    }

    /// The merge key of a strategic merge patch for the list at `pointer`. Built-in kinds only.
    pub fn merge_key(&self, of: &Object, pointer: &str) -> Option<String> {
        built_in_field(of, pointer)?.merge_key.clone()
    }

    /// The strategy of a strategic merge patch for the value at `pointer`. Built-in kinds only.
    pub fn patch_strategy(&self, of: &Object, pointer: &str) -> Option<String> {
        built_in_field(of, pointer)?.strategy.clone()
    }

    /// Whether the kind is in the table of built-in kinds.
    pub fn is_built_in(&self, of: &Object) -> bool {
        built_in::table().has_kind(&of.id.resource.group, &of.kind)
    }

    fn field(&self, of: &Object, pointer: &str) -> Option<&Field> {
        let (group, version, kind) = (
            of.id.resource.group.as_str(),
            of.version.as_str(),
            of.kind.as_str(),
        );
        match self.custom.iter().find(|table| table.has_kind(group, kind)) {
            // Definitions do not repeat what is under `metadata`: it is the same for all kinds.
            Some(_) if pointer.starts_with("/metadata/") => built_in::metadata(pointer),
            Some(table) => table.field(group, version, kind, pointer),
            None if self.is_built_in(of) => built_in_field(of, pointer),
            None => built_in::metadata(pointer),
        }
    }
}

fn built_in_field(of: &Object, pointer: &str) -> Option<&'static Field> {
    built_in::table().field(&of.id.resource.group, &of.version, &of.kind, pointer)
}

#[cfg(test)]
mod tests;
