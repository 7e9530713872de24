//! Definitions, versions, owners and webhooks.

use super::*;

fn definition(plural: &str, group: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": plural, "singular": "gear", "kind": "Gear"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    })
}

#[test]
fn a_definition_and_its_objects_come_back_in_one_restore_and_are_equal_then() {
    let (shop, group) = (unique("types"), format!("{}.example.com", unique("g")));
    let gears = (0..20).map(|number| {
        let metadata = json!({"name": format!("gear-{number}"), "namespace": shop});
        json!({"apiVersion": format!("{group}/v1"), "kind": "Gear", "metadata": metadata, "spec": {"teeth": number}})
    });
    let mut objects = vec![namespace(&shop), definition("gears", &group)];
    objects.extend(gears);
    let given = Given::backup(&objects);
    let report = given.restore(&[]);
    assert_eq!(report["outcome"], "Completed", "{report:#}");
    assert_eq!(report["totals"]["created"], 22);
    let gear = given.get(&shop, &format!("gears.{group}"), "gear-7");
    assert_eq!(gear["spec"]["teeth"], 7);
    assert_eq!(gear["metadata"]["labels"]["velero.io/backup-name"], "b");
    assert_eq!(gear["metadata"]["labels"]["velero.io/restore-name"], "r");

    let again = given.restore_as("again", &["--conflict-policy", "patch"]);
    assert_eq!(again["totals"]["skipped"], 22, "{again:#}");
    let gear = on(&again, &format!("gears.{group} {shop}/gear-7"));
    assert_eq!(
        gear["reason"], "equal",
        "the labels of a restore make no difference"
    );
}

#[test]
fn versions_that_are_not_served_are_converted_or_told() {
    let shop = unique("versions");
    let job = json!({"spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}],
    }}}});
    let objects = [
        namespace(&shop),
        json!({
            "apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": shop},
            "spec": {"schedule": "@daily", "jobTemplate": job},
        }),
        json!({
            "apiVersion": "autoscaling/v2beta1", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web", "namespace": shop},
            "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
        }),
    ];
    let given = Given::backup(&objects);
    let report = given.restore(&[]);
    let job = on(&report, &format!("cronjobs.batch {shop}/nightly"));
    assert_eq!(
        notes(job),
        [("api-version-converted".into(), "/apiVersion".into())],
        "{report:#}"
    );
    assert_eq!(
        given.get(&shop, "cronjobs.batch", "nightly")["spec"]["schedule"],
        "@daily"
    );

    let problem = &report["problems"][0];
    assert_eq!(problem["code"], "ApiVersionNotServed", "{report:#}");
    assert_eq!(problem["target"], "horizontalpodautoscalers.autoscaling");
    assert!(
        problem["message"].as_str().unwrap().contains("v2beta1"),
        "{problem}"
    );
    assert_eq!(report["outcome"], "PartiallyFailed");
}

/// What a backup of Kubernetes 1.18 holds, in versions that no supported release serves any more.
fn of_an_old_cluster(shop: &str) -> [Value; 4] {
    let metadata = json!({"name": "web", "namespace": shop});
    [
        namespace(shop),
        json!({
            "apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": metadata,
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
        }),
        json!({
            "apiVersion": "autoscaling/v2beta2", "kind": "HorizontalPodAutoscaler", "metadata": metadata,
            "spec": {
                "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "metrics": [{"type": "Resource", "resource": {
                    "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70},
                }}],
            },
        }),
        json!({
            "apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": metadata,
            "spec": {"rules": [{"host": "shop.example.com", "http": {"paths": [
                {"path": "/", "backend": {"serviceName": "web", "servicePort": 80}},
            ]}}]},
        }),
    ]
}

#[test]
fn an_old_cluster_comes_back_in_a_new_one() {
    let shop = unique("upgrade");
    let given = Given::backup(&of_an_old_cluster(&shop));
    let report = given.restore(&[]);
    assert_eq!(report["outcome"], "Completed", "{report:#}");
    let budget = given.get(&shop, "poddisruptionbudgets.v1.policy", "web");
    assert_eq!(budget["spec"]["selector"]["matchLabels"]["app"], "web");
    let scaler = given.get(&shop, "horizontalpodautoscalers.v2.autoscaling", "web");
    assert_eq!(
        scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"],
        70
    );
    let ingress = given.get(&shop, "ingresses.v1.networking.k8s.io", "web");
    let path = &ingress["spec"]["rules"][0]["http"]["paths"][0];
    assert_eq!(
        path["backend"]["service"],
        json!({"name": "web", "port": {"number": 80}})
    );
    assert_eq!(path["pathType"], "ImplementationSpecific");

    let again = given.restore_as("again", &["--conflict-policy", "patch"]);
    assert_eq!(
        again["totals"]["skipped"], 4,
        "what was converted is equal then: {again:#}"
    );
}

#[test]
fn owners_are_set_again_where_they_were_restored() {
    let shop = unique("owners");
    let owned = |name: &str, owner: &str| {
        let mut object = config_map(&shop, name, json!({}));
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": "00000000-0000-0000-0000-000000000001",
        }]);
        object
    };
    let given = Given::backup(&[
        namespace(&shop),
        config_map(&shop, "parent", json!({})),
        owned("child", "parent"),
        owned("orphan", "nobody"),
    ]);
    let report = given.restore(&[]);
    assert_eq!(report["outcome"], "Completed", "{report:#}");
    let parent = given.get(&shop, "configmap", "parent");
    let child = given.get(&shop, "configmap", "child");
    assert_eq!(
        child["metadata"]["ownerReferences"][0]["uid"],
        parent["metadata"]["uid"]
    );
    let orphan = given.get(&shop, "configmap", "orphan");
    assert_eq!(orphan["metadata"].get("ownerReferences"), None);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("orphan has lost an owner"), "{warnings}");
}

#[test]
fn webhooks_of_the_backup_do_not_reject_its_objects() {
    let shop = unique("webhooks");
    let only_here = json!({"matchLabels": {"kubernetes.io/metadata.name": shop}});
    let given = Given::backup(&[
        namespace(&shop),
        config_map(&shop, "flags", json!({"a": "b"})),
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": shop},
            "webhooks": [{
                "name": "deny.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "failurePolicy": "Fail", "namespaceSelector": only_here, "timeoutSeconds": 1,
                "clientConfig": {"service": {"namespace": shop, "name": "nobody"}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}],
            }],
        }),
    ]);
    let report = given.restore(&[]);
    assert_eq!(report["outcome"], "Completed", "{report:#}");

    given
        .cluster
        .kubectl(&["-n", &shop, "delete", "configmap", "flags"]);
    let again = given.restore_as("again", &[]);
    let problem = &on(&again, &format!("configmaps {shop}/flags"))["problem"];
    assert_eq!(problem["code"], "WebhookUnreachable", "{problem}");
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.contains("admission webhook 'deny.example.com'"),
        "{message}"
    );
    given
        .cluster
        .kubectl(&["delete", "validatingwebhookconfiguration", &shop]);
}
