//! Hooks of a backup: the documented one, and what follows from failures.

use crate::harness::Workplace;
use crate::pods::{self, MARKER, is_frozen, pod, read, web};
use crate::report::{IN_PART, attempt, attempts, back_up, holds};
use crate::resources::{backup_hook, exec, freezing, shell};
use lazarette_tests::node;
use rstest::rstest;
use serde_json::{Value, json};

#[test]
fn the_documented_hook_writes_its_file() {
    let Some(node) = node::shared() else { return };
    let mut web = pod("hrweb", "web");
    web["spec"]["containers"][0]["name"] = "webcontainer".into();
    node.kubectl(&["create", "namespace", "hrweb"]);
    pods::run(node, &web);
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let hook = include_str!("documented/backup.yaml");
    let ran = back_up(&workplace, "documented", "hrweb", hook, &[]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(
        ["hello.txt", "goodbye.txt"].map(|file| read(node, "hrweb", "web", "webcontainer", file)),
        ["hello\n", "goodbye\n"].map(|text| Some(text.to_owned()))
    );
    let attempts = attempts(&workplace, "documented");
    let phases: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt["phase"].as_str().unwrap())
        .collect();
    assert_eq!(phases, ["before-backup", "before-backup", "after-backup"]);
    assert!(
        attempts[0]["stdout"].as_str().unwrap().starts_with("Linux "),
        "{:#}",
        attempts[0]
    );
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt["end"] == json!({"kind": "exited", "code": 0}))
    );
}

#[test]
fn hooks_are_found_in_the_cluster_by_reference() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "referenced");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let definitions = workplace.done(&["crds"]);
    node.apply(&definitions);
    node.kubectl(&["wait", "--for=condition=Established", "crd", "--all"]);
    let hook = |name: &str| {
        let line = format!("echo {name} >> /state/order");
        backup_hook(&json!([{"name": name, "includedNamespaces": [namespace], "preHooks": [shell(&line, &json!({}))]}]))
            .replace("\"hooks\"", &format!("\"{name}\""))
    };
    node.apply(&hook("first"));
    node.apply(&hook("second"));
    workplace.done(&[
        "backup",
        "create",
        "b",
        "--include-namespaces",
        &namespace,
        "--hooks",
        "default/second",
        "--hooks",
        "default/first",
    ]);
    assert_eq!(
        read(node, &namespace, "web", "main", "/state/order").as_deref(),
        Some("second\nfirst\n")
    );
}

#[rstest]
#[case::fail("Fail", false)]
#[case::carry_on("Continue", true)]
fn what_follows_from_a_failure_is_told_by_the_hook(#[case] on_error: &str, #[case] is_written: bool) {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "failing");
    pods::run(node, &pod(&namespace, "other"));
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let failing = shell("echo broken >&2; exit 3", &json!({"onError": on_error}));
    let next = shell("touch /state/next", &json!({}));
    let after = shell("touch /state/after", &json!({}));
    let labels = json!({"matchLabels": {"app": "web"}});
    let other = shell("touch /state/other", &json!({}));
    let hooks = backup_hook(&json!([
        {"name": "failing", "labelSelector": labels, "preHooks": [failing, next], "postHooks": [after]},
        {"name": "other", "labelSelector": {"matchLabels": {"app": "other"}}, "preHooks": [other]},
    ]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &[]);
    assert_eq!(ran.code, IN_PART, "{ran:#?}");
    assert!(
        ran.stderr.contains("HookFailed") && ran.stderr.contains(&format!("{namespace}/web")),
        "{ran:#?}"
    );
    assert!(
        ran.stderr
            .contains("help: Look at the end of the command's output"),
        "{ran:#?}"
    );
    assert_eq!(holds(&workplace, "b", &namespace, "web"), is_written);
    assert!(holds(&workplace, "b", &namespace, "other"));
    let exists = |pod: &str, file: &str| read(node, &namespace, pod, "main", file).is_some();
    assert_eq!(exists("web", "/state/next"), is_written, "the next command");
    assert!(exists("web", "/state/after"), "the command after the backup");
    assert!(exists("other", "/state/other"), "the other pod's command");
    let attempts = attempts(&workplace, "b");
    let failed = attempt(&attempts, "broken");
    assert_eq!(failed["end"], json!({"kind": "exited", "code": 3}));
    assert_eq!(failed["stderr"], "broken\n");
    assert!(failed["milliseconds"].is_u64(), "{failed:#}");
}

/// In Velero, a file system that a before-hook froze stays frozen when the next one fails or hangs.
#[rstest]
#[case::fails(shell("exit 1", &json!({"onError": "Fail"})))]
#[case::hangs(shell("sleep 600", &json!({"onError": "Fail", "timeout": "1s"})))]
#[case::fails_where_that_is_allowed(shell("exit 1", &json!({"onError": "Continue"})))]
#[case::says_nothing_of_failures(shell("exit 1", &json!({})))]
#[case::ends_well(shell("true", &json!({})))]
fn what_a_before_hook_froze_is_thawed(#[case] next: Value) {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "thawed");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    back_up(&workplace, "b", &namespace, &freezing(&json!([next])), &[]);
    assert!(!is_frozen(node, &namespace, "web"));
    let log = read(node, &namespace, "web", "main", &format!("{MARKER}.log"));
    assert_eq!(log.as_deref(), Some("thawed\n"));
}

/// All before-hooks of pods that share a volume run before the first of them is let go.
#[test]
fn pods_that_share_a_volume_stand_still_together() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("sharing");
    let folder = node.folder().join(&namespace);
    std::fs::create_dir_all(&folder).unwrap();
    let claim = |kind: &str, spec: Value| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": namespace, "namespace": namespace}, "spec": spec});
    let mut volume = claim(
        "PersistentVolume",
        json!({
            "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteMany"], "storageClassName": "",
            "hostPath": {"path": folder}, "claimRef": {"namespace": namespace, "name": namespace},
        }),
    );
    volume["metadata"].as_object_mut().unwrap().remove("namespace");
    node.apply(&volume.to_string());
    let request = json!({
        "accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeName": namespace,
        "resources": {"requests": {"storage": "1Mi"}},
    });
    node.apply(&claim("PersistentVolumeClaim", request).to_string());
    for name in ["one", "two", "three"] {
        let mut pod = pod(&namespace, name);
        pod["spec"]["volumes"] =
            json!([{"name": "state", "persistentVolumeClaim": {"claimName": namespace}}]);
        pods::run(node, &pod);
    }
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let line = |what: &str| shell(&format!("sleep 0.2; echo {what} >> /state/order"), &json!({}));
    let hooks =
        backup_hook(&json!([{"name": "both", "preHooks": [line("before")], "postHooks": [line("after")]}]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &[]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let order = std::fs::read_to_string(folder.join("order")).unwrap();
    assert_eq!(order, "before\nbefore\nbefore\nafter\nafter\nafter\n");
}

/// In Velero, hooks of pods that have ended are passed over without a word.
#[test]
fn a_pod_that_has_ended_is_named() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("ended");
    let mut done = pod(&namespace, "done");
    done["spec"]["restartPolicy"] = "Never".into();
    for container in done["spec"]["containers"].as_array_mut().unwrap() {
        container["args"] = json!(["-c", "true"]);
    }
    node.apply(&done.to_string());
    let condition = "--for=jsonpath={.status.phase}=Succeeded";
    node.kubectl(&[
        "wait",
        "-n",
        &namespace,
        condition,
        "pod",
        "done",
        "--timeout=100s",
    ]);
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let hooks = backup_hook(&json!([{"name": "h", "preHooks": [exec(&["true"])]}]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &[]);
    assert!(ran.stderr.contains(&format!("{namespace}/done")), "{ran:#?}");
    assert!(holds(&workplace, "b", &namespace, "done"));
}

#[test]
fn a_dry_run_lists_what_would_run_and_runs_nothing() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "planned");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let planned = shell(
        "touch /state/planned",
        &json!({"container": "side", "timeout": "7s"}),
    );
    let hooks = backup_hook(&json!([{"name": "h", "preHooks": [planned]}]));
    let ran = back_up(&workplace, "b", &namespace, &hooks, &["--dry-run", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let steps: Value = serde_json::from_str(&ran.stdout).unwrap();
    let step = &steps[0];
    assert_eq!(
        (&step["pod"], &step["container"]),
        (&json!("web"), &json!("side")),
        "{step:#}"
    );
    assert_eq!(step["command"], json!(["/bin/sh", "-c", "touch /state/planned"]));
    assert_eq!(step["timeoutSeconds"].as_f64(), Some(7.0), "{step:#}");
    assert_eq!(read(node, &namespace, "web", "side", "/state/planned"), None);
    assert!(!workplace.path("backups/backups/b").exists());
}

/// Hooks run with the rights of whoever makes the backup.
#[test]
fn a_user_who_may_not_run_commands_is_told_before_any_runs() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "rights");
    let kubeconfig = node.user("backup-without-exec");
    node.kubectl(&[
        "create",
        "clusterrolebinding",
        "backup-without-exec",
        "--clusterrole=view",
        "--user=backup-without-exec",
    ]);
    let workplace = Workplace::with_cluster(&kubeconfig);
    let ran = back_up(&workplace, "b", &namespace, &freezing(&json!([])), &[]);
    assert_ne!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stderr.contains("HookForbidden") && ran.stderr.contains("pods/exec"),
        "{ran:#?}"
    );
    assert_eq!(
        read(node, &namespace, "web", "main", &format!("{MARKER}.log")),
        None
    );
}
