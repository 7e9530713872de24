//! The index of a backup: where each object lies, and its digest. JSON lines, compressed.
//!
//! A line names a member of the `.tar.gz`; the lines of the objects that it holds follow.
//!
//! ```text
//! {"member":{"offset":0,"length":70312,"size":1049088,"sha256":"9f…"}}
//! {"object":{"resource":"configmaps","namespace":"shop","name":"flags","version":"v1","kind":"ConfigMap","offset":1536,"size":2345,"sha256":"5e…"}}
//! ```

use super::{ArchiveError, Digest, entry, member};
use crate::object::{GroupResource, ObjectId};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Cursor, Read};

/// No line that we write is longer; a longer one is damage, and is not read into memory.
const LONGEST_LINE: u64 = 64 * 1024;

/// No member that we write has so many bytes of lines: it holds about 1 MiB of entries, each larger than its line, and
/// at most one object more.
const LARGEST_MEMBER: usize = 16 * 1024 * 1024;

/// A member of the `.tar.gz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// How long it is in the file, in bytes.
    pub length: u64,
    /// How many bytes it holds.
    pub size: u64,
    /// The digest of its bytes in the file.
    pub sha256: Digest,
}

/// An object in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// Its type.
    pub resource: GroupResource,
    /// Its namespace; none for an object of the cluster as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// API version without the group.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Where its JSON begins in what the member holds, in bytes.
    pub offset: u64,
    /// How long its JSON is, in bytes.
    pub size: u64,
    /// The digest of its JSON.
    pub sha256: Digest,
}

impl ObjectRecord {
    /// Who the object is.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            resource: self.resource.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

/// A line of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Line {
    Member(MemberRecord),
    Object(ObjectRecord),
}

impl Line {
    /// The line as text, with its end.
    pub(super) fn to_text(&self) -> Result<String, ArchiveError> {
        let mut text =
            serde_json::to_string(self).map_err(|error| ArchiveError::Internal(error.to_string()))?;
        text.push('\n');
        Ok(text)
    }
}

/// A member and the objects that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) record: MemberRecord,
    /// The number of its first object, counted over the whole backup from 0.
    pub(super) first: u64,
    pub(super) objects: Vec<ObjectRecord>,
}

impl Member {
    /// Whether it cannot hold more objects than it has, by its size.
    fn is_full(&self) -> bool {
        u64::try_from(self.objects.len())
            .map_or(true, |objects| objects >= self.record.size / entry::SMALLEST)
    }
}

/// The members that an index lists, in the order of the file. Ends at what cannot be read.
pub(super) struct Members {
    lines: BufReader<MultiGzDecoder<Cursor<Bytes>>>,
    /// Key of the index, for errors.
    file: String,
    /// The record of the next member, which has been read already.
    next: Option<MemberRecord>,
    /// How many bytes the lines of the current member have.
    of_member: usize,
    position: u64,
    ended: bool,
}

impl Members {
    /// The members that the compressed index `bytes`, from the file `file`, lists.
    pub(super) fn new(bytes: Bytes, file: String) -> Self {
        let lines = BufReader::new(MultiGzDecoder::new(Cursor::new(bytes)));
        Members {
            lines,
            file,
            next: None,
            of_member: 0,
            position: 0,
            ended: false,
        }
    }

    fn line(&mut self) -> Result<Option<Line>, ArchiveError> {
        let mut text = Vec::new();
        let read = (&mut self.lines).take(LONGEST_LINE).read_until(b'\n', &mut text);
        match read {
            Err(error) => Err(self.damaged(error)),
            Ok(0) => Ok(None),
            Ok(length) => {
                self.of_member += length;
                serde_json::from_slice(&text)
                    .map(Some)
                    .map_err(|error| self.damaged(error))
            }
        }
    }

    fn member(&mut self) -> Result<Option<Member>, ArchiveError> {
        let record = match self.next.take() {
            Some(record) => record,
            None => match self.line()? {
                None => return Ok(None),
                Some(Line::Member(record)) => record,
                Some(Line::Object(_)) => return Err(self.damaged("an object is in no member")),
            },
        };
        if record.size.max(record.length) > member::LARGEST {
            return Err(self.damaged("a member is too large"));
        }
        let mut member = Member {
            record,
            first: self.position,
            objects: Vec::new(),
        };
        self.of_member = 0;
        while let Some(line) = self.line()? {
            match line {
                Line::Object(_) if member.is_full() || self.of_member > LARGEST_MEMBER => {
                    return Err(self.damaged("a member has too many objects"));
                }
                Line::Object(object) => member.objects.push(object),
                Line::Member(record) => {
                    self.next = Some(record);
                    break;
                }
            }
            self.position += 1;
        }
        Ok(Some(member))
    }

    fn damaged(&self, cause: impl std::fmt::Display) -> ArchiveError {
        ArchiveError::Damaged {
            file: self.file.clone(),
            message: format!("the index cannot be read: {cause}"),
        }
    }
}

impl Iterator for Members {
    type Item = Result<Member, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let member = self.member().transpose();
        self.ended = !matches!(member, Some(Ok(_)));
        member
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_member_with_more_lines_than_any_of_ours_is_damage() {
        let digest = Digest::of(b"");
        let member = MemberRecord {
            offset: 0,
            length: 1,
            size: member::LARGEST,
            sha256: digest,
        };
        let object = ObjectRecord {
            resource: GroupResource::new("", "configmaps"),
            namespace: None,
            name: "a".repeat(60_000),
            version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            offset: 0,
            size: 1,
            sha256: digest,
        };
        let mut index = member::encoder(Vec::new());
        let lines = [Line::Member(member)]
            .into_iter()
            .chain(vec![Line::Object(object); 300]);
        lines.for_each(|line| index.write_all(line.to_text().unwrap().as_bytes()).unwrap());
        let mut members = Members::new(index.finish().unwrap().into(), "index".to_owned());
        let error = members.next().unwrap().unwrap_err().to_string();
        assert_eq!(
            error,
            "index: the index cannot be read: a member has too many objects"
        );
        assert!(members.next().is_none());
    }
}
