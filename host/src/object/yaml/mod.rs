//! YAML and JSON texts, read as `kubectl` reads them, and written so that every reader agrees.
//!
//! Kubernetes reads YAML through `sigs.k8s.io/yaml`, which takes plain scalars as YAML 1.1 does: `yes`, `on` and `y` are
//! true, `0777` is octal. [`parse`] and [`parse_all`] give the same JSON as that library. They are stricter where it
//! loses something silently: a key that is given twice is an error. JSON is read by the same functions.
//!
//! [`write()`] quotes every string that a reader of YAML 1.1 or 1.2 could take for something else.

mod document;
mod node;
mod reader;
mod scalar;
mod writer;

pub use document::{Document, parse_all};
pub use node::{Content, Entry, Node, Scalar, ScalarValue};
pub use writer::write;

use crate::report::{Code, Problem};
use serde_json::Value;

/// A text that cannot be read as YAML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct YamlError {
    /// Line in the text, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl YamlError {
    /// `message` about what stands at `line` and `column`, both from 1.
    pub fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        YamlError {
            line,
            column,
            message: message.into(),
        }
    }
}

impl From<YamlError> for Problem {
    fn from(error: YamlError) -> Self {
        Problem::new(Code::InvalidDocument, error.to_string())
    }
}

/// The one document of `text`; null when there is none. More than one is an error.
pub fn parse(text: &str) -> Result<Value, YamlError> {
    Ok(parse_node(text)?.into_json())
}

/// The same as [`parse`], with the line of everything and the source form of scalars.
pub fn parse_node(text: &str) -> Result<Node, YamlError> {
    let mut documents = document::read(text)?.into_iter();
    let first = documents
        .next()
        .map_or_else(Node::absent, |document| document.root);
    match documents.next() {
        Some(second) => Err(YamlError::new(
            second.root.line,
            second.root.column,
            "a second document starts here, expected one only; remove the line '---' and what follows",
        )),
        None => Ok(first),
    }
}
