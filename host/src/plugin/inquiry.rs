//! What a call asks about its object, and what it is told.

use crate::object::{Object, ObjectId, Pointer};
use serde_json::Value;
use std::borrow::Cow;

/// Questions of one call that are kept. 256: a patch of a hundred operations asks two for each.
const QUESTIONS: usize = 256;

/// The longest value, in bytes of JSON, that is kept. 4 KiB: longer ones are hardly the same in two objects.
const LONGEST_VALUE: usize = 4 << 10;

/// A question about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Who it is.
    Identity,
    /// Of what kind it is: all that answers about schemas depend on.
    Kind,
    /// The JSON type of the value at a pointer.
    TypeOf(Pointer),
    /// The value at a pointer.
    Value(Pointer),
}

/// An answer: of an object, or one that is kept.
#[derive(Clone, Debug)]
pub enum Answer<'o> {
    /// To `Identity`.
    Identity {
        id: Cow<'o, ObjectId>,
        version: Cow<'o, str>,
        kind: Cow<'o, str>,
    },
    /// To `Kind`.
    Kind {
        group: Cow<'o, str>,
        version: Cow<'o, str>,
        kind: Cow<'o, str>,
    },
    /// To `TypeOf`.
    Type(Option<&'static str>),
    /// To `Value`.
    Value(Option<Cow<'o, Value>>),
}

/// What a call has asked so far, in order, with the answers.
#[derive(Debug, Default)]
pub struct Inquiry {
    pub asked: Vec<(Question, Answer<'static>)>,
    /// About how many bytes it takes.
    pub size: usize,
}

impl Inquiry {
    /// The same with the answer of `object` to `question`, which has `bytes` as JSON text. None where it is too much to be
    /// kept.
    pub fn with(mut self, question: Question, object: &Object, bytes: usize) -> Option<Self> {
        if self.asked.len() >= QUESTIONS || bytes > LONGEST_VALUE {
            return None;
        }
        let answer = question.answer(object).into_owned();
        self.size += size_of::<(Question, Answer<'_>)>() + question.size() + bytes;
        self.asked.push((question, answer));
        Some(self)
    }
}

impl Question {
    /// What `object` answers.
    pub fn answer<'o>(&self, object: &'o Object) -> Answer<'o> {
        let (version, kind) = (Cow::from(&object.version), Cow::from(&object.kind));
        match self {
            Question::Identity => Answer::Identity {
                id: Cow::Borrowed(&object.id),
                version,
                kind,
            },
            Question::Kind => Answer::Kind {
                group: Cow::from(&object.id.resource.group),
                version,
                kind,
            },
            Question::TypeOf(pointer) => Answer::Type(pointer.find(&object.json).map(type_of)),
            Question::Value(pointer) => Answer::Value(pointer.find(&object.json).map(Cow::Borrowed)),
        }
    }

    fn size(&self) -> usize {
        match self {
            Question::Identity | Question::Kind => 128,
            Question::TypeOf(pointer) | Question::Value(pointer) => pointer.size(),
        }
    }
}

impl Answer<'_> {
    /// The same, to be kept.
    fn into_owned(self) -> Answer<'static> {
        let text = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Answer::Identity { id, version, kind } => Answer::Identity {
                id: Cow::Owned(id.into_owned()),
                version: text(version),
                kind: text(kind),
            },
            Answer::Kind { group, version, kind } => Answer::Kind {
                group: text(group),
                version: text(version),
                kind: text(kind),
            },
            Answer::Type(found) => Answer::Type(found),
            Answer::Value(found) => Answer::Value(found.map(|value| Cow::Owned(value.into_owned()))),
        }
    }

    /// Whether a plugin cannot tell this answer from `other`.
    pub fn is(&self, other: &Answer<'_>) -> bool {
        match (self, other) {
            (Answer::Type(one), Answer::Type(other)) => one == other,
            (Answer::Value(Some(one)), Answer::Value(Some(other))) => is_same_text(one, other),
            (Answer::Value(one), Answer::Value(other)) => one.is_none() && other.is_none(),
            (
                Answer::Identity { id, version, kind },
                Answer::Identity {
                    id: other_id,
                    version: other_version,
                    kind: other_kind,
                },
            ) => id == other_id && version == other_version && kind == other_kind,
            (
                Answer::Kind { group, version, kind },
                Answer::Kind {
                    group: other_group,
                    version: other_version,
                    kind: other_kind,
                },
            ) => kind == other_kind && group == other_group && version == other_version,
            _ => false,
        }
    }
}

/// The JSON type of `value`, as the contract calls it.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether two values are written the same way. Plugins get text, in which members have an order and zero has a sign.
fn is_same_text(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|((name, value), (other_name, other))| {
                    name == other_name && is_same_text(value, other)
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(value, other)| is_same_text(value, other))
        }
        (Value::Number(one), Value::Number(other)) => {
            let is_negative = |number: &serde_json::Number| number.as_f64().map(f64::is_sign_negative);
            one == other && is_negative(one) == is_negative(other)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::equal(
        r#"{"a": [1, "x", null, true], "b": {}}"#,
        r#"{"a": [1, "x", null, true], "b": {}}"#,
        true
    )]
    #[case::order_of_members(r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, false)]
    #[case::more_members(r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#, false)]
    #[case::deeper(r#"[{"a": [1]}]"#, r#"[{"a": [2]}]"#, false)]
    #[case::more_elements("[1]", "[1, 1]", false)]
    #[case::whole_and_fraction("1", "1.0", false)]
    #[case::sign_of_zero("0.0", "-0.0", false)]
    #[case::text_and_number("\"1\"", "1", false)]
    fn values_are_the_same_where_their_texts_are(#[case] one: &str, #[case] other: &str, #[case] same: bool) {
        let (one, other): (Value, Value) = (
            serde_json::from_str(one).unwrap(),
            serde_json::from_str(other).unwrap(),
        );
        let (one_text, other_text) = (one.to_string(), other.to_string());
        assert_eq!(is_same_text(&one, &other), same);
        assert_eq!(one_text == other_text, same);
    }
}
