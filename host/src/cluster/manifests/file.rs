//! A file with manifests: its text, and where the documents stand in it, so that one can be rewritten and the others
//! stay as they are.

use super::{durable, folder::io_error};
use crate::cluster::ClusterError;
use crate::object::{ObjectId, yaml};
use serde_json::Value;
use std::fs;
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
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 1000 => {
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
        let content = self
            .documents
            .get(document)
            .and_then(|place| self.text.get(place.content.clone()));
        yaml::parse(content.unwrap_or_default())
            .map_err(|error| manifest_error(&self.path, None, error.message))
    }

    /// Put `value` in the place of a document, or with none remove it, on the disk too. When the file was changed by
    /// somebody else since it was read, nothing is written: [`ClusterError::Conflict`] about `id`.
    pub(super) fn change(
        &mut self,
        document: usize,
        value: Option<&Value>,
        id: &ObjectId,
    ) -> Result<(), ClusterError> {
        let on_disk = fs::read(&self.path).map_err(|source| io_error(&self.path, source))?;
        if on_disk != self.text.as_bytes() {
            return Err(ClusterError::Conflict(id.clone()));
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
        let tail = tidy_tail(part(content.end..chunk.end));
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
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn id() -> ObjectId {
        ObjectId {
            resource: "pods".parse().unwrap(),
            namespace: None,
            name: "a".to_owned(),
        }
    }

    /// The text of a file after its document `document` was changed.
    fn changed(text: &str, document: usize, value: Option<&Value>) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, text).unwrap();
        let (mut file, _) = ManifestFile::read(&path).unwrap();
        file.change(document, value, &id()).unwrap();
        fs::read_to_string(&path).ok()
    }

    const THREE: &str =
        "# head\na: 1 # one\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n---\n{\"c\": 1}\n";

    #[rstest]
    #[case::first(
        0,
        "# head\nz: |-\n  1\n  2\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n---\n{\"c\": 1}\n"
    )]
    #[case::middle(
        1,
        "# head\na: 1 # one\n# tail\n---\n# two\nz: |-\n  1\n  2\n\n---\n{\"c\": 1}\n"
    )]
    #[case::json(
        2,
        "# head\na: 1 # one\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n---\n{\n  \"z\": \"1\\n2\"\n}\n"
    )]
    fn only_the_document_that_changes_is_rewritten(#[case] document: usize, #[case] expected: &str) {
        assert_eq!(
            changed(THREE, document, Some(&json!({"z": "1\n2"}))).as_deref(),
            Some(expected)
        );
    }

    #[rstest]
    #[case::first(0, "---\n# two\nb: |\n  x\n   # indented\n\n---\n{\"c\": 1}\n")]
    #[case::middle(1, "# head\na: 1 # one\n# tail\n---\n{\"c\": 1}\n")]
    #[case::last(2, "# head\na: 1 # one\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n")]
    fn a_document_goes_with_its_comments(#[case] document: usize, #[case] expected: &str) {
        assert_eq!(changed(THREE, document, None).as_deref(), Some(expected));
    }

    #[rstest]
    #[case::after_the_marker("--- {a: 1} # x\n# y\n", "--- {\n  \"z\": \"1\\n2\"\n}\n# y\n")]
    #[case::comment_that_would_become_text("a: 1 # x\n    # y\n", "z: |-\n  1\n  2\n# y\n")]
    #[case::no_line_feed("a: 1", "z: |-\n  1\n  2")]
    #[case::end_marker("a: 1\n...\n", "z: |-\n  1\n  2\n...\n")]
    #[case::byte_order_mark("\u{feff}a: 1\n", "\u{feff}\nz: |-\n  1\n  2\n")]
    #[case::json_on_one_line("{\"a\": 1} {\"b\": 1}\n", "{\n  \"z\": \"1\\n2\"\n} {\"b\": 1}\n")]
    fn odd_places_are_rewritten_well(#[case] text: &str, #[case] expected: &str) {
        let new = changed(text, 0, Some(&json!({"z": "1\n2"}))).unwrap();
        assert_eq!(new, expected);
        assert_eq!(yaml::parse_all(&new).unwrap()[0].value, json!({"z": "1\n2"}));
    }

    #[test]
    fn changes_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, THREE).unwrap();
        let (mut file, _) = ManifestFile::read(&path).unwrap();
        file.change(1, Some(&json!({"long": "value"})), &id()).unwrap();
        file.change(0, None, &id()).unwrap();
        file.change(2, Some(&json!({"c": 2})), &id()).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "---\n# two\nlong: value\n\n---\n{\n  \"c\": 2\n}\n"
        );
        assert_eq!(file.document(2).unwrap(), json!({"c": 2}));
    }

    #[rstest]
    #[case("a: 1\n")]
    #[case("---\n# only a comment\n---\na: 1\n---\n")]
    fn a_file_without_objects_goes(#[case] text: &str) {
        let document = yaml::parse_all(text)
            .unwrap()
            .iter()
            .position(|document| !document.value.is_null())
            .unwrap();
        assert_eq!(changed(text, document, None), None);
    }

    #[test]
    fn what_somebody_else_changed_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, "a: 1\n").unwrap();
        let (mut file, _) = ManifestFile::read(&path).unwrap();
        fs::write(&path, "a: 2\n").unwrap();
        assert!(matches!(
            file.change(0, Some(&json!({"a": 3})), &id()),
            Err(ClusterError::Conflict(_))
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a: 2\n");
    }

    #[test]
    fn a_new_file_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x/y/a.yaml");
        for number in 1..=3 {
            ManifestFile::create(&path, &json!({"number": number})).unwrap();
        }
        let read = |name: &str| fs::read_to_string(path.with_file_name(name)).unwrap();
        assert_eq!(
            [read("a.yaml"), read("a~2.yaml"), read("a~3.yaml")],
            ["number: 1\n", "number: 2\n", "number: 3\n"]
        );
        let names = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(names, 3, "no temporary files stay");
    }

    #[rstest]
    #[case(b"a: 1\nb: {{ .Values.x }}\n", Some(2), "render it first")]
    #[case(b"a: b: c\n", Some(1), "column 5")]
    #[case(b"\xff\xfe", None, "not text in UTF-8")]
    fn a_file_that_cannot_be_read_says_where(
        #[case] bytes: &[u8],
        #[case] line: Option<usize>,
        #[case] message: &str,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, bytes).unwrap();
        match ManifestFile::read(&path).err().unwrap() {
            ClusterError::Manifest {
                file,
                line: found,
                message: text,
            } => {
                assert_eq!((file.as_str(), found), (path.to_str().unwrap(), line));
                assert!(text.contains(message), "{text}");
            }
            other => panic!("{other}"),
        }
    }
}
