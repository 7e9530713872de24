//! A document of YAML as a tree that knows where in the text it was.

use serde_json::{Number, Value};

/// A value in a text of YAML, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Line in the text, from 1. What an alias stands for has the line of its anchor.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// The value.
    pub content: Content,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Keys and values in the order of the text; no key twice.
    Mapping(Vec<Entry>),
    /// Values in the order of the text.
    Sequence(Vec<Node>),
    /// A text, number, truth value or null.
    Scalar(Scalar),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key; what is no string in YAML is given as JSON would spell it.
    pub key: String,
    /// Line of the key, from 1.
    pub line: usize,
    /// Character of the key in its line, from 1.
    pub column: usize,
    /// The value.
    pub value: Node,
}

/// A scalar as it was written and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text without quotes and escapes: `1e3`, `yes`, `~`.
    pub text: String,
    /// Whether it stood without quotes and not as a block.
    pub plain: bool,
    /// What it means.
    pub value: ScalarValue,
}

/// What a [`Scalar`] means.
#[derive(Clone, Debug, PartialEq)]
pub enum ScalarValue {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A number that JSON can hold.
    Number(Number),
    /// The text itself.
    String,
}

impl Node {
    /// What stands for a document that is not there.
    pub(super) fn absent() -> Node {
        let scalar = Scalar {
            text: String::new(),
            plain: true,
            value: ScalarValue::Null,
        };
        Node {
            line: 1,
            column: 1,
            content: Content::Scalar(scalar),
        }
    }

    /// The value of `key`, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Mapping(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The scalar, where this is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Whether this is null, or nothing was written.
    pub fn is_null(&self) -> bool {
        self.as_scalar()
            .is_some_and(|scalar| scalar.value == ScalarValue::Null)
    }

    /// What this is, for messages: `a mapping`, `a list`, `a text`.
    pub fn describe(&self) -> &'static str {
        match &self.content {
            Content::Mapping(_) => "a mapping",
            Content::Sequence(_) => "a list",
            Content::Scalar(scalar) => match scalar.value {
                ScalarValue::Null => "nothing",
                ScalarValue::Bool(_) => "a truth value",
                ScalarValue::Number(_) => "a number",
                ScalarValue::String => "a text",
            },
        }
    }

    /// The value without its places.
    pub fn into_json(self) -> Value {
        match self.content {
            Content::Mapping(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|entry| (entry.key, entry.value.into_json()))
                    .collect(),
            ),
            Content::Sequence(items) => Value::Array(items.into_iter().map(Node::into_json).collect()),
            Content::Scalar(scalar) => scalar.into_json(),
        }
    }
}

impl Scalar {
    /// The value.
    pub fn into_json(self) -> Value {
        match self.value {
            ScalarValue::Null => Value::Null,
            ScalarValue::Bool(value) => Value::Bool(value),
            ScalarValue::Number(value) => Value::Number(value),
            ScalarValue::String => Value::String(self.text),
        }
    }

    /// The scalar where a string is wanted: a number keeps the digits that its author wrote, a truth value becomes
    /// `true` or `false`, null the empty string.
    pub fn coerce_to_string(&self) -> &str {
        match self.value {
            ScalarValue::Null => "",
            ScalarValue::Bool(true) => "true",
            ScalarValue::Bool(false) => "false",
            ScalarValue::Number(_) | ScalarValue::String => &self.text,
        }
    }
}
