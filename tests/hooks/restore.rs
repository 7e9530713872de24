//! Hooks of a restore: waiting for containers, pods that controllers make, pods that never run.

use crate::harness::{Ran, Workplace};
use crate::pods::{self, pod, read, web};
use crate::report::{IN_PART, attempts_of};
use crate::resources::{restore_hook, shell};
use lazarette_tests::node::{self, Image, Node};
use serde_json::{Value, json};

/// A backup of a namespace that is gone since.
fn backed_up(node: &Node, namespace: &str) -> Workplace {
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "b", "--include-namespaces", namespace]);
    node.kubectl(&["delete", "namespace", namespace]);
    workplace
}

/// Restore the backup with hooks.
fn restore(workplace: &Workplace, hooks: &Value, more: &[&str]) -> Ran {
    workplace.write("hooks.yaml", &restore_hook(hooks));
    let words = ["restore", "create", "b", "--hooks", "hooks.yaml", "-o", "json"];
    workplace.run(&[&words, more].concat())
}

#[test]
fn the_documented_hook_writes_its_file_in_the_mapped_namespace() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("documented");
    let mut web = pod(&namespace, "web");
    web["spec"]["containers"][0]["name"] = "webcontainer".into();
    pods::run(node, &web);
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "b", "--include-namespaces", &namespace]);
    workplace.write("hooks.yaml", include_str!("documented/restore.yaml"));
    let target = format!("{namespace}-restored");
    let mapping = format!("{namespace}:{target}");
    workplace.done(&[
        "restore",
        "create",
        "b",
        "--hooks",
        "hooks.yaml",
        "--namespace-mappings",
        &mapping,
    ]);
    let file = |namespace: &str| read(node, namespace, "web", "webcontainer", "hello.txt");
    assert_eq!(file(&target).as_deref(), Some("hello\n"));
    assert_eq!(file(&namespace), None);
}

/// As for AKS Backup: where the pods were before, hooks do not run, and that is said.
#[test]
fn a_pod_that_was_there_before_gets_no_hooks() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "existing");
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.done(&["backup", "create", "b", "--include-namespaces", &namespace]);
    let hooks = json!([{"name": "h", "postHooks": [shell("touch /state/hooked", &json!({}))]}]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(read(node, &namespace, "web", "main", "/state/hooked"), None);
    assert!(
        ran.stdout.contains("web") && ran.stdout.contains("hook"),
        "{ran:#?}"
    );
}

/// In Velero, one hook that fails ends the hooks of all other pods, and one whose container is missing ends never.
#[test]
fn what_goes_wrong_in_a_pod_is_no_matter_of_the_others() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "apart");
    for name in ["failing", "without"] {
        pods::run(node, &pod(&namespace, name));
    }
    let workplace = backed_up(node, &namespace);
    let of = |name: &str, command: Value| json!({"name": name, "labelSelector": {"matchLabels": {"app": name}}, "postHooks": [command]});
    let hooks = json!([
        of("failing", shell("exit 4", &json!({"onError": "Fail"}))),
        of("without", shell("true", &json!({"container": "nobody"}))),
        of("web", shell("sleep 2; echo good > /state/hooked", &json!({}))),
    ]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(ran.code, IN_PART, "{ran:#?}");
    assert_eq!(
        read(node, &namespace, "web", "main", "/state/hooked").as_deref(),
        Some("good\n")
    );
    let attempts = attempts_of(&ran);
    let end = |pod: &str| attempts.iter().find(|attempt| attempt["pod"] == pod).unwrap()["end"].clone();
    assert_eq!(end("failing"), json!({"kind": "exited", "code": 4}));
    assert_eq!(end("without")["code"], "no-container");
    assert_eq!(end("web"), json!({"kind": "exited", "code": 0}));
}

#[test]
fn hooks_wait_until_a_container_is_ready_where_they_say_so() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("ready");
    let mut late = pod(&namespace, "late");
    late["spec"]["containers"][0]["readinessProbe"] =
        json!({"exec": {"command": ["test", "-e", "/state/up"]}, "periodSeconds": 1});
    late["spec"]["containers"][0]["args"] = json!([
        "-c",
        "sleep 3; touch /state/up; trap exit TERM; while :; do sleep 1000 & wait; done"
    ]);
    pods::run(node, &late);
    let workplace = backed_up(node, &namespace);
    let line = |name: &str| {
        format!("test -e /state/up && echo ready > /state/{name} || echo running > /state/{name}")
    };
    let hook = |name: &str, container: &str, ready: bool| {
        shell(
            &line(name),
            &json!({"container": container, "waitForReady": ready, "waitTimeout": "100s"}),
        )
    };
    let hooks = json!([{"name": "h", "postHooks": [hook("now", "side", false), hook("then", "main", true)]}]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let written = |name: &str| read(node, &namespace, "late", "main", &format!("/state/{name}"));
    assert_eq!(written("then").as_deref(), Some("ready\n"));
    assert_eq!(written("now").as_deref(), Some("running\n"));
}

/// Velero runs no hooks in them.
#[test]
fn pods_that_a_restored_deployment_makes_get_their_hooks() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("deployed");
    let mut template = pod(&namespace, "web");
    template["metadata"] = json!({"labels": {"app": "web"}});
    for field in ["apiVersion", "kind"] {
        template.as_object_mut().unwrap().remove(field);
    }
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    });
    node.apply(&deployment.to_string());
    node.kubectl(&[
        "rollout",
        "status",
        "-n",
        &namespace,
        "deployment/web",
        "--timeout=100s",
    ]);
    let workplace = Workplace::with_cluster(node.kubeconfig());
    // Without its pods and ReplicaSets: its controllers make new ones.
    let kinds = [
        "--include-namespaces",
        &namespace,
        "--exclude-resources",
        "pods,replicasets.apps",
    ];
    workplace.done(&[&["backup", "create", "b"], &kinds[..]].concat());
    node.kubectl(&["delete", "namespace", &namespace]);
    let hooks = json!([{"name": "h", "postHooks": [shell("touch /state/hooked", &json!({}))]}]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let found = node.get(&["-n", &namespace, "pods"]);
    let names = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| pod["metadata"]["name"].as_str().unwrap());
    let hooked: Vec<bool> = names
        .map(|name| read(node, &namespace, name, "main", "/state/hooked").is_some())
        .collect();
    assert_eq!(hooked, [true, true]);
}

#[test]
fn a_pod_whose_image_cannot_be_pulled_ends_its_hooks_with_that() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("unpullable");
    let mut lost = pod(&namespace, "lost");
    for container in lost["spec"]["containers"].as_array_mut().unwrap() {
        container["image"] = "localhost/nothing:1".into();
    }
    node.apply(&lost.to_string());
    let workplace = backed_up(node, &namespace);
    let hooks = json!([{"name": "h", "postHooks": [shell("true", &json!({"waitTimeout": "170s"}))]}]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(ran.code, IN_PART, "{ran:#?}");
    assert_eq!(attempts_of(&ran)[0]["end"]["code"], "image-pull", "{ran:#?}");
}

#[test]
fn a_pod_that_ends_ends_its_hooks() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("short");
    let mut short = pod(&namespace, "short");
    short["spec"]["restartPolicy"] = "Never".into();
    for container in short["spec"]["containers"].as_array_mut().unwrap() {
        container["args"] = json!(["-c", "exit 1"]);
    }
    node.apply(&short.to_string());
    let workplace = backed_up(node, &namespace);
    let hooks = json!([{"name": "h", "postHooks": [shell("true", &json!({"waitForReady": true}))]}]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(ran.code, IN_PART, "{ran:#?}");
    assert_eq!(attempts_of(&ran)[0]["end"]["code"], "pod-ended", "{ran:#?}");
}

/// Velero goes on and runs a hook for which it has waited in vain.
#[test]
fn a_hook_that_was_waited_for_in_vain_does_not_run() {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("vain");
    let mut never = pod(&namespace, "never");
    never["spec"]["containers"][0]["readinessProbe"] =
        json!({"exec": {"command": ["false"]}, "periodSeconds": 1});
    node.apply(&never.to_string());
    let workplace = backed_up(node, &namespace);
    let fields = json!({"waitForReady": true, "waitTimeout": "4s"});
    let hooks = json!([{"name": "h", "postHooks": [shell("touch /state/hooked", &fields)]}]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(ran.code, IN_PART, "{ran:#?}");
    let ran_at_all = |attempt: &Value| attempt["end"]["kind"] == "exited";
    assert!(!attempts_of(&ran).iter().any(ran_at_all), "{ran:#?}");
    assert_eq!(read(node, &namespace, "never", "main", "/state/hooked"), None);
}

#[test]
fn init_hooks_run_before_the_containers_of_the_pod() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "init");
    let workplace = backed_up(node, &namespace);
    let container = json!({
        "name": "prepare", "image": Image::Busybox.reference(), "imagePullPolicy": "Never",
        "command": ["/bin/sh", "-c", "echo prepared > /state/init"],
        "volumeMounts": [{"name": "state", "mountPath": "/state"}],
    });
    let check = shell("test -e /state/init", &json!({"onError": "Fail"}));
    let hooks = json!([{"name": "h", "postHooks": [{"init": {"initContainers": [container]}}, check]}]);
    let ran = restore(&workplace, &hooks, &[]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(
        read(node, &namespace, "web", "main", "/state/init").as_deref(),
        Some("prepared\n")
    );
}

#[test]
fn a_plan_lists_what_would_run_and_runs_nothing() {
    let Some(node) = node::shared() else { return };
    let namespace = web(node, "restore-plan");
    let workplace = backed_up(node, &namespace);
    let command = shell(
        "touch /state/planned",
        &json!({"container": "side", "execTimeout": "7s"}),
    );
    workplace.write(
        "hooks.yaml",
        &restore_hook(&json!([{"name": "h", "postHooks": [command]}])),
    );
    let plan = workplace.json(&["restore", "plan", "b", "--hooks", "hooks.yaml"]);
    let step = &plan["plannedHooks"][0];
    assert_eq!(
        (&step["pod"], &step["container"]),
        (&json!("web"), &json!("side")),
        "{plan:#}"
    );
    assert_eq!(step["command"], json!(["/bin/sh", "-c", "touch /state/planned"]));
    assert_eq!(step["timeoutSeconds"].as_f64(), Some(7.0), "{step:#}");
    assert_eq!(step["phase"], "after-restore");
    assert!(
        !node
            .try_kubectl(&["get", "namespace", &namespace], "")
            .status
            .success()
    );
}
