//! BackupHook and RestoreHook of AKS Backup, read from files and from the cluster.
//!
//! Fields are those of the documentation of AKS Backup and of Velero's hooks, from which it has them; a field that is
//! not known is refused. Beside them an entry may have `plugin: {name, config, onError, timeout}` instead of commands.

mod entry;
mod list;
mod place;
mod read;

pub(super) use read::duration;

use super::{Hook, HookError};
use crate::object::yaml;
use entry::{BackupEntry, RestoreEntry};
use place::in_file;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// The API group of both kinds.
pub(in crate::hooks) const GROUP: &str = "clusterbackup.dataprotection.microsoft.com";

/// The version of it.
pub(in crate::hooks) const VERSION: &str = "v1alpha1";

impl Hook {
    /// All hooks in the documents of `text`, which stands in `file`: for backups and for restores.
    pub fn parse_all(text: &str, file: &str) -> Result<Vec<Hook>, HookError> {
        let documents = yaml::parse_all(text).map_err(|error| HookError {
            place: format!("{file}:{}", error.line),
            field: None,
            message: error.message,
        })?;
        let mut hooks = Vec::new();
        for document in documents {
            if document.value.is_null() {
                continue;
            }
            let place = format!("{file}:{}", document.line);
            let read = read_document(document.value, &place);
            hooks.extend(read.map_err(|error| in_file(error, text, file, &document.chunk))?);
        }
        match hooks.is_empty() {
            true => Err(HookError {
                place: file.to_owned(),
                field: None,
                message: "there is no hook in it; expected BackupHook or RestoreHook".to_owned(),
            }),
            false => Ok(hooks),
        }
    }

    /// The hooks of a resource as the cluster has it; `place` is its name.
    pub fn of_resource(resource: Value, place: &str) -> Result<Vec<Hook>, HookError> {
        read_resource(resource, place)
    }
}

/// The hooks of a document: of one resource, or of a list of some.
fn read_document(document: Value, place: &str) -> Result<Vec<Hook>, HookError> {
    let mut hooks = Vec::new();
    for (prefix, resource) in list::resources(document, place)? {
        let read = read_resource(resource, place);
        hooks.extend(read.map_err(|error| error.within(&prefix))?);
    }
    Ok(hooks)
}

/// A resource. What is said about itself (`metadata`, `status`) is the cluster's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Resource<S> {
    #[serde(rename = "apiVersion")]
    _api_version: IgnoredAny,
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    spec: S,
    #[serde(default, rename = "status")]
    _status: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: String,
}

/// The documented form of `spec` of a BackupHook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BackupSpec {
    backup_hook: Vec<BackupEntry>,
}

/// The documented form of `spec` of a RestoreHook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RestoreSpec {
    restore_hook: Vec<RestoreEntry>,
}

fn read_resource(resource: Value, place: &str) -> Result<Vec<Hook>, HookError> {
    let wrong = |field: &str, message: String| HookError {
        place: place.to_owned(),
        field: Some(field.to_owned()),
        message,
    };
    let text = |pointer| resource.pointer(pointer).and_then(Value::as_str);
    let expected = format!("{GROUP}/{VERSION}");
    if text("/apiVersion") != Some(expected.as_str()) {
        let found = text("/apiVersion").unwrap_or("nothing");
        return Err(wrong("apiVersion", format!("expected {expected}, found {found}")));
    }
    // The older form has one entry, in `spec` itself.
    let is_flat = ["name", "preHooks", "postHooks", "plugin"]
        .iter()
        .any(|field| resource.pointer(&format!("/spec/{field}")).is_some());
    match (text("/kind"), is_flat) {
        (Some("BackupHook"), false) => hooks_of(resource, place, |spec: BackupSpec| spec.backup_hook),
        (Some("BackupHook"), true) => hooks_of(resource, place, |entry: BackupEntry| vec![entry]),
        (Some("RestoreHook"), false) => hooks_of(resource, place, |spec: RestoreSpec| spec.restore_hook),
        (Some("RestoreHook"), true) => hooks_of(resource, place, |entry: RestoreEntry| vec![entry]),
        (kind, _) => {
            let found = kind.unwrap_or("nothing");
            let message = format!("expected BackupHook or RestoreHook, found {found}");
            Err(wrong("kind", message))
        }
    }
}

/// An entry of a resource.
trait Entry {
    /// The hook that it is, but for where it is written.
    fn into_hook(self) -> Result<Hook, &'static str>;
}

fn hooks_of<S: DeserializeOwned, E: Entry>(
    resource: Value,
    place: &str,
    entries: impl FnOnce(S) -> Vec<E>,
) -> Result<Vec<Hook>, HookError> {
    let resource: Resource<S> = place::deserialize(resource, place)?;
    let Metadata { name, namespace } = resource.metadata;
    let origin = match (namespace.as_str(), name.as_str()) {
        (_, "") => place.to_owned(),
        ("", name) => format!("{} {name}", resource.kind),
        (namespace, name) => format!("{} {namespace}/{name}", resource.kind),
    };
    let read = |entry: E| match entry.into_hook() {
        Ok(hook) => Ok(Hook {
            origin: origin.clone(),
            ..hook
        }),
        Err(message) => Err(HookError {
            place: place.to_owned(),
            field: Some("spec".to_owned()),
            message: message.to_owned(),
        }),
    };
    entries(resource.spec).into_iter().map(read).collect()
}
