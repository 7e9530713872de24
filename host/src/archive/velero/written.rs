//! What Velero wants to see beside our objects: its Backup resource, and its list of warnings and errors.

use crate::archive::{ArchiveError, Manifest, entry, file, member};
use crate::object::ClusterScope;
use crate::report::Problem;
use serde_json::{Map, Value, json};
use std::io::Write;

/// Velero's garbage collector deletes what has expired by `status.expiration`. When ours expire stands in the manifest,
/// and so Velero is told a day that does not come.
const NEVER: &str = "9999-12-31T23:59:59Z";

/// How many commands of hooks a backup had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookStatus {
    /// Those that ran, or were to run.
    pub attempted: u64,
    /// Those of them that did not end well.
    pub failed: u64,
}

impl HookStatus {
    /// As in Velero's Backup: a number that is zero is left out there.
    fn to_json(self) -> Value {
        let numbers = [("hooksAttempted", self.attempted), ("hooksFailed", self.failed)];
        let given = numbers.into_iter().filter(|(_, number)| *number > 0);
        given
            .map(|(name, number)| (name.to_owned(), json!(number)))
            .collect()
    }
}

/// Velero's Backup, version velero.io/v1. `hooks` is nothing where the backup had none.
pub(in crate::archive) fn backup_resource(manifest: &Manifest, hooks: Option<HookStatus>) -> Value {
    let filter = &manifest.source.filter;
    let mut spec = Map::new();
    spec.insert("storageLocation".to_owned(), json!("default"));
    let mut excluded_resources = filter.exclude_resources.clone();
    excluded_resources.extend(filter.exclude_secrets.then(|| "secrets".to_owned()));
    let lists = [
        ("includedNamespaces", &filter.include_namespaces),
        ("excludedNamespaces", &filter.exclude_namespaces),
        ("includedResources", &filter.include_resources),
        ("excludedResources", &excluded_resources),
    ];
    for (name, patterns) in lists.into_iter().filter(|(_, patterns)| !patterns.is_empty()) {
        spec.insert(name.to_owned(), json!(patterns));
    }
    match filter.include_cluster_resources {
        ClusterScope::Auto => {}
        scope => {
            spec.insert(
                "includeClusterResources".to_owned(),
                json!(scope == ClusterScope::Always),
            );
        }
    }
    let mut resource = json!({
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {
            "name": manifest.name,
            "namespace": "velero",
            "labels": { "velero.io/storage-location": "default" },
            "annotations": { "lazarette.dev/backup-id": manifest.id },
        },
        "spec": spec,
        "status": {
            "version": 1,
            "formatVersion": entry::VERSION,
            "phase": if manifest.errors == 0 { "Completed" } else { "PartiallyFailed" },
            "expiration": NEVER,
            "startTimestamp": format!("{:.0}", manifest.created_at),
            "completionTimestamp": format!("{:.0}", manifest.completed_at),
            "progress": { "totalItems": manifest.contents.objects, "itemsBackedUp": manifest.contents.objects },
            "warnings": manifest.warnings,
            "errors": manifest.errors,
        },
    });
    let status = resource.get_mut("status").and_then(Value::as_object_mut);
    if let (Some(status), Some(hooks)) = (status, hooks) {
        status.insert("hookStatus".to_owned(), hooks.to_json());
    }
    resource
}

/// Velero's results file: sentences, without fields to find an object by.
pub(in crate::archive) fn results(warnings: &[Problem], errors: &[Problem]) -> Result<Vec<u8>, ArchiveError> {
    let sentences = |problems: &[Problem]| {
        let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
        match sentences.is_empty() {
            true => json!({}),
            false => json!({ "velero": sentences }),
        }
    };
    let mut encoder = member::encoder(Vec::new());
    encoder
        .write_all(
            json!({ "warnings": sentences(warnings), "errors": sentences(errors) })
                .to_string()
                .as_bytes(),
        )
        .and_then(|()| encoder.finish())
        .map_err(file::compression_failed)
}
