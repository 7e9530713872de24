//! BackupHook and RestoreHook as their authors write them.

use super::*;
use rstest::rstest;
use std::time::Duration;

/// The template in the documentation of AKS Backup.
const BACKUP: &str = "
apiVersion: clusterbackup.dataprotection.microsoft.com/v1alpha1
kind: BackupHook
metadata:
  name: bkphookname0
  namespace: default
spec:
  backupHook:
  - name: hook1
    includedNamespaces:
    - hrweb
    excludedNamespaces:
    labelSelector:
    preHooks:
      - exec:
          container: webcontainer
          command:
            - /bin/uname
            - -a
          onError: Continue
          timeout: 10s
      - exec:
          command:
            - /bin/bash
            - -c
            - echo hello > hello.txt && echo goodbye > goodbye.txt
          container: webcontainer
          onError: Continue
    postHooks:
      - exec:
          container: webcontainer
          command:
            - /bin/uname
            - -a
          onError: Continue
          timeout: 10s
";

/// The other one.
const RESTORE: &str = "
apiVersion: clusterbackup.dataprotection.microsoft.com/v1alpha1
kind: RestoreHook
metadata:
  name: restorehookname0
  namespace: default
spec:
  restoreHook:
  - name: myhook-1
    includedNamespaces:
    excludedNamespaces:
    labelSelector:
    postHooks:
      - exec:
          container: webcontainer
          command:
            - /bin/bash
            - -c
            - echo hello > hello.txt && echo goodbye > goodbye.txt
          onError: Continue
          execTimeout: 30s
          waitTimeout: 5m
";

fn command(argv: &[&str], seconds: u64) -> Command {
    Command {
        container: Some("webcontainer".to_owned()),
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        on_error: OnError::Continue,
        timeout: Duration::from_secs(seconds),
        wait: None,
    }
}

const SHELL: [&str; 3] = [
    "/bin/bash",
    "-c",
    "echo hello > hello.txt && echo goodbye > goodbye.txt",
];

#[test]
fn the_documented_template_of_a_backup_is_read() {
    let hooks = Hook::parse_all(BACKUP, "hooks.yaml").unwrap();
    let [hook] = hooks.as_slice() else {
        panic!("{hooks:?}")
    };
    assert_eq!(hook.label(), "hook1 (BackupHook default/bkphookname0)");
    assert!(hook.selection.takes_namespace("hrweb") && !hook.selection.takes_namespace("shop"));
    let uname = ["/bin/uname", "-a"];
    assert_eq!(
        hook.commands(Phase::BeforeBackup),
        [command(&uname, 10), command(&SHELL, 30)]
    );
    assert_eq!(hook.commands(Phase::AfterBackup), [command(&uname, 10)]);
    assert!(!hook.acts(Phase::AfterRestore));
}

#[test]
fn the_documented_template_of_a_restore_is_read() {
    let hooks = Hook::parse_all(RESTORE, "hooks.yaml").unwrap();
    let [hook] = hooks.as_slice() else {
        panic!("{hooks:?}")
    };
    assert!(hook.selection.takes_namespace("anything"));
    let expected = Command {
        wait: Some(Wait {
            timeout: Duration::from_mins(5),
            for_ready: false,
        }),
        ..command(&SHELL, 30)
    };
    assert_eq!(hook.commands(Phase::AfterRestore), [expected]);
    assert!(!hook.acts(Phase::BeforeBackup) && !hook.acts(Phase::AfterBackup));
}

#[test]
fn a_file_may_hold_both_and_others_of_their_kind() {
    let text = format!("{BACKUP}---\n{RESTORE}---\n# nothing\n---\n{BACKUP}");
    let hooks = Hook::parse_all(&text, "hooks.yaml").unwrap();
    let names: Vec<&str> = hooks.iter().map(|hook| hook.name.as_str()).collect();
    assert_eq!(names, ["hook1", "myhook-1", "hook1"]);
}

/// `text` as an item of a list in YAML.
fn item(text: &str) -> String {
    let lines = text.trim().lines().enumerate();
    let indented = lines.map(|(index, line)| match index {
        0 => format!("- {line}\n"),
        _ => format!("  {line}\n"),
    });
    indented.collect()
}

/// `kubectl get -o yaml` prints more than one resource as a list.
#[rstest]
#[case::of_anything("v1", "List")]
#[case::of_hooks("clusterbackup.dataprotection.microsoft.com/v1alpha1", "BackupHookList")]
fn the_items_of_a_list_are_read(#[case] api_version: &str, #[case] kind: &str) {
    let head =
        format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{resourceVersion: '7'}}\nitems:\n");
    let text = format!("{head}{}{}", item(BACKUP), item(RESTORE));
    let hooks = Hook::parse_all(&text, "hooks.yaml").unwrap();
    let labels: Vec<String> = hooks.iter().map(Hook::label).collect();
    let expected = [
        "hook1 (BackupHook default/bkphookname0)",
        "myhook-1 (RestoreHook default/restorehookname0)",
    ];
    assert_eq!(labels, expected);
}

#[rstest]
#[case::in_an_item(
    &BACKUP.replace("timeout: 10s", "timeOut: 10s"),
    "hooks.yaml:23", "items[0].spec.backupHook[0].preHooks[0].exec.timeOut: unknown field"
)]
#[case::another_kind(
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}",
    "hooks.yaml:4",
    "items[0].apiVersion: expected"
)]
fn an_error_in_a_list_has_its_item_and_line(#[case] of: &str, #[case] place: &str, #[case] message: &str) {
    let text = format!("apiVersion: v1\nkind: List\nitems:\n{}", item(of));
    let error = Hook::parse_all(&text, "hooks.yaml").unwrap_err();
    assert_eq!(error.place, place, "{error}");
    assert!(error.to_string().starts_with(message), "{error}");
}

#[rstest]
#[case::empty("items: []", "there is no hook")]
#[case::no_items("metadata: {}", "missing field `items`")]
#[case::unknown("items: []\nitem: 1", "did you mean 'items'?")]
fn a_list_that_holds_no_hook_is_refused(#[case] rest: &str, #[case] message: &str) {
    let text = format!("apiVersion: v1\nkind: List\n{rest}");
    let error = Hook::parse_all(&text, "hooks.yaml").unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn what_is_not_said_has_a_default() {
    let exec = json!({"command": ["sync"]});
    let backup = json!({"name": "a", "preHooks": [{"exec": exec}]});
    let restore = json!({"name": "a", "postHooks": [{"exec": exec}]});
    let [before] = &of("BackupHook", json!({"backupHook": [backup]})).unwrap()[..] else {
        panic!()
    };
    let [after] = &of("RestoreHook", json!({"restoreHook": [restore]})).unwrap()[..] else {
        panic!()
    };
    let expected = Command {
        container: None,
        ..command(&["sync"], 30)
    };
    assert_eq!(
        before.commands(Phase::BeforeBackup),
        std::slice::from_ref(&expected)
    );
    let expected = Command {
        wait: Some(Wait::DEFAULT),
        ..expected
    };
    assert_eq!(after.commands(Phase::AfterRestore), [expected]);
}

/// The hooks of a resource of this kind.
fn of(kind: &str, spec: Value) -> Result<Vec<Hook>, HookError> {
    let resource = json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1",
        "kind": kind,
        "metadata": {"name": "it", "namespace": "default", "uid": "1", "managedFields": []},
        "spec": spec,
        "status": {"phase": "Ready"},
    });
    Hook::of_resource(resource, "it")
}

#[rstest]
#[case::backup("BackupHook", Phase::BeforeBackup, "preHooks")]
#[case::restore("RestoreHook", Phase::AfterRestore, "postHooks")]
fn the_older_form_without_a_list_is_read(#[case] kind: &str, #[case] phase: Phase, #[case] list: &str) {
    let spec = json!({"name": "fsfreeze", list: [{"exec": {"command": ["sync"]}}]});
    let [hook] = &of(kind, spec).unwrap()[..] else {
        panic!()
    };
    assert_eq!((hook.name.as_str(), hook.commands(phase).len()), ("fsfreeze", 1));
}

#[test]
fn init_containers_of_a_restore_are_kept_as_they_are() {
    let container = json!({"name": "seed", "image": "busybox", "volumeMounts": []});
    let init = json!({"init": {"initContainers": [container]}});
    let [hook] = &of(
        "RestoreHook",
        json!({"restoreHook": [{"name": "a", "postHooks": [init]}]}),
    )
    .unwrap()[..] else {
        panic!()
    };
    assert!(hook.acts(Phase::BeforeRestore) && !hook.acts(Phase::AfterRestore));
    let Action::Commands(commands) = &hook.action else {
        panic!()
    };
    assert_eq!(commands.init_containers, [container]);
}

#[test]
fn a_plugin_may_stand_in_the_place_of_commands() {
    let plugin = json!({"name": "postgres", "config": {"user": "me"}, "onError": "Fail", "timeout": "1m"});
    let [hook] = &of(
        "BackupHook",
        json!({"backupHook": [{"name": "a", "plugin": plugin}]}),
    )
    .unwrap()[..] else {
        panic!()
    };
    let expected = PluginUse {
        name: "postgres".to_owned(),
        config: json!({"user": "me"}),
        on_error: OnError::Fail,
        timeout: Duration::from_mins(1),
    };
    assert_eq!(hook.action, Action::Plugin(expected));
}

const HOOK: &str = "spec.backupHook[0]";

#[rstest]
#[case::misspelt(json!({"preHook": []}), "preHook", "did you mean 'preHooks'?")]
#[case::misspelt_deep(
    json!({"preHooks": [{"exec": {"comand": ["x"]}}]}), "preHooks[0].exec.comand", "did you mean 'command'?"
)]
#[case::of_a_restore(
    json!({"preHooks": [{"exec": {"command": ["x"], "execTimeout": "1s"}}]}),
    "preHooks[0].exec.execTimeout", "unknown field `execTimeout`"
)]
#[case::no_command(json!({"preHooks": [{"exec": {}}]}), "preHooks[0].exec", "missing field `command`")]
#[case::empty_command(
    json!({"preHooks": [{"exec": {"command": []}}]}), "preHooks[0].exec.command", "there is no shell"
)]
#[case::a_line(
    json!({"preHooks": [{"exec": {"command": "echo a"}}]}), "preHooks[0].exec.command", "expected a sequence"
)]
#[case::number(
    json!({"preHooks": [{"exec": {"command": ["sleep", 5]}}]}), "preHooks[0].exec.command[1]", "expected a string"
)]
#[case::on_error(
    json!({"preHooks": [{"exec": {"command": ["x"], "onError": "fail"}}]}),
    "preHooks[0].exec.onError", "did you mean 'Fail'?"
)]
#[case::time(
    json!({"preHooks": [{"exec": {"command": ["x"], "timeout": "soon"}}]}),
    "preHooks[0].exec.timeout", "'soon' is not a length of time"
)]
#[case::negative_time(
    json!({"preHooks": [{"exec": {"command": ["x"], "timeout": "-3s"}}]}),
    "preHooks[0].exec.timeout", "'-3s' is not a length of time"
)]
#[case::glob(json!({"includedNamespaces": ["[a"]}), "includedNamespaces", "never closed")]
#[case::selector(
    json!({"labelSelector": {"matchLabel": {}}}), "labelSelector", "did you mean 'matchLabels'?"
)]
#[case::init(json!({"preHooks": [{"init": {}}]}), "preHooks[0].init", "unknown field `init`")]
fn a_wrong_field_is_named(#[case] fields: Value, #[case] field: &str, #[case] message: &str) {
    let mut entry = json!({"name": "a"});
    merge(&mut entry, fields);
    let error = of("BackupHook", json!({"backupHook": [entry]})).unwrap_err();
    assert_eq!(error.field, Some(format!("{HOOK}.{field}")), "{error}");
    assert!(error.message.contains(message), "{error}");
}

#[rstest]
#[case::no_name(json!({"backupHook": [{"preHooks": []}]}), "missing field `name`")]
#[case::nothing_to_do(json!({"backupHook": [{"name": "a", "preHooks": null}]}), "does nothing")]
#[case::both(
    json!({"backupHook": [{"name": "a", "plugin": {"name": "x"}, "preHooks": [{"exec": {"command": ["x"]}}]}]}),
    "make a hook of each"
)]
#[case::two_forms(json!({"backupHook": [], "preHooks": []}), "unknown field `backupHook`")]
#[case::misspelt_list(json!({"backupHooks": []}), "did you mean 'backupHook'?")]
#[case::nothing(json!(null), "invalid type")]
fn a_wrong_spec_is_refused(#[case] spec: Value, #[case] message: &str) {
    let error = of("BackupHook", spec).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[rstest]
#[case::kind(
    "kind: BackupHook",
    "kind: BackupHok",
    "hooks.yaml:3",
    "expected BackupHook or RestoreHook"
)]
#[case::version(
    "v1alpha1",
    "v1",
    "hooks.yaml:2",
    "expected clusterbackup.dataprotection.microsoft.com/v1alpha1"
)]
#[case::line("timeout: 10s", "timeOut: 10s", "hooks.yaml:21", "did you mean 'timeout'?")]
#[case::syntax("kind: BackupHook", "kind: [", "hooks.yaml:", "")]
fn an_error_in_a_file_has_its_line(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] place: &str,
    #[case] message: &str,
) {
    let text = BACKUP.replacen(right, wrong, 1);
    let error = Hook::parse_all(&text, "hooks.yaml").unwrap_err();
    assert!(
        error.place.starts_with(place) && error.message.contains(message),
        "{error:?}"
    );
    let second = format!("{RESTORE}---{text}");
    let error = Hook::parse_all(&second, "hooks.yaml").unwrap_err();
    assert_ne!(error.place, place);
}

#[test]
fn a_file_without_hooks_is_an_error() {
    let error = Hook::parse_all("# nothing\n", "hooks.yaml")
        .unwrap_err()
        .to_string();
    assert!(error.contains("there is no hook"), "{error}");
}
