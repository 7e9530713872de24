//! The commands of the vault.

use crate::harness::Workplace;
use crate::volume::{describe, make};
use std::fs;

/// A folder to copy, and a repository whose key lies in `vault.key`.
pub fn with_vault() -> Workplace {
    let workplace = Workplace::empty();
    fs::create_dir(workplace.path("data")).unwrap();
    make(&workplace.path("data"));
    let key = workplace.done(&["vault", "init", "--quiet"]);
    workplace.write("vault.key", &key);
    workplace
}

/// The words of a command of the vault, with the key.
pub fn with_key<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["vault"], words, &["--key-file", "vault.key"]].concat()
}

#[test]
fn a_folder_is_copied_listed_checked_and_restored() {
    let workplace = with_vault();
    let words = [
        "copy",
        "data",
        "--as",
        "/shop/data",
        "--host",
        "prod",
        "--tag",
        "weekly",
    ];
    let copied = workplace.json(&with_key(&words));
    assert_eq!(copied["snapshot"]["path"], "/shop/data");
    assert_eq!(copied["leftOut"], serde_json::json!([]));

    let listed = workplace.json(&with_key(&["list", "--tag", "weekly"]));
    assert_eq!(listed["snapshots"][0]["id"], copied["snapshot"]["id"]);
    assert_eq!(
        workplace.json(&with_key(&["list", "--tag", "daily"]))["snapshots"],
        serde_json::json!([])
    );

    let checked = workplace.json(&with_key(&["check", "--read-data"]));
    assert_eq!(checked["errors"], serde_json::json!([]));
    assert!(checked["bytesRead"].as_u64().unwrap() > 6_000_000);

    workplace.done(&with_key(&["restore", "latest", "--target", "restored"]));
    assert_eq!(
        describe(&workplace.path("restored")),
        describe(&workplace.path("data"))
    );
}

#[test]
fn a_second_copy_stores_less_than_a_hundredth() {
    let workplace = with_vault();
    let first = workplace.json(&with_key(&["copy", "data"]));
    let second = workplace.json(&with_key(&["copy", "data"]));
    let written = |copied: &serde_json::Value| copied["bytesWritten"].as_u64().unwrap();
    assert!(written(&second) * 100 < written(&first), "{second}");
    assert_eq!(second["filesRead"], 0);
    assert_eq!(second["parent"], first["snapshot"]["id"]);
}

#[test]
fn what_was_forgotten_is_pruned_later() {
    let workplace = with_vault();
    let first = workplace.json(&with_key(&["copy", "data"]));
    fs::write(workplace.path("data/large"), "small now").unwrap();
    workplace.done(&with_key(&["copy", "data"]));
    workplace.done(&with_key(&["forget", first["snapshot"]["id"].as_str().unwrap()]));
    let marked = workplace.json(&with_key(&["prune"]));
    assert!(
        marked["bytesMarked"].as_u64().unwrap() > 5_000_000 && marked["bytesRemoved"] == 0,
        "{marked}"
    );
    let removed = workplace.json(&with_key(&["prune", "--keep-marked", "1ms"]));
    assert!(removed["bytesRemoved"].as_u64().unwrap() > 5_000_000, "{removed}");
    workplace.done(&with_key(&["check", "--read-data"]));
}

#[test]
fn the_key_is_shown_once_and_asked_for_afterwards() {
    let workplace = Workplace::empty();
    let made = workplace.run(&["vault", "init"]);
    let key = made.stdout.trim();
    assert!(key.len() == 64 && !made.stderr.contains(key), "{made:?}");
    workplace.write("vault.key", key);
    let again = workplace.run(&["vault", "init"]);
    assert!(
        again.code == 1 && again.stderr.contains("AlreadyExists"),
        "{again:?}"
    );
    workplace.fails(&["vault", "list"], 1, "no repository key is named");
    workplace.write("other.key", "another key");
    workplace.fails(
        &["vault", "list", "--key-file", "other.key"],
        1,
        "is not opened by this key",
    );
    workplace.fails(&["vault", "list", "--key-file", "none.key"], 1, "none.key");

    let warned = workplace.run(&with_key(&["list"]));
    assert!(warned.stderr.contains("nobody has confirmed"), "{warned:?}");
    assert_eq!(workplace.done(&with_key(&["export-key"])).trim(), key);
    let confirmed = workplace.done(&with_key(&["export-key", "--confirm"]));
    assert!(!confirmed.contains(key));
    let warned = workplace.run(&with_key(&["list"]));
    assert!(!warned.stderr.contains("nobody has confirmed"), "{warned:?}");
}

#[test]
fn a_key_from_the_cluster_opens_the_repository() {
    let workplace = with_vault();
    let key = workplace.read("vault.key");
    let manifest = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: vault\n  namespace: backup\nstringData: {{}}\ndata:\n  repository-key: {}\n",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, key.trim())
    );
    workplace.write("cluster/secret.yaml", &manifest);
    workplace.done(&["vault", "list", "--key-secret", "backup/vault"]);
    workplace.fails(
        &["vault", "list", "--key-secret", "backup/none"],
        1,
        "there is no Secret backup/none",
    );
    workplace.fails(
        &["vault", "list", "--key-secret", "backup/vault/x"],
        1,
        "holds no repository key",
    );
    workplace.fails(&["vault", "list", "--key-secret", "vault"], 2, "NAMESPACE/NAME");
}

#[test]
fn wrong_names_are_answered_with_right_ones() {
    let workplace = with_vault();
    workplace.fails(&["vault", "lsit"], 2, "list");
    workplace.fails(
        &with_key(&["restore", "lastest", "--target", "t"]),
        1,
        "did you mean 'latest'?",
    );
    workplace.fails(&with_key(&["copy", "dtaa"]), 1, "dtaa");
    workplace.fails(&with_key(&["copy", "data", "--as", "shop"]), 2, "absolute path");
    workplace.fails(
        &with_key(&["check", "--read-data-subset", "8/7"]),
        2,
        "10%, 1/7 or 500MiB",
    );
    workplace.done(&with_key(&["copy", "data"]));
    workplace.fails(
        &with_key(&["restore", "latest", "--target", "data"]),
        2,
        "is not empty",
    );
}

#[test]
fn the_objects_of_a_recovery_point_go_along() {
    let workplace = Workplace::with_backup();
    fs::create_dir(workplace.path("data")).unwrap();
    make(&workplace.path("data"));
    workplace.write("vault.key", "a key of my own");
    let vault = ["--store", "file:vault", "--key-file", "vault.key"];
    workplace.done(&[&["vault", "init"], &vault[..]].concat());
    let copy = [
        "vault",
        "copy",
        "data",
        "--as",
        "/shop/data",
        "--backup",
        "first",
        "--from",
        "file:backups",
    ];
    for _ in 0..2 {
        workplace.done(&[&copy[..], &vault[..]].concat());
    }
    let listed = workplace.json(&[&["vault", "list", "--tag", "backup=first"], &vault[..]].concat());
    assert_eq!(listed["snapshots"].as_array().unwrap().len(), 2);
    // The vault alone brings back the objects.
    fs::remove_dir_all(workplace.path("backups")).unwrap();
    workplace.done(&[
        "restore",
        "create",
        "first",
        "--store",
        "file:vault",
        "--cluster",
        "dir:restored",
    ]);
    assert!(!workplace.files("restored").is_empty());
}
