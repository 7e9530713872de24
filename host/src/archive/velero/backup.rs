//! Velero's Backup resource, as it lies in a store: `velero-backup.json`.

use crate::archive::{ArchiveError, BackupFile, BackupName};
use crate::object::{ClusterScope, FilterSpec};
use crate::store::{Store, StoreError};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An API server takes no larger resource.
const LARGEST: u64 = 16 * 1024 * 1024;
/// The namespace in which AKS Backup runs Velero.
const AKS_NAMESPACE: &str = "dataprotection-microsoft";

/// A backup that Velero wrote, or AKS Backup by means of it. What it says of itself; nothing was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VeleroBackup {
    /// Its name.
    pub name: BackupName,
    /// `Velero` or `AKS Backup`.
    pub written_by: &'static str,
    /// `metadata.uid`.
    pub uid: String,
    /// `Completed`, `PartiallyFailed` and so on: `status.phase`.
    pub phase: String,
    /// The version of its layout, such as `1.1.0`; empty where an early version did not say.
    pub format_version: String,
    /// When it was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// From when on Velero removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The version of Kubernetes that it was made of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Which objects were to be taken.
    pub filter: FilterSpec,
    /// How many objects it says that it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// How many warnings there were.
    pub warnings: u64,
    /// How many errors there were: objects may be missing.
    pub errors: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure_reason: String,
}

impl VeleroBackup {
    /// Read what Velero says of the backup `name`. [`ArchiveError::NotFound`] when there is no such file.
    pub async fn read(store: &dyn Store, name: &BackupName) -> Result<VeleroBackup, ArchiveError> {
        let file = BackupFile::VeleroBackup.key(name);
        let damaged = |message: String| ArchiveError::Damaged {
            file: file.clone(),
            message,
        };
        if let Some(size) = store.size(&file).await?.filter(|size| *size > LARGEST) {
            return Err(damaged(format!("it has {size} bytes, which no resource has")));
        }
        let bytes = match store.read(&file, None).await {
            Err(StoreError::NotFound { .. }) => {
                return Err(ArchiveError::NotFound {
                    name: name.clone(),
                    store: store.address(),
                });
            }
            other => other?,
        };
        let resource: Value =
            serde_json::from_slice(&bytes).map_err(|error| damaged(format!("it does not parse: {error}")))?;
        let backup = parse(&resource, name).map_err(damaged)?;
        match backup.format_version.split('.').next() {
            Some("" | "1") => Ok(backup),
            _ => {
                let message = format!(
                    "the backup has Velero's layout {}, and this version of lazarette reads layouts 1.x only",
                    backup.format_version
                );
                Err(ArchiveError::Unsupported { file, message })
            }
        }
    }

    /// What somebody who restores from it should know.
    pub fn warnings(&self) -> Vec<String> {
        let VeleroBackup {
            name,
            phase,
            errors,
            failure_reason,
            ..
        } = self;
        if phase == "Completed" {
            return Vec::new();
        }
        let reason = match failure_reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        vec![format!(
            "Velero says of backup {name} that it is '{phase}', with {errors} errors{reason}; objects may be missing from it"
        )]
    }
}

/// What a Backup resource says, or why it is none of `name`.
fn parse(resource: &Value, name: &BackupName) -> Result<VeleroBackup, String> {
    let text = |pointer: &str| {
        resource
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let count = |pointer: &str| resource.pointer(pointer).and_then(Value::as_u64);
    let moment = |pointer: &str| text(pointer).parse::<Timestamp>().ok();
    if text("/kind") != "Backup" || !text("/apiVersion").starts_with("velero.io/") {
        return Err("it is no Backup resource of Velero".to_owned());
    }
    if text("/metadata/name") != name.as_str() {
        return Err(format!("this is backup {:?}", text("/metadata/name")));
    }
    let written_by = match text("/metadata/namespace") {
        AKS_NAMESPACE => "AKS Backup",
        _ => "Velero",
    };
    Ok(VeleroBackup {
        name: name.clone(),
        written_by,
        uid: text("/metadata/uid").to_owned(),
        phase: text("/status/phase").to_owned(),
        format_version: text("/status/formatVersion").to_owned(),
        started_at: moment("/status/startTimestamp"),
        completed_at: moment("/status/completionTimestamp"),
        expires_at: moment("/status/expiration"),
        kubernetes_version: text("/metadata/annotations/velero.io~1source-cluster-k8s-gitversion").to_owned(),
        labels: texts(resource.pointer("/metadata/labels")),
        filter: filter(resource.get("spec").unwrap_or(&Value::Null)),
        objects: count("/status/progress/itemsBackedUp"),
        warnings: count("/status/warnings").unwrap_or_default(),
        errors: count("/status/errors").unwrap_or_default(),
        failure_reason: text("/status/failureReason").to_owned(),
    })
}

/// The filter of `spec`, both its old form and the one with scopes.
fn filter(spec: &Value) -> FilterSpec {
    let list = |names: &[&str]| -> Vec<String> {
        let values = names.iter().filter_map(|name| spec.get(name)?.as_array());
        values
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let one = spec.get("labelSelector").into_iter();
    let some = spec.get("orLabelSelectors").and_then(Value::as_array);
    FilterSpec {
        include_namespaces: list(&["includedNamespaces"]),
        exclude_namespaces: list(&["excludedNamespaces"]),
        include_resources: list(&[
            "includedResources",
            "includedClusterScopedResources",
            "includedNamespaceScopedResources",
        ]),
        exclude_resources: list(&[
            "excludedResources",
            "excludedClusterScopedResources",
            "excludedNamespaceScopedResources",
        ]),
        exclude_secrets: false,
        selectors: one.chain(some.into_iter().flatten()).map(selector).collect(),
        include_cluster_resources: match spec.get("includeClusterResources").and_then(Value::as_bool) {
            Some(true) => ClusterScope::Always,
            Some(false) => ClusterScope::Never,
            None => ClusterScope::Auto,
        },
    }
}

/// A label selector in the form of `kubectl -l`.
fn selector(selector: &Value) -> String {
    let equal = texts(selector.get("matchLabels"));
    let equal = equal.into_iter().map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    let expressions = expressions.into_iter().flatten().map(|expression| {
        let text = |name: &str| expression.get(name).and_then(Value::as_str).unwrap_or_default();
        let values = expression.get("values").and_then(Value::as_array);
        let values: Vec<&str> = values.into_iter().flatten().filter_map(Value::as_str).collect();
        let (key, values) = (text("key"), values.join(","));
        match text("operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        }
    });
    equal.chain(expressions).collect::<Vec<_>>().join(",")
}

fn texts(map: Option<&Value>) -> BTreeMap<String, String> {
    let pairs = map.and_then(Value::as_object).into_iter().flatten();
    pairs
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn resource() -> Value {
        json!({
            "apiVersion": "velero.io/v1",
            "kind": "Backup",
            "metadata": {
                "name": "nightly", "namespace": "dataprotection-microsoft", "uid": "u-1",
                "labels": {"velero.io/storage-location": "default"},
                "annotations": {"velero.io/source-cluster-k8s-gitversion": "v1.33.2"},
            },
            "spec": {
                "includedNamespaces": ["shop"], "excludedResources": ["secrets"],
                "includedClusterScopedResources": ["*"], "includeClusterResources": true,
                "labelSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [
                    {"key": "c", "operator": "NotIn", "values": ["d", "e"]}, {"key": "f", "operator": "Exists"},
                    {"key": "g", "operator": "DoesNotExist"},
                ]},
            },
            "status": {
                "phase": "PartiallyFailed", "formatVersion": "1.1.0", "startTimestamp": "2026-01-01T00:00:00Z",
                "expiration": "2026-02-01T00:00:00Z", "progress": {"itemsBackedUp": 7}, "errors": 2,
                "failureReason": "the disk is full",
            },
        })
    }

    fn name() -> BackupName {
        "nightly".parse().unwrap()
    }

    #[test]
    fn what_velero_says_is_read() {
        let backup = parse(&resource(), &name()).unwrap();
        assert_eq!(
            (backup.written_by, backup.phase.as_str()),
            ("AKS Backup", "PartiallyFailed")
        );
        assert_eq!(backup.kubernetes_version, "v1.33.2");
        assert_eq!((backup.objects, backup.errors), (Some(7), 2));
        assert_eq!(backup.expires_at, Some("2026-02-01T00:00:00Z".parse().unwrap()));
        assert_eq!(backup.filter.include_namespaces, ["shop"]);
        assert_eq!(backup.filter.include_resources, ["*"]);
        assert_eq!(backup.filter.selectors, ["a=b,c notin (d,e),f,!g"]);
        assert_eq!(backup.filter.include_cluster_resources, ClusterScope::Always);
        let warning = "Velero says of backup nightly that it is 'PartiallyFailed', with 2 errors: the disk is full; \
                       objects may be missing from it";
        assert_eq!(backup.warnings(), [warning]);
    }

    #[rstest]
    #[case::kind("/kind", json!("Restore"), "it is no Backup resource of Velero")]
    #[case::group("/apiVersion", json!("example.com/v1"), "it is no Backup resource of Velero")]
    #[case::another("/metadata/name", json!("weekly"), "this is backup \"weekly\"")]
    fn what_is_no_backup_of_that_name_is_refused(
        #[case] pointer: &str,
        #[case] value: Value,
        #[case] expected: &str,
    ) {
        let mut resource = resource();
        *resource.pointer_mut(pointer).unwrap() = value;
        assert_eq!(parse(&resource, &name()).unwrap_err(), expected);
    }

    #[test]
    fn what_is_odd_is_as_if_it_were_not_there() {
        let odd = json!({
            "apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "nightly", "labels": {"a": 1}},
            "spec": {"includedNamespaces": "shop", "labelSelector": []},
            "status": {"phase": 1, "expiration": "soon", "progress": [], "errors": -1},
        });
        let backup = parse(&odd, &name()).unwrap();
        assert_eq!(
            (backup.phase.as_str(), backup.expires_at, backup.objects),
            ("", None, None)
        );
        assert_eq!((backup.errors, backup.labels.len()), (0, 0));
    }
}
