//! Paths as rules have them, and where they lead.

use crate::document::Document;
use lazarette_sdk::{Error, Value};
use serde::Deserialize;
use std::borrow::Cow;

/// A path: like a JSON pointer, but an index may count from the end, or have a sign or leading zeros. What stands before
/// the first `/` is dropped.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Path {
    /// As it was written, for messages.
    text: String,
    /// Unescaped.
    segments: Vec<String>,
    /// The same as a strict JSON pointer, where it is one wherever it leads.
    plain: Option<String>,
}

/// A place in a document, as a strict JSON pointer.
pub type Pointer<'p> = Cow<'p, str>;

/// Why a path leads nowhere.
#[derive(Debug)]
pub enum Miss {
    /// Its parent has no such member.
    NoMember,
    /// Something on the way is missing, or cannot have members.
    NoParent,
    /// The list has no such element.
    OutOfRange,
    /// It leads into a list with something that is no index.
    NotAnIndex,
}

impl TryFrom<String> for Path {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (_, rest) = text.split_once('/').ok_or("a path must begin with '/'")?;
        let segments: Vec<String> = rest.split('/').map(unescape).collect();
        let plain = segments
            .iter()
            .all(|segment| is_plain(segment))
            .then(|| format!("/{rest}"));
        Ok(Path {
            text,
            segments,
            plain,
        })
    }
}

impl Path {
    /// Where the path leads to in `document`. There is something.
    pub fn find(&self, document: &impl Document) -> Result<Pointer<'_>, Miss> {
        match &self.plain {
            Some(plain) if document.has(plain) => Ok(Cow::Borrowed(plain)),
            _ => self.look(document).map(|(pointer, _)| pointer.into()),
        }
    }

    /// What the path leads to in `document`.
    pub fn value(&self, document: &impl Document) -> Result<Value, Miss> {
        match self.plain.as_ref().and_then(|plain| document.get(plain)) {
            Some(value) => Ok(value),
            None => self.look(document).map(|(_, value)| value),
        }
    }

    /// Where something new goes in `document` that is to be found at this path.
    pub fn place(&self, document: &impl Document) -> Result<Pointer<'_>, Miss> {
        if let Some(plain) = &self.plain {
            let parent = plain.rsplit_once('/').map_or("", |(parent, _)| parent);
            if document.is_object(parent) {
                return Ok(Cow::Borrowed(plain));
            }
        }
        let (parent, container, last) = self.parent(document)?;
        match container {
            Value::Object(_) => Ok(member(&parent, last).into()),
            Value::Array(_) if last == "-" => Ok(format!("{parent}/-").into()),
            // There is one place more than there are elements: the end.
            Value::Array(elements) => Ok(format!("{parent}/{}", index(last, elements.len() + 1)?).into()),
            _ => Err(Miss::NoParent),
        }
    }

    /// The same as `find` with what is there, for any path.
    fn look(&self, document: &impl Document) -> Result<(String, Value), Miss> {
        let (parent, container, last) = self.parent(document)?;
        match container {
            Value::Object(mut members) => {
                let value = members.remove(last).ok_or(Miss::NoMember)?;
                Ok((member(&parent, last), value))
            }
            Value::Array(mut elements) => {
                let index = index(last, elements.len())?;
                let value = elements.get_mut(index).map(Value::take).ok_or(Miss::OutOfRange)?;
                Ok((format!("{parent}/{index}"), value))
            }
            _ => Err(Miss::NoParent),
        }
    }

    /// The error for a path that leads nowhere.
    pub fn error(&self, miss: &Miss) -> Error {
        let message = match miss {
            Miss::NoMember => "there is nothing at this path",
            Miss::NoParent => "there is nothing on the way to this path that could hold it",
            Miss::OutOfRange => "the list has fewer elements than this path says",
            Miss::NotAnIndex => "this path leads into a list, with something that is no index",
        };
        Error::new("path", message).at(&self.text)
    }

    /// Unescaped segments.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The pointer and value of what holds the last segment.
    fn parent(&self, document: &impl Document) -> Result<(String, Value, &str), Miss> {
        let (last, parents) = self.segments.split_last().ok_or(Miss::NoParent)?;
        let mut pointer = String::new();
        for segment in parents {
            // What a segment that is not plain means, only the list that it leads into can tell.
            let list = if is_plain(segment) {
                None
            } else {
                document.get(&pointer)
            };
            pointer = match list {
                Some(Value::Array(elements)) => {
                    let index = index(segment, elements.len()).map_err(|_| Miss::NoParent)?;
                    format!("{pointer}/{index}")
                }
                _ => member(&pointer, segment),
            };
        }
        let container = document.get(&pointer).ok_or(Miss::NoParent)?;
        Ok((pointer, container, last))
    }
}

/// Whether a segment means the same to the host, whatever it leads into.
pub fn is_plain(segment: &str) -> bool {
    segment != "-"
        && segment
            .parse::<i64>()
            .map_or(true, |index| index >= 0 && index.to_string() == segment)
}

/// The index that a segment means in a list with `length` places.
fn index(segment: &str, length: usize) -> Result<usize, Miss> {
    let index: i64 = segment.parse().map_err(|_| Miss::NotAnIndex)?;
    let distance = usize::try_from(index.unsigned_abs()).map_err(|_| Miss::OutOfRange)?;
    let index = if index < 0 {
        length.checked_sub(distance)
    } else {
        Some(distance)
    };
    index.filter(|index| *index < length).ok_or(Miss::OutOfRange)
}

/// The pointer to a member of what `pointer` points to.
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
