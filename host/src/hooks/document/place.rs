//! Where in a text something is wrong.

use crate::hooks::HookError;
use crate::object::yaml::{self, Content, Node};
use crate::report::did_you_mean;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::Range;

/// Read `value`; an error names the field, and the nearest one where it is misspelt.
pub(super) fn deserialize<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, HookError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let message = error.inner().to_string();
        HookError {
            place: place.to_owned(),
            field: Some(error.path().to_string()).filter(|path| path != "."),
            message: format!("{message}{}", hint(&message)),
        }
    })
}

/// The nearest of the names that `message` says are known, where it is about one that is not.
fn hint(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next().filter(|_| message.starts_with("unknown ")) {
        Some(wrong) => did_you_mean(wrong, quoted),
        None => String::new(),
    }
}

/// The same error, with the line of its field. `chunk` is where its document stands in the text of `file`.
pub(super) fn in_file(error: HookError, text: &str, file: &str, chunk: &Range<usize>) -> HookError {
    let field = error.field.as_deref().unwrap_or_default();
    let before = text.get(..chunk.start).unwrap_or_default().matches('\n').count();
    let document = text.get(chunk.clone()).unwrap_or_default();
    match yaml::parse_node(document) {
        Ok(root) => HookError {
            place: format!("{file}:{}", before + line_of(&root, field)),
            ..error
        },
        Err(_) => error,
    }
}

/// The line of a field such as `spec.backupHook[0].preHooks`, or of the nearest thing around it that is there.
fn line_of(root: &Node, field: &str) -> usize {
    let (mut node, mut line) = (root, root.line);
    for step in field.split(['.', '[', ']']).filter(|step| !step.is_empty()) {
        let found = match &node.content {
            Content::Mapping(entries) => entries
                .iter()
                .find(|entry| entry.key == step)
                .map(|entry| (&entry.value, entry.line)),
            Content::Sequence(items) => {
                let item = step.parse::<usize>().ok().and_then(|index| items.get(index));
                item.map(|item| (item, item.line))
            }
            Content::Scalar(_) => None,
        };
        match found {
            Some(found) => (node, line) = found,
            None => break,
        }
    }
    line
}
