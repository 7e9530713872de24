//! Which objects are restored.

use super::*;
use crate::object::{ClusterScope, FilterSpec};
use rstest::rstest;

fn two_shops() -> Vec<Value> {
    let in_namespace = |name: &str| {
        [
            namespace(name),
            config_map(name, "flags", json!({})),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": name}}),
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": name}],
            }),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}}),
        ]
    };
    [in_namespace("one"), in_namespace("two")].concat()
}

async fn selected(filter: FilterSpec) -> Vec<String> {
    let world = World::new(&two_shops()).await;
    let report = world
        .restore(RestoreRequest {
            filter,
            ..everything()
        })
        .await;
    assert_eq!(report.outcome, Outcome::Completed, "{report:#?}");
    world.names().await
}

fn only_one() -> FilterSpec {
    FilterSpec {
        include_namespaces: vec!["one".to_owned()],
        ..FilterSpec::default()
    }
}

#[tokio::test]
async fn of_a_namespace_what_it_needs_is_restored_with_it() {
    let expected = [
        "clusterrolebindings.rbac.authorization.k8s.io one",
        "clusterroles.rbac.authorization.k8s.io one",
        "configmaps one/flags",
        "namespaces one",
        "serviceaccounts one/web",
    ];
    assert_eq!(selected(only_one()).await, expected);
}

#[tokio::test]
async fn objects_of_the_cluster_can_be_left_out() {
    let filter = FilterSpec {
        include_cluster_resources: ClusterScope::Never,
        ..only_one()
    };
    assert_eq!(
        selected(filter).await,
        [
            "configmaps one/flags",
            "namespaces one",
            "serviceaccounts one/web"
        ]
    );
}

#[tokio::test]
async fn the_namespace_of_an_object_is_restored_though_its_type_is_not_asked_for() {
    let filter = FilterSpec {
        include_resources: vec!["configmaps".to_owned()],
        ..only_one()
    };
    assert_eq!(selected(filter).await, ["configmaps one/flags", "namespaces one"]);
}

#[tokio::test]
async fn labels_select() {
    let mut labelled = config_map("one", "labelled", json!({}));
    labelled["metadata"]["labels"] = json!({"app": "web"});
    let world = World::new(&[namespace("one"), config_map("one", "other", json!({})), labelled]).await;
    let filter = FilterSpec {
        selectors: vec!["app=web".to_owned()],
        ..FilterSpec::default()
    };
    world
        .restore(RestoreRequest {
            filter,
            ..everything()
        })
        .await;
    assert_eq!(world.names().await, ["configmaps one/labelled", "namespaces one"]);
}

#[tokio::test]
async fn a_namespace_that_the_backup_does_not_hold_is_added() {
    let world = World::new(&[config_map("gone", "flags", json!({}))]).await;
    let plan = world.plan(mapped(&[("gone", "back")])).await;
    let report = world.restore(mapped(&[("gone", "back")])).await;
    assert_eq!(actions(&plan), actions(&report));
    assert_eq!(on(&report, "namespaces back").notes[0].code, "namespace-added");
    assert_eq!(world.names().await, ["configmaps back/flags", "namespaces back"]);
}

#[tokio::test]
async fn a_namespace_without_a_manifest_that_every_cluster_has_is_not_added() {
    let world = World::new(&[config_map("default", "flags", json!({}))]).await;
    let report = world.restore(everything()).await;
    assert_eq!(report.totals.all(), 1, "{report:#?}");
    assert_eq!(world.names().await, ["configmaps default/flags"]);
}

#[tokio::test]
async fn what_the_server_makes_itself_is_not_restored() {
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "done", "namespace": "one"},
        "status": {"completionTime": "2026-01-01T00:00:00Z"},
    });
    let world = World::new(&[namespace("one"), job]).await;
    let report = world.restore(everything()).await;
    assert_eq!(on(&report, "jobs.batch one/done").action, ActionName::Skip);
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!(world.names().await, ["namespaces one"]);
}

#[tokio::test]
async fn a_mapping_without_effect_is_told() {
    let report = World::new(&[namespace("one")])
        .await
        .plan(mapped(&[("on", "two")]))
        .await;
    assert_eq!(
        report.warnings,
        ["the namespace mapping of 'on' has no effect: nothing is restored from it"]
    );
}

fn endpoints(name: &str, labels: Value) -> Value {
    let metadata = json!({"name": name, "namespace": "shop", "labels": labels});
    json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata})
}

/// Backups of Velero hold what controllers keep for Services.
#[rstest]
#[case::by_default(&[], ActionName::Skip)]
#[case::named(&["namespaces", "endpoints"], ActionName::Create)]
#[tokio::test]
async fn addresses_that_a_cluster_keeps_by_itself_are_not_restored(
    #[case] include_resources: &[&str],
    #[case] expected: ActionName,
) {
    let of_controller = json!({"endpoints.kubernetes.io/managed-by": "endpoint-controller"});
    let objects = [
        namespace("shop"),
        endpoints("web", of_controller),
        endpoints("outside", json!({})),
    ];
    let world = World::new(&objects).await;
    let mut request = everything();
    request.filter.include_resources = include_resources.iter().map(|&of| of.to_owned()).collect();
    let report = world.restore(request).await;
    assert_eq!(on(&report, "endpoints shop/web").action, expected, "{report:#?}");
    assert_eq!(on(&report, "endpoints shop/outside").action, ActionName::Create);
}

/// A completed job is not restored, so it takes nobody's place.
#[tokio::test]
async fn what_is_left_out_takes_no_place() {
    let job = |namespace: &str, status: Value| {
        json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "run", "namespace": namespace}, "status": status,
        })
    };
    let done = job("a", json!({"completionTime": "2026-01-01T00:00:00Z"}));
    let world = World::new(&[namespace("a"), namespace("b"), done, job("b", json!({}))]).await;
    let report = world.restore(mapped(&[("a", "c"), ("b", "c")])).await;
    assert_eq!(on(&report, "jobs.batch a/run").action, ActionName::Skip);
    assert_eq!(on(&report, "jobs.batch b/run").action, ActionName::Create);
    assert_eq!(world.names().await, ["jobs.batch c/run", "namespaces c"]);
}
