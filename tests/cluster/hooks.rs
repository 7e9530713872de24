//! Hooks of a restore where there is an API server and no node: no pod ever runs, so hooks tell why they did not run.

use crate::harness::{Ran, Workplace};
use lazarette_tests::cluster;
use serde_json::{Value, json};

/// A pod of the namespace `namespace`.
fn pod(namespace: &str, name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: web}}}}\nspec: \
         {{containers: [{{name: web, image: web}}]}}\n"
    )
}

/// A hook whose command waits for two seconds, for pods of the label `app=web`.
fn hooks(init: &str) -> String {
    format!(
        "apiVersion: clusterbackup.dataprotection.microsoft.com/v1alpha1\nkind: RestoreHook\n\
         metadata: {{name: hooks, namespace: default}}\nspec:\n  restoreHook:\n  - name: warm-up\n    \
         labelSelector: {{matchLabels: {{app: web}}}}\n    postHooks:\n{init}    \
         - exec: {{command: [/bin/warm-up, $HOME], waitTimeout: 2s, execTimeout: 7s}}\n"
    )
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

/// A backup `b` of a pod, and the cluster to restore it into.
fn workplace(namespace: &str) -> Workplace {
    let mut workplace = Workplace::empty();
    workplace.write("cluster/web.yaml", &pod(namespace, "web"));
    workplace.write("hooks.yaml", &hooks(""));
    workplace.done(&["backup", "create", "b"]);
    workplace.go_to(cluster::first().kubeconfig());
    workplace
}

#[test]
fn a_pod_that_never_starts_ends_its_hooks_with_that_reason() {
    let namespace = cluster::first().namespace("hooks-never");
    let workplace = workplace(&namespace);
    let words = ["restore", "create", "b", "--hooks", "hooks.yaml", "-o", "json"];
    let ran = workplace.run(&words);
    assert_eq!(ran.code, 3, "{ran:#?}");
    let report = report(&ran);
    assert_eq!(report["outcome"], "PartiallyFailed");
    let attempt = &report["hookAttempts"][0];
    assert_eq!(attempt["pod"], "web");
    assert_eq!(attempt["container"], "web");
    assert_eq!(
        attempt["command"],
        json!(["/bin/warm-up", "$HOME"]),
        "what did not run"
    );
    assert_eq!(attempt["end"]["kind"], "notRun");
    let message = attempt["end"]["message"].as_str().unwrap();
    assert!(
        message.contains("is not running after") && message.contains("the pod"),
        "{message}"
    );
    assert_eq!(report["problems"][0]["code"], "HookNotRun");
}

#[test]
fn a_pod_that_was_there_before_has_no_hooks_run() {
    let namespace = cluster::first().namespace("hooks-before");
    let workplace = workplace(&namespace);
    workplace.done(&["restore", "create", "b"]);
    let ran = workplace.run(&["restore", "create", "b", "--hooks", "hooks.yaml", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let report = report(&ran);
    let warning = format!("hooks do not run in pods that were there before this restore: {namespace}/web");
    assert!(
        report["warnings"].as_array().unwrap().contains(&json!(warning)),
        "{report:#}"
    );
}

#[test]
fn a_plan_lists_the_hooks_and_so_does_a_saved_one() {
    let namespace = cluster::first().namespace("hooks-plan");
    let workplace = workplace(&namespace);
    let init = "    - init: {initContainers: [{name: prepare, image: tools}]}\n";
    workplace.write("hooks.yaml", &hooks(init));
    let words = [
        "restore",
        "plan",
        "b",
        "--hooks",
        "hooks.yaml",
        "--save",
        "plan.json",
    ];
    let text = workplace.done(&words);
    for told in [
        format!("{namespace}/web after-restore: warm-up (RestoreHook default/hooks)"),
        r#"["/bin/warm-up", "$HOME"] in container web, at most 7s, waiting at most 2s until it runs"#
            .to_owned(),
        "adds the init container 'prepare'".to_owned(),
    ] {
        assert!(text.contains(&told), "{told} is not in {text}");
    }
    let added: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with('+'))
        .collect();
    assert!(added.iter().any(|line| line.ends_with("name: prepare")), "{text}");
    let plan: Value =
        serde_json::from_str(&std::fs::read_to_string(workplace.path("plan.json")).unwrap()).unwrap();
    assert!(
        plan.to_string().contains(r#""path":"/spec/initContainers""#),
        "what hooks add is in the difference: {plan:#}"
    );
    let ran = workplace.run(&["restore", "create", "--plan", "plan.json", "-o", "json"]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert_eq!(report(&ran)["hookAttempts"].as_array().map(Vec::len), Some(1));
    let live = cluster::first().get(&["-n", &namespace, "pod", "web"]);
    assert_eq!(live["spec"]["initContainers"][0]["name"], "prepare");
}

#[test]
fn a_hook_of_the_cluster_that_is_not_there_is_an_error_before_anything_is_changed() {
    let namespace = cluster::first().namespace("hooks-missing");
    let workplace = workplace(&namespace);
    let ran = workplace.run(&["restore", "create", "b", "--hooks", "default/nothing"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.stderr.contains("lazarette crds"), "{}", ran.stderr);
}

/// A first run that only patched a pod, and was ended before its report was kept, has not created it.
#[test]
fn a_restore_that_goes_on_runs_no_hooks_in_what_it_only_changed() {
    let namespace = cluster::first().namespace("hooks-resumed");
    let workplace = workplace(&namespace);
    cluster::first().apply(&pod(&namespace, "web").replace("app: web", "app: web, live: \"yes\""));
    let labels = [
        "-n",
        &namespace,
        "label",
        "pod",
        "web",
        "app=other",
        "--overwrite",
    ];
    cluster::first().kubectl(&labels);
    let words = [
        "restore",
        "create",
        "b",
        "--name",
        "r",
        "--conflict-policy",
        "patch",
        "-o",
        "json",
    ];
    let first = report(&workplace.run(&words));
    assert_eq!(first["totals"]["changed"], 1, "{first:#}");
    std::fs::remove_dir_all(workplace.path("backups/restores/r")).unwrap();
    let ran = workplace.run(&[&words[..], &["--hooks", "hooks.yaml"]].concat());
    assert_eq!(ran.code, 0, "{ran:#?}");
    let second = report(&ran);
    let warning = format!("hooks do not run in pods that were there before this restore: {namespace}/web");
    assert!(
        second["warnings"].as_array().unwrap().contains(&json!(warning)),
        "{second:#}"
    );
    assert_eq!(
        second
            .get("hookAttempts")
            .and_then(Value::as_array)
            .map_or(0, Vec::len),
        0
    );
}

/// Hooks run with the rights of whoever restores, and that is known before they would run.
#[test]
fn who_may_not_run_commands_is_told_so_and_the_pods_are_restored() {
    let namespace = cluster::first().namespace("hooks-rights");
    let mut workplace = workplace(&namespace);
    let user = "restore-without-exec";
    let kubeconfig = cluster::first().user(user);
    let rules = [
        ("namespaces,pods", "get,list,create,update"),
        ("customresourcedefinitions.apiextensions.k8s.io", "list"),
    ];
    for (index, (resources, verbs)) in rules.iter().enumerate() {
        let name = format!("{user}-{index}");
        let [verb, resource] = [format!("--verb={verbs}"), format!("--resource={resources}")];
        cluster::first().kubectl(&["create", "clusterrole", &name, &verb, &resource]);
        let [role, user] = [format!("--clusterrole={name}"), format!("--user={user}")];
        cluster::first().kubectl(&["create", "clusterrolebinding", &name, &role, &user]);
    }
    workplace.go_to(&kubeconfig);
    for command in ["plan", "create"] {
        let ran = workplace.run(&["restore", command, "b", "--hooks", "hooks.yaml", "-o", "json"]);
        assert_eq!(ran.code, 3, "{ran:#?}");
        let report = report(&ran);
        let problem = &report["problems"][0];
        assert_eq!(problem["code"], "HookForbidden", "{report:#}");
        let message = problem["message"].as_str().unwrap();
        let told = format!("create pods/exec, get pods/exec in namespace {namespace}");
        assert!(
            message.contains(&told) && !message.contains("list pods"),
            "{message}"
        );
        assert_eq!(report["totals"]["failed"], 0, "{report:#}");
    }
    let ran = workplace.run(&["doctor", "restore", "b", "--hooks", "hooks.yaml", "-o", "json"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    let diagnosis: Value = serde_json::from_str(&ran.stdout).unwrap();
    let missing = diagnosis["missingRights"].to_string();
    assert!(missing.contains("pods/exec"), "{diagnosis:#}");
    let ran = workplace.run(&["doctor", "restore", "b", "-o", "json"]);
    assert!(!ran.stdout.contains("pods/exec"), "{ran:#?}");
}

/// Whom `doctor` finds fit may run the hooks of a backup.
#[test]
fn doctor_names_the_rights_that_hooks_of_a_backup_need_where_there_are_pods_for_them() {
    let [hooked, other] =
        ["hooks-doctor", "hooks-doctor-other"].map(|prefix| cluster::first().namespace(prefix));
    cluster::first().apply(&pod(&hooked, "web"));
    cluster::first().apply(&pod(&other, "web").replace("app: web", "app: other"));
    let mut workplace = Workplace::empty();
    let hooks = hooks("")
        .replace("RestoreHook", "BackupHook")
        .replace("restoreHook", "backupHook");
    let hooks = hooks.replace(", waitTimeout: 2s, execTimeout: 7s", "");
    workplace.write("hooks.yaml", &hooks);
    let user = "backup-doctor";
    let kubeconfig = cluster::first().user(user);
    let [role, binding] = ["--clusterrole=view".to_owned(), format!("--user={user}")];
    cluster::first().kubectl(&["create", "clusterrolebinding", user, &role, &binding]);
    workplace.go_to(&kubeconfig);
    let words = [
        "doctor",
        "backup",
        "--include-resources",
        "pods",
        "--hooks",
        "hooks.yaml",
        "--print-roles",
    ];
    let ran = workplace.run(&words);
    assert_eq!(ran.code, 1, "{ran:#?}");
    let role = |namespace: &str| ran.stdout.contains(&format!("namespace: {namespace}\n"));
    assert!(
        ran.stdout.contains("pods/exec") && role(&hooked) && !role(&other),
        "{ran:#?}"
    );
}
