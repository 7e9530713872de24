//! Schemas of values that Rust types do not have.

use schemars::{Schema, SchemaGenerator, json_schema};

/// A moment. Kept optional by its field, where it is.
pub(super) fn moment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date-time"})
}

/// Any object.
pub(super) fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
