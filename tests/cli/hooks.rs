//! Hooks on the command line, as far as that goes without pods that run.

use crate::harness::Workplace;
use rstest::rstest;
use serde_json::{Value, json};

const HOOKS: &str = "apiVersion: clusterbackup.dataprotection.microsoft.com/v1alpha1
kind: BackupHook
metadata: {name: databases, namespace: default}
spec:
  backupHook:
  - name: freeze
    includedNamespaces: [shop*]
    preHooks:
    - exec: {command: [fsfreeze, --freeze, /data], onError: Fail}
    postHooks:
    - exec: {command: [fsfreeze, --unfreeze, /data], timeout: 10s}
";

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop}
spec: {containers: [{name: db, image: db}, {name: log, image: log}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
";

fn workplace() -> Workplace {
    let workplace = Workplace::empty();
    workplace.write("cluster/pod.yaml", POD);
    workplace.write("hooks.yaml", HOOKS);
    workplace
}

#[test]
fn the_definitions_are_ready_to_be_applied() {
    let workplace = Workplace::empty();
    let definitions = workplace.done(&["crds"]);
    for part in [
        "name: \"backuphooks.",
        "name: \"restorehooks.",
        "x-kubernetes-preserve-unknown-fields: true",
    ] {
        assert!(
            definitions.replace('"', "").contains(&part.replace('"', "")),
            "{part}: {definitions}"
        );
    }
    let list = workplace.json(&["crds"]);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(9));
    let list = workplace.json(&["crds", "--without-hooks"]);
    let of_hooks = |item: &Value| item["metadata"]["name"].as_str().unwrap().contains("hooks.");
    assert!(!list["items"].as_array().unwrap().iter().any(of_hooks));
}

#[test]
fn a_dry_run_lists_what_would_run_and_writes_nothing() {
    let workplace = workplace();
    let words = ["backup", "create", "first", "--hooks", "hooks.yaml", "--dry-run"];
    let text = workplace.done(&words);
    let freeze = "shop/db-0 before-backup: freeze (BackupHook default/databases) runs [\"fsfreeze\", \"--freeze\", \"/data\"] in container db, at most 30s";
    assert!(text.contains(freeze), "{text}");
    let steps = workplace.json(&words);
    assert_eq!(steps[1]["phase"], json!("after-backup"));
    assert_eq!(
        (&steps[1]["timeoutSeconds"], &steps[0]["onError"]),
        (&json!(10), &json!("Fail"))
    );
    assert!(!workplace.path("backups/backups").exists());
}

#[rstest]
#[case::misspelt(
    "preHooks",
    "preHook",
    "hooks.yaml:8: spec.backupHook[0].preHook: unknown field"
)]
#[case::restore_only("BackupHook", "RestoreHook", "hooks.yaml")]
fn hooks_that_are_wrong_are_wrong_usage(#[case] right: &str, #[case] wrong: &str, #[case] message: &str) {
    let workplace = workplace();
    workplace.write("hooks.yaml", &HOOKS.replace(right, wrong));
    workplace.fails(
        &["backup", "create", "first", "--hooks", "hooks.yaml"],
        2,
        message,
    );
}

#[test]
fn in_a_folder_no_pods_run() {
    let words = ["backup", "create", "first", "--hooks", "hooks.yaml"];
    workplace().fails(&words, 2, "in dir:cluster no pods run");
}

#[test]
fn a_plugin_that_nobody_brings_is_named() {
    let workplace = workplace();
    let entry = "\n    plugin: {name: postgres}\n";
    let hooks: String = HOOKS
        .split("\n    preHooks")
        .take(1)
        .map(|text| format!("{text}{entry}"))
        .collect();
    workplace.write("hooks.yaml", &hooks);
    let words = ["backup", "create", "first", "--hooks", "hooks.yaml"];
    workplace.fails(
        &words,
        2,
        "there is no plugin 'postgres': bring it with --plugin postgres=SOURCE",
    );
}

#[test]
fn there_is_nothing_to_thaw_where_nothing_stands_still() {
    let workplace = workplace();
    workplace.done(&["backup", "create", "first"]);
    assert_eq!(workplace.done(&["thaw"]), "No pods stand still.\n");
}

/// What has no effect is refused, and not read and forgotten.
#[rstest]
#[case::isolation("isolation = 'operation'", "`isolation` has no effect on a plugin of hooks")]
#[case::each_object("isolation = 'object'", "`isolation` has no effect on a plugin of hooks")]
#[case::applies_to("applies-to = ['pods']", "`applies-to` has no effect on a plugin of hooks")]
fn settings_that_a_plugin_of_hooks_has_no_use_for_are_refused(#[case] setting: &str, #[case] message: &str) {
    let workplace = workplace();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/dist/hooking.wasm");
    let entry = format!("[plugins.mine]\nsource = '{source}'\ngrants = ['pods.exec']\n{setting}\n");
    workplace.write("plugins.toml", &entry);
    let words = [
        "backup",
        "create",
        "first",
        "--hooks",
        "hooks.yaml",
        "--plugins",
        "plugins.toml",
    ];
    workplace.fails(&words, 1, message);
    workplace.fails(&words, 1, "plugin mine");
}

/// A note on pods of the backup `name` that may stand still, as a run that was killed leaves it.
fn left_note(workplace: &Workplace, name: &str, text: &str) {
    workplace.write(&format!("backups/backups/{name}/lazarette-frozen-1.json"), text);
}

/// Who has only the public key cannot know the pods, and learns that there may be some, and who can.
#[test]
fn notes_of_an_encrypted_backup_are_told_to_those_without_its_key() {
    let workplace = workplace();
    left_note(
        &workplace,
        "private",
        "age-encryption.org/v1\n-> X25519 and so on",
    );
    let doctor = workplace.run(&["doctor", "store"]);
    let told = [
        "backup private: ",
        "are encrypted",
        "--identity",
        "lazarette thaw",
    ];
    for told in told {
        assert!(doctor.stdout.contains(told), "{told}: {doctor:#?}");
    }
    let thaw = workplace.run(&["thaw"]);
    assert_eq!(thaw.code, 3, "{thaw:#?}");
    assert!(
        thaw.stdout
            .contains("pods of the run of backup private may still stand still"),
        "{thaw:#?}"
    );
    assert!(
        thaw.stderr.contains("error[PodMayBeFrozen]: backup private: "),
        "{thaw:#?}"
    );
    assert!(
        thaw.stderr.contains("name the private key with --identity"),
        "{thaw:#?}"
    );
    // Nothing that may be needed to thaw is removed.
    workplace.done(&["store", "cleanup", "--older-than", "1s"]);
    assert!(
        workplace
            .path("backups/backups/private/lazarette-frozen-1.json")
            .exists()
    );
    assert_eq!(workplace.done(&["thaw", "another"]), "No pods stand still.\n");
}

/// What goes wrong is told with what to do about it.
#[test]
fn errors_of_hooks_say_what_to_do() {
    let workplace = workplace();
    let frozen = json!({
        "cluster": "elsewhere", "since": "2026-01-01T00:00:00Z",
        "pods": [{"namespace": "shop", "name": "db-0", "containers": ["db"], "hooks": []}],
    });
    left_note(&workplace, "killed", &frozen.to_string());
    let thaw = workplace.run(&["thaw"]);
    assert_eq!(thaw.code, 3, "{thaw:#?}");
    let (error, help) = thaw.stderr.trim_end().split_once('\n').unwrap();
    assert!(error.contains("name that cluster with --cluster"), "{thaw:#?}");
    assert!(help.starts_with("help: "), "{thaw:#?}");
    let doctor = workplace.run(&["doctor", "store"]);
    assert!(
        doctor.stdout.contains("shop/db-0")
            && doctor
                .stdout
                .contains("Run its after-hooks with `lazarette thaw`"),
        "{doctor:#?}"
    );
}
