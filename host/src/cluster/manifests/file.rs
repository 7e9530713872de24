//! A file with manifests: its text, and where the documents stand in it, so that one can be rewritten and the others
//! stay as they are.

use super::{durable, folder::io_error};
use crate::cluster::ClusterError;
use crate::object::{ObjectId, yaml};
use serde_json::Value;
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file as it is on the disk.
#[derive(Clone, Debug)]
pub(super) struct ManifestFile {
    path: PathBuf,
    text: String,
    documents: Vec<Place>,
}

/// Where a document stands. One that was removed stays as an empty place, so that the others keep their numbers.
#[derive(Clone, Debug)]
struct Place {
    content: Range<usize>,
    chunk: Range<usize>,
    /// Whether the file is kept for it.
    matters: bool,
}

/// A document that was read: what it holds, and its line.
pub(super) struct ReadDocument {
    pub(super) value: Value,
    pub(super) line: usize,
}

impl ManifestFile {
    /// Read the file at `path` and its documents.
    pub(super) fn read(path: &Path) -> Result<(Self, Vec<ReadDocument>), ClusterError> {
        let bytes = fs::read(path).map_err(|source| io_error(path, source))?;
        let text =
            String::from_utf8(bytes).map_err(|_| manifest_error(path, None, "it is not text in UTF-8"))?;
        let documents = yaml::parse_all(&text).map_err(|error| {
            let hint = if text.contains("{{") {
                "; it may be a template: render it first"
            } else {
                ""
            };
            let message = format!("column {}: {}{hint}", error.column, error.message);
            manifest_error(path, Some(error.line), message)
        })?;
        let mut places = Vec::new();
        let mut read = Vec::new();
        for yaml::Document {
            value,
            line,
            content,
            chunk,
        } in documents
        {
            places.push(Place {
                content,
                chunk,
                matters: !value.is_null(),
            });
            read.push(ReadDocument { value, line });
        }
        Ok((
            ManifestFile {
                path: path.to_owned(),
                text,
                documents: places,
            },
            read,
        ))
    }

    /// Write a new file with one object, at `path` or, where that is taken, at the next free path that is like it.
    pub(super) fn create(path: &Path, object: &Value) -> Result<Self, ClusterError> {
        let text = yaml::write(object);
        let mut free = path.to_owned();
        let mut number = 1;
        loop {
            match durable::create(&free, &text) {
                Ok(()) => break,
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 1000 => {
                    number += 1;
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    free = path.with_file_name(format!("{stem}~{number}.yaml"));
                }
                Err(source) => return Err(io_error(&free, source)),
            }
        }
        let whole = 0..text.len();
        let documents = vec![Place {
            content: whole.clone(),
            chunk: whole,
            matters: true,
        }];
        Ok(ManifestFile {
            path: free,
            text,
            documents,
        })
    }

    /// The file's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The document with the number `document`, read again.
    pub(super) fn document(&self, document: usize) -> Result<Value, ClusterError> {
        // With what follows: the last line feed can belong to a text.
        let range = self
            .documents
            .get(document)
            .map(|place| place.content.start..place.chunk.end);
        let text = range.and_then(|range| self.text.get(range)).unwrap_or_default();
        yaml::parse(text).map_err(|error| manifest_error(&self.path, None, error.message))
    }

    /// Put `value` in the place of a document, or with none remove it, on the disk too. When the file was changed or
    /// removed by somebody else since it was read, nothing is written: [`ClusterError::Conflict`] about `id`.
    pub(super) fn change(
        &mut self,
        document: usize,
        value: Option<&Value>,
        id: &ObjectId,
    ) -> Result<(), ClusterError> {
        match fs::read(&self.path) {
            Ok(on_disk) if on_disk == self.text.as_bytes() => {}
            Ok(_) => return Err(ClusterError::Conflict(id.clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(ClusterError::Conflict(id.clone()));
            }
            Err(source) => return Err(io_error(&self.path, source)),
        }
        let mut changed = self.clone();
        match value {
            Some(value) => changed.put(document, value),
            None => changed.remove(document),
        }
        let matters = changed.documents.iter().any(|place| place.matters);
        let written = if matters {
            durable::replace(&self.path, &changed.text)
        } else {
            durable::remove(&self.path)
        };
        written.map_err(|source| io_error(&self.path, source))?;
        *self = changed;
        Ok(())
    }

    fn put(&mut self, document: usize, value: &Value) {
        let Some(place) = self.documents.get(document) else {
            return;
        };
        let Place { content, chunk, .. } = place.clone();
        let part = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let new = render(value, part(content.clone()), part(0..content.start));
        let mut tail = tidy_tail(part(content.end..chunk.end));
        // Without a line feed at the end, a text that ends with one would lose it.
        if !new.starts_with('{') && !tail.starts_with(['\r', '\n']) {
            tail.insert(0, '\n');
        }
        self.splice(content.start..chunk.end, &format!("{new}{tail}"));
        if let Some(place) = self.documents.get_mut(document) {
            place.content = content.start..content.start + new.len();
            place.chunk = chunk.start..content.start + new.len() + tail.len();
        }
    }

    fn remove(&mut self, document: usize) {
        let Some(place) = self.documents.get(document) else {
            return;
        };
        let start = place.chunk.start;
        self.splice(place.chunk.clone(), "");
        if let Some(place) = self.documents.get_mut(document) {
            *place = Place {
                content: start..start,
                chunk: start..start,
                matters: false,
            };
        }
    }

    /// Replace a range of the text, and move the places after it.
    fn splice(&mut self, range: Range<usize>, new: &str) {
        let moved = |position: &mut usize| {
            if *position >= range.end {
                *position = *position - range.len() + new.len();
            }
        };
        for Place { content, chunk, .. } in self
            .documents
            .iter_mut()
            .filter(|place| place.chunk.start >= range.end)
        {
            [
                &mut content.start,
                &mut content.end,
                &mut chunk.start,
                &mut chunk.end,
            ]
            .into_iter()
            .for_each(moved);
        }
        self.text.replace_range(range, new);
    }
}

/// The error for a manifest.
pub(super) fn manifest_error(path: &Path, line: Option<usize>, message: impl Into<String>) -> ClusterError {
    ClusterError::Manifest {
        file: path.display().to_string(),
        line,
        message: message.into(),
    }
}

/// `value` as text in the style of what stood there, without a line feed at the end.
fn render(value: &Value, old: &str, before: &str) -> String {
    if old.starts_with('{') {
        // A value always has a form in JSON: its keys are texts.
        return serde_json::to_string_pretty(value).unwrap_or_default();
    }
    let text = yaml::write(value);
    let text = text.trim_end_matches('\n');
    let at_line_start = before.is_empty() || before.ends_with('\n');
    if at_line_start {
        text.to_owned()
    } else {
        format!("\n{text}")
    }
}

/// What stood after a document, such that nothing of it is taken for a part of the new one: a comment at the end of its
/// last line goes, comments on lines of their own move to the left.
fn tidy_tail(tail: &str) -> String {
    let (rest, lines) = tail
        .split_once('\n')
        .map_or((tail, None), |(rest, lines)| (rest, Some(lines)));
    let rest = if rest.trim_start().starts_with('#') {
        ""
    } else {
        rest
    };
    let tidy = |line: &str| match line.trim_start() {
        comment if comment.starts_with('#') => comment.to_owned(),
        _ => line.to_owned(),
    };
    let lines = lines.map(|lines| lines.split_inclusive('\n').map(tidy).collect::<String>());
    lines.map_or_else(|| rest.to_owned(), |lines| format!("{rest}\n{lines}"))
}

#[cfg(test)]
mod tests;
