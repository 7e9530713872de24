//! What Velero reads beside the objects.

use super::*;
use crate::report::{Code, Problem};
use flate2::read::GzDecoder;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

async fn json_of(folder: &Folder, file: BackupFile) -> Value {
    let bytes = folder
        .store
        .read(&file.key(&name("nightly")), None)
        .await
        .unwrap();
    match file {
        BackupFile::VeleroBackup => serde_json::from_slice(&bytes).unwrap(),
        _ => serde_json::from_reader(GzDecoder::new(&bytes[..])).unwrap(),
    }
}

async fn write_described(folder: &Folder, description: Description) -> Manifest {
    let nightly = name("nightly");
    let claim = HeldClaim::take(folder.store.as_ref(), &nightly).await.unwrap();
    let mut writer = ArchiveWriter::begin(&claim, NonZero::<usize>::MIN).await.unwrap();
    for Sample { of, id, json } in samples() {
        writer.append(&of, &id, &json).await.unwrap();
    }
    writer.finish(description).await.unwrap()
}

#[tokio::test]
async fn the_resource_list_is_by_version_and_kind() {
    let folder = Folder::new();
    write_described(&folder, Description::default()).await;
    let expected = json!({
        "v1/ConfigMap": ["shop/flags", "shop/prices"],
        "apps/v1/Deployment": ["shop/web"],
        "v1/Namespace": ["shop"],
    });
    assert_eq!(json_of(&folder, BackupFile::ResourceList).await, expected);
}

#[tokio::test]
async fn velero_sees_a_completed_backup_that_it_does_not_expire() {
    let folder = Folder::new();
    let mut source = Source::default();
    source.filter.include_namespaces = vec!["shop".to_owned()];
    let ttl = Some(SignedDuration::from_hours(1));
    let manifest = write_described(
        &folder,
        Description {
            source,
            ttl,
            ..Description::default()
        },
    )
    .await;
    assert_eq!(
        manifest.expires_at.unwrap().duration_since(manifest.created_at),
        SignedDuration::from_hours(1)
    );

    let backup = json_of(&folder, BackupFile::VeleroBackup).await;
    assert_eq!(
        (&backup["apiVersion"], &backup["kind"]),
        (&json!("velero.io/v1"), &json!("Backup"))
    );
    assert_eq!(backup["metadata"]["name"], "nightly");
    assert_eq!(backup["spec"]["includedNamespaces"], json!(["shop"]));
    let status = &backup["status"];
    assert_eq!(
        (&status["phase"], &status["formatVersion"]),
        (&json!("Completed"), &json!("1.0.0"))
    );
    assert_eq!(status["expiration"], "9999-12-31T23:59:59Z");
    assert_eq!(status["progress"], json!({ "totalItems": 4, "itemsBackedUp": 4 }));
    // Velero reads times to the second.
    assert_eq!(
        status["startTimestamp"].as_str().unwrap().len(),
        "2026-01-01T00:00:00Z".len()
    );
}

/// Velero leaves out a number that is zero.
#[rstest]
#[case::none(None, json!(null))]
#[case::well(Some(HookStatus { attempted: 3, failed: 0 }), json!({"hooksAttempted": 3}))]
#[case::failed(Some(HookStatus { attempted: 3, failed: 2 }), json!({"hooksAttempted": 3, "hooksFailed": 2}))]
#[case::only_facts(Some(HookStatus::default()), json!({}))]
#[tokio::test]
async fn velero_sees_how_many_hooks_ran(#[case] hook_status: Option<HookStatus>, #[case] expected: Value) {
    let folder = Folder::new();
    let description = Description {
        hook_status,
        ..Description::default()
    };
    write_described(&folder, description).await;
    let backup = json_of(&folder, BackupFile::VeleroBackup).await;
    assert_eq!(
        backup["status"].get("hookStatus").cloned().unwrap_or_default(),
        expected
    );
}

#[tokio::test]
async fn warnings_are_counted_and_kept() {
    let folder = Folder::new();
    let warnings = vec![Problem::new(Code::NotFound, "nothing there").about("x")];
    let manifest = write_described(
        &folder,
        Description {
            warnings,
            ..Description::default()
        },
    )
    .await;
    assert_eq!(manifest.warnings, 1);
    let expected = json!({ "warnings": { "velero": ["x: nothing there"] }, "errors": {} });
    assert_eq!(json_of(&folder, BackupFile::Results).await, expected);
}

#[tokio::test]
async fn the_manifest_lists_every_other_file_in_the_order_of_writing() {
    let folder = Folder::new();
    let manifest = write_described(&folder, Description::default()).await;
    let names: Vec<_> = manifest.files.iter().map(|file| file.name.clone()).collect();
    let expected: Vec<_> = BackupFile::ALL
        .iter()
        .map(|file| file.file_name(&manifest.name))
        .collect();
    assert_eq!(names, expected[..6]);
}
