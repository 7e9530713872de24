//! Hooks in plans and in restores into a folder, where no pods run.

use super::*;
use crate::hooks::{HookDocument, Phase, Side};
use rstest::rstest;

const HOOKS: &str = "apiVersion: clusterbackup.dataprotection.microsoft.com/v1alpha1
kind: RestoreHook
metadata: {name: hooks, namespace: default}
spec:
  restoreHook:
  - name: web
    includedNamespaces: [shop-staging]
    labelSelector: {matchLabels: {app: web}}
    postHooks:
    - init: {initContainers: [{name: prepare, image: busybox, command: [touch, /data/restored]}]}
    - exec: {command: [/bin/warm-up, --all], waitTimeout: 1m}
";

fn pod(name: &str, annotations: Value) -> Value {
    let metadata = json!({
        "name": name, "namespace": "shop", "labels": {"app": "web"}, "annotations": annotations,
    });
    let spec = json!({"containers": [{"name": "server", "image": "a"}], "initContainers": [{"name": "own", "image": "b"}]});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

fn deployment() -> Value {
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "server", "image": "a"}]}});
    let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec})
}

fn hooked() -> RestoreRequest {
    let document = HookDocument {
        place: "hooks.yaml".into(),
        text: HOOKS.into(),
    };
    RestoreRequest {
        hooks: document.hooks(Side::Restore).unwrap(),
        ..mapped(&[("shop", "shop-staging")])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_container_is_added_before_those_of_the_pod() {
    let world = World::new(&[namespace("shop"), pod("web-0", json!({}))]).await;
    let report = world.restore(hooked()).await;
    assert_eq!(report.outcome, Outcome::Completed, "{report:#?}");
    let restored = &world.objects().await["pods shop-staging/web-0"];
    let containers = restored["spec"]["initContainers"].as_array().unwrap();
    let names: Vec<_> = containers
        .iter()
        .map(|container| container["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["prepare", "own"]);
    let notes = on(&report, "pods shop/web-0").notes;
    assert!(
        notes.iter().any(|note| note.code == "init-container-added"),
        "{notes:?}"
    );
    let warning = "hooks after a restore do not run in a folder: no pods run there";
    assert!(
        report.warnings.iter().any(|told| told == warning),
        "{:?}",
        report.warnings
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_go_by_the_namespace_that_pods_are_restored_into() {
    let world = World::new(&[namespace("shop"), pod("web-0", json!({}))]).await;
    let request = RestoreRequest {
        namespace_mappings: BTreeMap::new(),
        ..hooked()
    };
    let report = world.plan(request).await;
    assert!(report.planned_hooks.is_empty(), "{report:#?}");
}

#[rstest]
#[case::annotations_count(true, 1)]
#[case::and_not_by_default(false, 0)]
#[tokio::test(flavor = "multi_thread")]
async fn annotations_are_hooks_only_where_the_user_says_so(
    #[case] hook_annotations: bool,
    #[case] count: usize,
) {
    let annotations = json!({"init.hook.restore.velero.io/container-image": "busybox"});
    let world = World::new(&[namespace("shop"), pod("web-0", annotations)]).await;
    let request = RestoreRequest {
        hook_annotations,
        ..everything()
    };
    let report = world.plan(request).await;
    let phases: Vec<Phase> = report.planned_hooks.iter().map(|step| step.phase).collect();
    assert_eq!(phases, vec![Phase::BeforeRestore; count]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_annotation_is_reported_and_the_pod_is_restored() {
    let annotations = json!({"post.hook.restore.velero.io/command": "[\"a\"]", "post.hook.restore.velero.io/wait-timeout": "soon"});
    let world = World::new(&[namespace("shop"), pod("web-0", annotations)]).await;
    let request = RestoreRequest {
        hook_annotations: true,
        ..everything()
    };
    let report = world.restore(request).await;
    assert_eq!(report.outcome, Outcome::PartiallyFailed);
    assert_eq!(report.problems[0].code, crate::report::Code::InvalidHooks);
    assert!(world.names().await.contains(&"pods shop/web-0".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_that_are_there_are_named_and_get_nothing() {
    let world = World::new(&[namespace("shop"), pod("web-0", json!({}))]).await;
    let mut there = pod("web-0", json!({"changed": "yes"}));
    there["metadata"]["namespace"] = "shop-staging".into();
    let world = world.with(&[namespace("shop-staging"), there]);
    let report = world.restore(hooked()).await;
    let containers = world.objects().await["pods shop-staging/web-0"]["spec"]["initContainers"].clone();
    assert_eq!(containers.as_array().map(Vec::len), Some(1));
    let warning = "hooks do not run in pods that were there before this restore: shop-staging/web-0";
    assert!(
        report.warnings.iter().any(|told| told == warning),
        "{:?}",
        report.warnings
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_whose_pods_are_not_in_the_backup_is_known_by_its_template() {
    let world = World::new(&[namespace("shop"), deployment()]).await;
    let report = world.restore(hooked()).await;
    let warning = "hooks after a restore do not run in a folder: no pods run there";
    assert!(
        report.warnings.iter().any(|told| told == warning),
        "{:?}",
        report.warnings
    );
}
