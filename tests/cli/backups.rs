//! Backups, from their making to their end.

use crate::harness::Workplace;
use std::fs;

#[test]
fn a_backup_is_made_listed_described_checked_and_deleted() {
    let workplace = Workplace::new();
    let made = workplace.json(&[
        "backup",
        "create",
        "nightly",
        "--ttl",
        "30d",
        "--label",
        "team=storefront",
    ]);
    assert_eq!(made["name"], "nightly");
    assert_eq!(made["labels"]["team"], "storefront");
    let objects = made["contents"]["objects"].as_u64().unwrap();
    assert!(objects > 15, "{made:#}");

    let listed = workplace.json(&["backup", "list"]);
    assert_eq!(listed["backups"][0]["manifest"], made);
    assert!(
        workplace
            .done(&["backup", "list"])
            .contains("nightly   Completed")
    );
    assert_eq!(workplace.json(&["backup", "describe", "nightly"]), made);
    let described = workplace.done(&["backup", "describe", "nightly"]);
    let is_label = |line: &str| line.starts_with("Labels:") && line.ends_with(" team=storefront");
    assert!(described.lines().any(is_label), "{described}");

    let verified = workplace.json(&["backup", "verify", "nightly"]);
    assert_eq!(
        (&verified[0]["whole"], verified[0]["objects"].as_u64()),
        (&true.into(), Some(objects))
    );
    assert_eq!(workplace.json(&["backup", "verify", "--all"]), verified);

    assert_eq!(
        workplace.done(&["backup", "delete", "nightly", "--yes"]),
        "backup nightly deleted\n"
    );
    assert_eq!(
        workplace.json(&["backup", "list"])["backups"],
        serde_json::json!([])
    );
}

#[test]
fn filters_choose_objects() {
    let workplace = Workplace::new();
    let made = workplace.json(&[
        "backup",
        "create",
        "--include-namespaces",
        "shop",
        "--exclude-resources",
        "secrets",
    ]);
    assert!(made["name"].as_str().unwrap().starts_with("backup-2"), "{made:#}");
    let types: Vec<&str> = made["contents"]["types"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["resource"].as_str().unwrap())
        .collect();
    assert!(types.contains(&"deployments.apps"), "{types:?}");
    assert!(
        !types.contains(&"secrets") && !types.contains(&"cronjobs.batch"),
        "{types:?}"
    );
}

#[test]
fn a_name_is_used_once() {
    Workplace::with_backup().fails(
        &["backup", "create", "first"],
        1,
        "error[AlreadyExists]: backup first exists already",
    );
}

#[test]
fn a_misspelt_type_is_a_warning() {
    let ran = Workplace::new().run(&["backup", "create", "--include-resources", "secrets,deploymnts"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr.contains("warning: ") && ran.stderr.contains("'deployments.apps'"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_manifest_that_does_not_parse_is_named_with_its_line() {
    let workplace = Workplace::new();
    workplace.write(
        "cluster/wrong.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a\n",
    );
    workplace.fails(&["backup", "create", "second"], 1, "cluster/wrong.yaml:");
    assert_eq!(
        workplace.files("backups"),
        [],
        "a backup that failed leaves nothing"
    );
}

#[test]
fn damage_is_found_refused_and_got_around() {
    let workplace = Workplace::with_backup();
    let archive = workplace.path("backups/backups/first/first.tar.gz");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();

    let ran = workplace.run(&["backup", "verify", "first"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("backup first is damaged"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("first.tar.gz: ")
            && ran.stdout.contains(" shop/")
            && ran.stdout.contains(": the object is damaged"),
        "{}",
        ran.stdout
    );

    let restore = ["restore", "create", "first", "--cluster", "dir:elsewhere"];
    workplace.fails(&restore, 1, "error[DamagedBackup]");
    assert!(
        !workplace.path("elsewhere").exists(),
        "a restore that was refused changed something"
    );
    let rest = workplace.run(&[&restore[..], &["--skip-damaged"]].concat());
    assert!(rest.code == 3 || rest.code == 1, "{rest:?}");
}

#[test]
fn one_backup_that_cannot_be_checked_hides_no_other() {
    let workplace = Workplace::with_backup();
    let recipient = workplace.done(&["key", "generate", "identity.txt"]);
    workplace.done(&["backup", "create", "private", "--encrypt-to", recipient.trim()]);
    let ran = workplace.run(&["backup", "verify", "--all"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("backup first is whole"), "{ran:?}");
    assert!(
        ran.stderr.contains("error[EncryptedBackup]: backup private"),
        "{ran:?}"
    );
}

#[test]
fn pruning_shows_and_then_does() {
    let workplace = Workplace::with_backup();
    workplace.done(&["backup", "create", "second"]);
    let dry = workplace.json(&["backup", "prune", "--keep-last", "1", "--dry-run"]);
    assert_eq!(
        workplace.json(&["backup", "list"])["backups"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let pruned = workplace.json(&["backup", "prune", "--keep-last", "1"]);
    assert_eq!(pruned["backups"], dry["backups"]);
    let left = workplace.json(&["backup", "list"]);
    assert_eq!(left["backups"].as_array().unwrap().len(), 1);
    assert_eq!(left["backups"][0]["name"], "second");
}

#[test]
fn deleting_asks_where_somebody_can_answer() {
    let workplace = Workplace::with_backup();
    workplace.fails(
        &["backup", "delete", "first"],
        2,
        "needs --yes where nobody can be asked",
    );
    workplace.fails(
        &["backup", "delete", "first", "nothing", "--yes"],
        1,
        "backup nothing is not in",
    );
    assert!(
        workplace.done(&["backup", "list"]).contains("first"),
        "a slip of the finger deleted a backup"
    );
}

#[test]
fn remains_of_a_killed_backup_are_no_backup_and_can_be_removed() {
    let workplace = Workplace::with_backup();
    fs::rename(
        workplace.path("backups/backups/first/lazarette-manifest.json"),
        workplace.path("manifest"),
    )
    .unwrap();
    let listed = workplace.json(&["backup", "list"]);
    assert_eq!(listed["backups"], serde_json::json!([]));
    assert_eq!(listed["unfinished"][0]["name"], "first");
    workplace.fails(&["restore", "plan", "first"], 1, "error[IncompleteBackup]");
    assert_eq!(
        workplace.done(&["store", "cleanup"]),
        "nothing to remove\n",
        "it may still be being written"
    );
    assert!(
        workplace
            .done(&["store", "cleanup", "--older-than", "1ms"])
            .contains("first")
    );
    assert_eq!(workplace.files("backups/backups"), []);
}
