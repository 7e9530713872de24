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
