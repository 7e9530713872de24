//! restic reads what we write, and we read what restic writes.

use crate::commands::{with_key, with_vault};
use crate::volume::{describe, make};
use lazarette_tests::restic::Restic;
use std::fs;

#[test]
fn restic_checks_our_repository_and_restores_from_it() {
    let workplace = with_vault();
    let copied = workplace.json(&with_key(&[
        "copy",
        "data",
        "--as",
        "/shop/data",
        "--host",
        "prod",
        "--tag",
        "x",
    ]));
    let Some(restic) = Restic::new(&workplace.path("backups/restic"), &workplace.read("vault.key")) else {
        return;
    };
    let snapshots = restic.snapshots();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0]["id"], copied["snapshot"]["id"]);
    assert_eq!(snapshots[0]["paths"], serde_json::json!(["/shop/data"]));
    assert_eq!(
        (&snapshots[0]["hostname"], &snapshots[0]["tags"][0]),
        (&"prod".into(), &"x".into())
    );
    restic.done(&["check", "--read-data"]);
    let files = restic.done(&["ls", "latest"]);
    assert!(
        files.contains("/shop/data/folder-1/file-1") && files.contains("und ü"),
        "{files}"
    );
    let target = workplace.path("by-restic");
    restic.done(&["restore", "latest", "--target", target.to_str().unwrap()]);
    assert_eq!(
        describe(&target.join("shop/data")),
        describe(&workplace.path("data"))
    );
}

#[test]
fn a_snapshot_of_restic_in_our_repository_is_restored() {
    let workplace = with_vault();
    let Some(restic) = Restic::new(&workplace.path("backups/restic"), &workplace.read("vault.key")) else {
        return;
    };
    let data = workplace.path("data");
    restic.done(&["backup", data.to_str().unwrap()]);
    workplace.done(&with_key(&["check", "--read-data"]));
    workplace.done(&with_key(&["restore", "latest", "--target", "restored"]));
    assert_eq!(describe(&workplace.path("restored")), describe(&data));
}

#[test]
fn a_repository_that_restic_made_is_ours_too() {
    let workplace = crate::harness::Workplace::empty();
    fs::create_dir(workplace.path("data")).unwrap();
    make(&workplace.path("data"));
    workplace.write("vault.key", "a password");
    let Some(restic) = Restic::new(&workplace.path("backups/restic"), "a password") else {
        return;
    };
    restic.done(&["init"]);
    workplace.done(&with_key(&["copy", "data"]));
    restic.done(&["check", "--read-data"]);
    assert_eq!(restic.snapshots().len(), 1);
}

#[test]
fn what_we_prune_is_sound_to_restic_and_what_it_prunes_to_us() {
    let workplace = with_vault();
    let first = workplace.json(&with_key(&["copy", "data"]));
    fs::write(workplace.path("data/large"), "small now").unwrap();
    workplace.done(&with_key(&["copy", "data"]));
    let Some(restic) = Restic::new(&workplace.path("backups/restic"), &workplace.read("vault.key")) else {
        return;
    };
    workplace.done(&with_key(&["forget", first["snapshot"]["id"].as_str().unwrap()]));
    workplace.done(&with_key(&["prune", "--keep-marked", "1ms"]));
    restic.done(&["check", "--read-data"]);
    restic.done(&["prune"]);
    workplace.done(&with_key(&["check", "--read-data"]));
    workplace.done(&with_key(&["restore", "latest", "--target", "restored"]));
    assert_eq!(
        describe(&workplace.path("restored")),
        describe(&workplace.path("data"))
    );
}
