//! Paths as rules have them, and where they lead.

use crate::document::{Document, Holder};
use lazarette_sdk::pointer::{member, name};
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
        let segments: Vec<String> = rest.split('/').map(name).collect();
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
            Some(plain) if document.holder(plain).is_some() => Ok(Cow::Borrowed(plain)),
            _ => self.look(document).map(Cow::Owned),
        }
    }

    /// What the path leads to in `document`.
    pub fn value(&self, document: &impl Document) -> Result<Value, Miss> {
        match self.plain.as_ref().and_then(|plain| document.get(plain)) {
            Some(value) => Ok(value),
            None => self
                .look(document)
                .and_then(|pointer| document.get(&pointer).ok_or(Miss::NoMember)),
        }
    }

    /// Where something new goes in `document` that is to be found at this path.
    pub fn place(&self, document: &impl Document) -> Result<Pointer<'_>, Miss> {
        if let Some(plain) = &self.plain {
            let parent = plain.rsplit_once('/').map_or("", |(parent, _)| parent);
            if document.holder(parent) == Some(Holder::Object) {
                return Ok(Cow::Borrowed(plain));
            }
        }
        let (parent, holder, last) = self.parent(document)?;
        match holder {
            Holder::Object => Ok(member(&parent, last).into()),
            Holder::List if last == "-" => Ok(format!("{parent}/-").into()),
            // There is one place more than there are elements: the end.
            Holder::List => {
                let places = document.length(&parent) + 1;
                Ok(format!("{parent}/{}", index(last, places)?).into())
            }
            Holder::None => Err(Miss::NoParent),
        }
    }

    /// The same as `find`, for any path.
    fn look(&self, document: &impl Document) -> Result<String, Miss> {
        let (parent, holder, last) = self.parent(document)?;
        match holder {
            Holder::Object => {
                let pointer = member(&parent, last);
                document.holder(&pointer).map(|_| pointer).ok_or(Miss::NoMember)
            }
            Holder::List => Ok(format!("{parent}/{}", index(last, document.length(&parent))?)),
            Holder::None => Err(Miss::NoParent),
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

    /// The pointer to what holds the last segment, and what it is.
    fn parent(&self, document: &impl Document) -> Result<(String, Holder, &str), Miss> {
        let (last, parents) = self.segments.split_last().ok_or(Miss::NoParent)?;
        let mut pointer = String::new();
        for segment in parents {
            // What a segment that is not plain means, only the list that it leads into can tell.
            pointer = if !is_plain(segment) && document.holder(&pointer) == Some(Holder::List) {
                let index = index(segment, document.length(&pointer)).map_err(|_| Miss::NoParent)?;
                format!("{pointer}/{index}")
            } else {
                member(&pointer, segment)
            };
        }
        let holder = document.holder(&pointer).ok_or(Miss::NoParent)?;
        Ok((pointer, holder, last))
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
