//! Reading a folder.

use super::contents::{Contents, classify};
use super::file::{ManifestFile, ReadDocument, manifest_error};
use super::folder::manifest_files;
use super::metadata;
use super::state::{Place, State};
use crate::cluster::ClusterError;
use serde_json::Value;
use std::io::ErrorKind;
use std::path::Path;

/// An object that was found, before it is known what its kind is.
struct Found {
    object: Value,
    place: Place,
}

/// Read all manifests below `root`.
pub(super) fn load(root: &Path) -> Result<State, ClusterError> {
    let (paths, warnings) = manifest_files(root)?;
    let mut state = State::new(root);
    state.warnings = warnings;
    let mut found = Vec::new();
    for path in paths {
        let (file, documents) = ManifestFile::read(&path)?;
        let number = state.files.len();
        state.files.push(file);
        collect_all(&mut state, &path, documents, number, &mut found)?;
    }
    take(&mut state, found)?;
    Ok(state)
}

/// Read the file with this number again, which somebody else has changed or removed.
pub(super) fn reload(state: &mut State, number: usize) -> Result<(), ClusterError> {
    let Some(path) = state.files.get(number).map(|file| file.path().to_owned()) else {
        return Ok(());
    };
    let read = match ManifestFile::read(&path) {
        Err(ClusterError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => None,
        other => Some(other?),
    };
    state.forget_file(number);
    let Some((file, documents)) = read else {
        return Ok(());
    };
    if let Some(place) = state.files.get_mut(number) {
        *place = file;
    }
    let mut found = Vec::new();
    collect_all(state, &path, documents, number, &mut found)?;
    take(state, found)
}

fn collect_all(
    state: &mut State,
    path: &Path,
    documents: Vec<ReadDocument>,
    file: usize,
    found: &mut Vec<Found>,
) -> Result<(), ClusterError> {
    for (position, document) in documents.into_iter().enumerate() {
        let place = Place {
            file,
            document: position,
            line: document.line,
            item: None,
        };
        collect(state, path, document, place, found)?;
    }
    Ok(())
}

/// Take what was found into the state.
fn take(state: &mut State, found: Vec<Found>) -> Result<(), ClusterError> {
    // Definitions first: they may stand behind the objects that need them.
    for Found { object, place } in found.iter().filter(|found| is_definition(&found.object)) {
        state
            .types
            .define(object)
            .map_err(|message| error_at(state, place, &message))?;
    }
    found.into_iter().try_for_each(|found| admit(state, found))
}

fn collect(
    state: &mut State,
    path: &Path,
    document: ReadDocument,
    place: Place,
    found: &mut Vec<Found>,
) -> Result<(), ClusterError> {
    let ReadDocument { value, line } = document;
    match classify(value).map_err(|message| manifest_error(path, Some(line), message))? {
        Contents::Blank => {}
        Contents::Other(reason) => state
            .warnings
            .push(format!("{}:{line}: left out: {reason}", path.display())),
        Contents::Object(object) => found.push(Found { object, place }),
        Contents::List(items) => {
            let numbered = items.into_iter().enumerate();
            found.extend(numbered.map(|(item, object)| Found {
                object,
                place: Place {
                    item: Some(item),
                    ..place
                },
            }));
        }
    }
    Ok(())
}

fn is_definition(object: &Value) -> bool {
    let (api_version, kind) = metadata::type_of(object);
    kind == "CustomResourceDefinition" && api_version.starts_with("apiextensions.k8s.io/")
}

fn admit(state: &mut State, found: Found) -> Result<(), ClusterError> {
    let Found { mut object, place } = found;
    let (api_version, kind) = metadata::type_of(&object);
    let Some(of) = state.types.of_kind(api_version, kind).cloned() else {
        let message = format!(
            "{api_version} {kind} is no built-in kind, and no CustomResourceDefinition in the folder defines it; add \
             the one that does, or move this file out of the folder"
        );
        return Err(error_at(state, &place, &message));
    };
    let key = metadata::admit(&of, &mut object).map_err(|message| error_at(state, &place, &message))?;
    if let Some(first) = state.place_of(&of.resource, &key) {
        let (first, second) = (state.describe(first), state.describe(&place));
        return Err(ClusterError::Duplicate {
            id: Box::new(State::id(&of.resource, &key)),
            first,
            second,
        });
    }
    state.keep(&of.resource, key, &object, place);
    Ok(())
}

fn error_at(state: &State, place: &Place, message: &str) -> ClusterError {
    let path = state
        .files
        .get(place.file)
        .map(ManifestFile::path)
        .unwrap_or(Path::new(""));
    let item = place
        .item
        .map(|item| format!("item {} of the list: ", item + 1))
        .unwrap_or_default();
    manifest_error(path, Some(place.line), format!("{item}{message}"))
}
