//! How an object changes, to be read by people and by programs. Values of secrets are never in it.

use serde::Serialize;
use serde_json::Value;

/// How an object changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// Lines of YAML with `-` and `+`, and some lines around them.
    pub text: String,
    /// The change as a JSON patch (RFC 6902).
    pub patch: Value,
}
