//! What a restore changes, and what it leaves as it is.

use super::*;
use rstest::rstest;

/// An application with an object of most levels.
fn application() -> Vec<Value> {
    vec![
        namespace("shop"),
        config_map("shop", "flags", json!({"mode": "fast"})),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password", "namespace": "shop"}, "stringData": {"password": "s3cret"}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": [{"port": 80, "targetPort": "http"}]}}),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {
                "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "image": "web:1", "env": [{"name": "CACHE", "value": "redis.shop:6379"}]}]},
                },
            },
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "web", "namespace": "shop"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}],
        }),
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced",
                "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}],
            },
        }),
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one", "namespace": "shop"}, "spec": {"size": 3}}),
    ]
}

#[tokio::test]
async fn everything_comes_back_as_it_was() {
    let world = World::new(&application()).await;
    let report = world.restore(everything()).await;
    assert_eq!(report.outcome, Outcome::Completed, "{report:#?}");
    assert_eq!(
        report.totals,
        Totals {
            created: 9,
            ..Totals::default()
        }
    );
    let restored = world.objects().await;
    assert_eq!(restored.len(), 9);
    for object in application() {
        assert!(
            restored.values().any(|found| *found == object),
            "{object:#} is not in {restored:#?}"
        );
    }
}

#[tokio::test]
async fn objects_are_reported_level_by_level() {
    let report = World::new(&application()).await.restore(everything()).await;
    let levels: Vec<_> = report
        .objects
        .iter()
        .map(|object| Level::of(&object.id.resource))
        .collect();
    assert!(levels.is_sorted(), "{levels:?}");
}

#[tokio::test]
async fn a_plan_says_what_a_restore_does_and_changes_nothing() {
    let rules = "{version: v1, resourceModifierRules: [{conditions: {groupResource: deployments.apps}, \
                 patches: [{operation: replace, path: /spec/replicas, value: '5'}]}]}";
    let live = config_map("test", "flags", json!({"mode": "slow"}));
    let world = World::new(&application()).await.with(&[namespace("test"), live]);
    let request = || RestoreRequest {
        conflict_policies: ConflictPolicy::Patch.into(),
        modifiers: modified(rules).modifiers,
        ..mapped(&[("shop", "test")])
    };
    let before = world.objects().await;
    let plan = world.plan(request()).await;
    assert!(plan.planned);
    assert_eq!(world.objects().await, before);

    let report = world.restore(request()).await;
    assert_eq!(actions(&plan), actions(&report));
    assert_eq!(plan.totals, report.totals, "{report:#?}");

    let deployment = on(&plan, "deployments.apps shop/web");
    assert!(
        deployment
            .modification
            .as_ref()
            .unwrap()
            .text
            .contains("+  replicas: 5"),
        "{deployment:#?}"
    );
    assert!(deployment.rules.iter().all(|rule| rule.rule == 1 && rule.changed));
    let flags = on(&plan, "configmaps shop/flags");
    assert_eq!(flags.action, ActionName::Patch);
    assert!(
        flags
            .diff
            .as_ref()
            .unwrap()
            .text
            .contains("-  mode: slow\n+  mode: fast"),
        "{flags:#?}"
    );
}

#[tokio::test]
async fn what_is_there_and_equal_is_skipped() {
    let world = World::new(&application()).await;
    world.restore(everything()).await;
    let before = world.objects().await;
    for policy in ["skip", "patch"] {
        let report = world.restore(by_policy(policy)).await;
        assert_eq!(
            report.totals,
            Totals {
                skipped: 9,
                ..Totals::default()
            },
            "{policy}: {report:#?}"
        );
        assert!(
            report
                .objects
                .iter()
                .all(|object| object.reason.as_deref() == Some("equal")),
            "{report:#?}"
        );
    }
    assert_eq!(world.objects().await, before);
}

#[tokio::test]
async fn skip_leaves_what_differs_as_it_is() {
    let live = config_map("shop", "flags", json!({"mode": "slow", "added": "yes"}));
    let world = World::new(&application())
        .await
        .with(&[namespace("shop"), live.clone()]);
    let report = world.restore(everything()).await;
    assert_eq!(
        on(&report, "configmaps shop/flags").reason.as_deref(),
        Some("exists already")
    );
    assert_eq!(world.objects().await["configmaps shop/flags"], live);
    assert_eq!(report.outcome, Outcome::Completed);
}

#[tokio::test]
async fn patch_brings_fields_back_and_keeps_what_was_added() {
    let mut live = application();
    live[1] = config_map("shop", "flags", json!({"mode": "slow", "added": "yes"}));
    live[5]["spec"]["replicas"] = json!(7);
    live[5]["metadata"]["annotations"] = json!({"added": "yes"});
    live[5]["spec"]["template"]["spec"]["containers"] =
        json!([{"name": "sidecar", "image": "mesh:1"}, {"name": "web", "image": "web:2", "tty": true}]);
    let world = World::new(&application()).await.with(&live);
    let report = world.restore(by_policy("patch")).await;
    assert_eq!(
        report.totals,
        Totals {
            changed: 2,
            skipped: 7,
            ..Totals::default()
        },
        "{report:#?}"
    );
    let objects = world.objects().await;
    assert_eq!(
        objects["configmaps shop/flags"]["data"],
        json!({"mode": "fast", "added": "yes"})
    );
    let deployment = &objects["deployments.apps shop/web"];
    assert_eq!(deployment["spec"]["replicas"], 2);
    assert_eq!(deployment["metadata"]["annotations"], json!({"added": "yes"}));
    assert_eq!(
        deployment["spec"]["template"]["spec"]["containers"],
        json!([
            {"name": "sidecar", "image": "mesh:1"},
            {"name": "web", "image": "web:1", "tty": true, "env": [{"name": "CACHE", "value": "redis.shop:6379"}]},
        ])
    );
}

#[rstest]
#[case::all("patch", "fast")]
#[case::but_this("patch,configmaps=skip", "slow")]
#[case::only_this("configmaps=patch", "fast")]
#[case::another("secrets=patch", "slow")]
#[tokio::test]
async fn each_type_has_its_policy(#[case] policies: &str, #[case] expected: &str) {
    let live = config_map("shop", "flags", json!({"mode": "slow"}));
    let world = World::new(&application()).await.with(&[namespace("shop"), live]);
    world.restore(by_policy(policies)).await;
    assert_eq!(
        world.objects().await["configmaps shop/flags"]["data"]["mode"],
        expected
    );
}

#[tokio::test]
async fn a_mapped_namespace_is_followed_where_that_is_certain_and_noted_elsewhere() {
    let world = World::new(&application()).await;
    let report = world.restore(mapped(&[("shop", "test")])).await;
    assert_eq!(report.outcome, Outcome::Completed, "{report:#?}");
    let objects = world.objects().await;
    assert!(objects.contains_key("namespaces test") && !objects.contains_key("namespaces shop"));
    assert_eq!(objects["widgets.example.com test/one"]["spec"]["size"], 3);
    let binding = &objects["rolebindings.rbac.authorization.k8s.io test/web"];
    assert_eq!(binding["subjects"][0]["namespace"], "test");
    let plan = World::new(&application())
        .await
        .plan(mapped(&[("shop", "test")]))
        .await;
    let shown = |id| on(&plan, id).modification.is_some();
    assert!(
        shown("rolebindings.rbac.authorization.k8s.io shop/web"),
        "what is rewritten inside is shown"
    );
    assert!(
        !shown("configmaps shop/flags"),
        "a namespace alone is not: the target says it"
    );
    let note = &on(&report, "deployments.apps shop/web").notes[0];
    assert_eq!(
        note.pointer.as_deref(),
        Some("/spec/template/spec/containers/0/env/0/value")
    );
}

#[tokio::test]
async fn namespaces_can_be_swapped() {
    let of = |name: &str| config_map(name, "flags", json!({"from": name}));
    let world = World::new(&[namespace("a"), namespace("b"), of("a"), of("b")]).await;
    world.restore(mapped(&[("a", "b"), ("b", "a")])).await;
    let objects = world.objects().await;
    assert_eq!(objects["configmaps a/flags"]["data"]["from"], "b");
    assert_eq!(objects["configmaps b/flags"]["data"]["from"], "a");
}

#[tokio::test]
async fn of_two_objects_for_one_place_the_first_is_restored() {
    let of = |name: &str| config_map(name, "flags", json!({"from": name}));
    let only = config_map("b", "only", json!({}));
    let world = World::new(&[namespace("a"), namespace("b"), of("a"), of("b"), only]).await;
    let request = || mapped(&[("a", "c"), ("b", "c")]);
    let plan = world.plan(request()).await;
    let report = world.restore(request()).await;
    assert_eq!(actions(&plan), actions(&report));
    assert_eq!(on(&report, "namespaces b").action, ActionName::Skip);
    let problem = on(&report, "configmaps b/flags").problem.unwrap();
    assert!(
        problem
            .message
            .contains("configmaps a/flags is restored to the same place"),
        "{problem}"
    );
    assert_eq!(
        world.names().await,
        ["configmaps c/flags", "configmaps c/only", "namespaces c"]
    );
    assert_eq!(report.outcome, Outcome::PartiallyFailed);
}

#[tokio::test]
async fn no_value_of_a_secret_is_in_a_plan() {
    let mut live = application();
    live[2]["stringData"] = json!({"password": "0ther", "user": "r00t"});
    let rules = "{version: v1, resourceModifierRules: [{conditions: {groupResource: secrets}, \
                 mergePatches: [{patchData: '{\"stringData\": {\"password\": \"ch4nged\"}}'}]}]}";
    let request = RestoreRequest {
        modifiers: modified(rules).modifiers,
        ..by_policy("patch")
    };
    let plan = World::new(&application()).await.with(&live).plan(request).await;
    let secret = on(&plan, "secrets shop/password");
    assert_eq!(secret.action, ActionName::Patch, "{secret:#?}");
    assert!(
        secret.diff.is_some() && secret.modification.is_some(),
        "{secret:#?}"
    );
    let json = serde_json::to_string(&plan).unwrap();
    for value in ["s3cret", "0ther", "r00t", "ch4nged"] {
        assert!(!json.contains(value), "{value} is in {secret:#?}");
    }
}

#[tokio::test]
async fn a_report_survives_json() {
    let world = World::new(&application()).await;
    let report = world.plan(mapped(&[("shop", "test")])).await;
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<RestoreReport>(&json).unwrap(), report);
}

/// As in many a folder: what makes the namespace is somewhere else.
#[tokio::test]
async fn a_restore_over_itself_adds_no_namespace_that_has_no_manifest() {
    let objects = [config_map("shop", "flags", json!({"mode": "fast"}))];
    let world = World::new(&objects).await.with(&objects);
    let plan = world.plan(everything()).await;
    let report = world.restore(everything()).await;
    assert_eq!(actions(&plan), actions(&report));
    assert_eq!(
        actions(&report),
        [("configmaps shop/flags".to_owned(), ActionName::Skip)]
    );
    assert_eq!(world.names().await, ["configmaps shop/flags"]);
}

#[tokio::test]
async fn a_secret_that_becomes_something_else_is_not_shown() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "default"},
        "data": {"key": "czNjcmV0"},
    });
    let world = World::new(&[secret])
        .await
        .with(&[config_map("default", "key", json!({"key": "public"}))]);
    let rules = "{version: v1, resourceModifierRules: [{conditions: {groupResource: secrets}, \
                 patches: [{operation: replace, path: /kind, value: ConfigMap}]}]}";
    let request = RestoreRequest {
        conflict_policies: ConflictPolicy::Patch.into(),
        ..modified(rules)
    };
    let report = world.plan(request).await;
    assert_eq!(
        on(&report, "secrets default/key").action,
        ActionName::Patch,
        "{report:#?}"
    );
    assert!(!format!("{report:?}").contains("czNjcmV0"), "{report:#?}");
}
