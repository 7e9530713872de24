//! The definitions of all resources, as objects to apply.

use super::{Backup, BackupInstance, BackupLocation, BackupPolicy, Plugin, RecoveryPoint, Restore};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

/// The definitions of the resources of the controller.
///
/// # Errors
/// When one has no JSON, which is a defect of ours.
pub fn definitions() -> Result<Vec<Value>, serde_json::Error> {
    let definitions: [CustomResourceDefinition; 7] = [
        BackupLocation::crd(),
        BackupPolicy::crd(),
        BackupInstance::crd(),
        Backup::crd(),
        Restore::crd(),
        RecoveryPoint::crd(),
        Plugin::crd(),
    ];
    definitions.iter().map(serde_json::to_value).collect()
}
