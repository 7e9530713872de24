use super::*;
use crate::object::{GroupResource, ResourceType};
use rstest::rstest;
use serde_json::json;

/// The object of `kind` in the resource type `resource`, with `json` over a name.
fn object(resource: &str, json: Value) -> Object {
    let of = ResourceType {
        resource: resource.parse::<GroupResource>().unwrap(),
        version: "v1".into(),
        kind: "Any".into(),
        namespaced: true,
    };
    let mut json = json;
    let metadata = json
        .as_object_mut()
        .unwrap()
        .entry("metadata")
        .or_insert_with(|| json!({}));
    metadata
        .as_object_mut()
        .unwrap()
        .entry("name")
        .or_insert_with(|| json!("it"));
    Object::new(&of, json).unwrap()
}

fn prepared_with(resource: &str, json: Value, context: &Context) -> Value {
    let mut object = object(resource, json);
    prepare(&mut object, context);
    object.json
}

fn prepared(resource: &str, json: Value) -> Value {
    prepared_with(resource, json, &Context::default())
}

#[test]
fn what_the_server_sets_goes_and_what_people_write_stays() {
    let found = prepared(
        "widgets.example.com",
        json!({
            "apiVersion": "example.com/v1", "kind": "Widget",
            "metadata": {
                "name": "it", "namespace": "shop", "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["e"],
                "generateName": "i", "selfLink": "/it", "uid": "1", "resourceVersion": "2", "generation": 3,
                "creationTimestamp": "t", "deletionTimestamp": "t", "deletionGracePeriodSeconds": 0,
                "ownerReferences": [{}], "managedFields": [{}],
            },
            "spec": {"status": "stays"}, "status": {"phase": "x"},
        }),
    );
    assert_eq!(
        found,
        json!({
            "apiVersion": "example.com/v1", "kind": "Widget",
            "metadata": {
                "name": "it", "namespace": "shop", "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["e"],
            },
            "spec": {"status": "stays"},
        })
    );
}

#[rstest]
#[case::of_no_map(json!([1, 2]))]
#[case::of_a_string(json!("metadata"))]
#[case::of_null(Value::Null)]
fn odd_metadata_is_left_alone(#[case] odd: Value) {
    for resource in [
        "pods",
        "services",
        "jobs.batch",
        "persistentvolumeclaims",
        "serviceaccounts",
        "secrets",
    ] {
        let mut object = object(resource, json!({}));
        for member in ["metadata", "spec", "secrets", "status", "data"] {
            object.json[member] = odd.clone();
        }
        left_out(&object);
        prepare(&mut object, &Context::default());
        assert_eq!(object.json["metadata"], odd);
    }
}

/// The table of `reference/velero.md` §12. What was applied and what is managed, for a port 80 with node port 30080.
#[rstest]
#[case::external_name("ExternalName", Some("http"), None, false, true)]
#[case::named_and_applied("NodePort", Some("http"), Some(json!([{"name": "http", "nodePort": 30080}])), false, true)]
#[case::applied_before_managed("NodePort", Some("http"), Some(json!([{"name": "http"}])), true, false)]
#[case::another_name_applied("NodePort", Some("http"), Some(json!([{"name": "web", "nodePort": 30080}])), false, false)]
#[case::unnamed_same_number("NodePort", None, Some(json!([{"nodePort": 30080}])), false, true)]
#[case::unnamed_as_float("NodePort", None, Some(json!([{"nodePort": 30080.0}])), false, true)]
#[case::unnamed_as_text("NodePort", None, Some(json!([{"nodePort": "30080"}])), false, true)]
#[case::unnamed_other_number("NodePort", None, Some(json!([{"nodePort": 30081}])), false, false)]
#[case::zero_counts_as_none("NodePort", Some("http"), Some(json!([{"name": "http", "nodePort": 0}])), false, false)]
#[case::not_applied_but_managed("NodePort", Some("http"), None, true, true)]
#[case::neither("NodePort", Some("http"), None, false, false)]
fn node_ports_that_somebody_asked_for_are_kept(
    #[case] of: &str,
    #[case] name: Option<&str>,
    #[case] applied: Option<Value>,
    #[case] managed: bool,
    #[case] kept: bool,
) {
    let mut port = json!({"port": 80, "protocol": "TCP", "nodePort": 30080});
    if let Some(name) = name {
        port["name"] = json!(name);
    }
    let mut service = json!({"metadata": {}, "spec": {"type": of, "ports": [port]}});
    if let Some(ports) = applied {
        let text = json!({"spec": {"ports": ports}}).to_string();
        service["metadata"]["annotations"] =
            json!({"kubectl.kubernetes.io/last-applied-configuration": text});
    }
    if managed {
        let ports = json!({"k:{\"port\":80,\"protocol\":\"TCP\"}": {"f:nodePort": {}}});
        service["metadata"]["managedFields"] = json!([{"fieldsV1": {"f:spec": {"f:ports": ports}}}]);
    }
    let mut object = object("services", service);
    let notes = prepare(&mut object, &Context::default());
    assert_eq!(object.json.pointer("/spec/ports/0/nodePort").is_some(), kept);
    assert_eq!(notes.is_empty(), kept, "{notes:?}");
}

#[test]
fn all_node_ports_are_kept_when_asked_to() {
    let context = Context {
        preserve_node_ports: true,
        ..Context::default()
    };
    let service = json!({"spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]}});
    assert_eq!(
        prepared_with("services", service.clone(), &context)["spec"],
        service["spec"]
    );
}

#[rstest]
#[case::cluster_ip(json!({"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}), json!({}))]
#[case::headless(json!({"clusterIP": "None", "clusterIPs": ["None"]}), json!({"clusterIP": "None", "clusterIPs": ["None"]}))]
fn cluster_addresses_go_but_that_of_a_headless_service(#[case] spec: Value, #[case] expected: Value) {
    assert_eq!(prepared("services", json!({"spec": spec}))["spec"], expected);
}

#[rstest]
#[case::nobody_asked("LoadBalancer", "Local", json!({}), false)]
#[case::applied("LoadBalancer", "Local", json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": r#"{"spec":{"healthCheckNodePort":31000}}"#}}), true)]
#[case::managed("LoadBalancer", "Local", json!({"managedFields": [{"fieldsV1": {"f:spec": {"f:healthCheckNodePort": {}}}}]}), true)]
#[case::cluster_policy("LoadBalancer", "Cluster", json!({}), true)]
#[case::no_load_balancer("NodePort", "Local", json!({}), true)]
fn the_health_check_port_is_kept_where_it_was_asked_for(
    #[case] of: &str,
    #[case] policy: &str,
    #[case] metadata: Value,
    #[case] kept: bool,
) {
    let spec = json!({"type": of, "externalTrafficPolicy": policy, "healthCheckNodePort": 31000});
    let service = prepared("services", json!({"metadata": metadata, "spec": spec}));
    assert_eq!(service.pointer("/spec/healthCheckNodePort").is_some(), kept);
}

#[rstest]
#[case::ended("pods", json!({"status": {"phase": "Succeeded"}}), Some("the pod has ended (Succeeded)"))]
#[case::failed("pods", json!({"status": {"phase": "Failed"}}), Some("the pod has ended (Failed)"))]
#[case::running("pods", json!({"status": {"phase": "Running"}}), None)]
#[case::mirror("pods", json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}}), Some("a mirror pod is made by the kubelet of its node"))]
#[case::of_a_daemon_set("pods", json!({"metadata": {"ownerReferences": [{"controller": true, "kind": "DaemonSet", "name": "agent"}]}}), Some("DaemonSet agent makes its pods itself"))]
#[case::of_a_job("pods", json!({"metadata": {"ownerReferences": [{"controller": true, "kind": "Job", "name": "run"}]}}), Some("Job run makes its pods itself"))]
#[case::of_a_replica_set("pods", json!({"metadata": {"ownerReferences": [{"controller": true, "kind": "ReplicaSet", "name": "web"}]}}), None)]
#[case::owned_but_not_controlled("pods", json!({"metadata": {"ownerReferences": [{"kind": "Job", "name": "run"}]}}), None)]
#[case::completed_job("jobs.batch", json!({"status": {"completionTime": "2026-01-01T00:00:00Z"}}), Some("the job was completed at 2026-01-01T00:00:00Z"))]
#[case::running_job("jobs.batch", json!({"status": {"active": 1}}), None)]
#[case::volume_made_and_deleted("persistentvolumes", json!({"metadata": {"annotations": {"pv.kubernetes.io/provisioned-by": "disk.csi"}}, "spec": {"persistentVolumeReclaimPolicy": "Delete"}}), Some("disk.csi made the volume for its claim, and makes a new one"))]
#[case::volume_made_and_retained("persistentvolumes", json!({"metadata": {"annotations": {"pv.kubernetes.io/provisioned-by": "disk.csi"}}, "spec": {"persistentVolumeReclaimPolicy": "Retain"}}), None)]
#[case::volume_described("persistentvolumes", json!({"spec": {"persistentVolumeReclaimPolicy": "Delete"}}), None)]
#[case::generated_token("secrets", json!({"metadata": {"name": "web-token-x7k2p", "annotations": {"kubernetes.io/service-account.name": "web"}}, "type": TOKEN}), Some("the token of service account web is made by the cluster"))]
#[case::token_asked_for("secrets", json!({"metadata": {"name": "web-token", "annotations": {"kubernetes.io/service-account.name": "web"}}, "type": TOKEN}), None)]
#[case::no_token("secrets", json!({"metadata": {"name": "web-token-x7k2p", "annotations": {"kubernetes.io/service-account.name": "web"}}, "type": "Opaque"}), None)]
#[case::authority("configmaps", json!({"metadata": {"name": "kube-root-ca.crt"}}), Some("the cluster publishes its own authority in it"))]
#[case::config_map("configmaps", json!({}), None)]
#[case::managed_api_service("apiservices.apiregistration.k8s.io", json!({"metadata": {"labels": {"kube-aggregator.kubernetes.io/automanaged": "onstart"}}}), Some("the API server makes this API service itself"))]
#[case::own_api_service("apiservices.apiregistration.k8s.io", json!({}), None)]
fn what_is_not_restored(#[case] resource: &str, #[case] json: Value, #[case] expected: Option<&str>) {
    assert_eq!(left_out(&object(resource, json)).as_deref(), expected);
}

const TOKEN: &str = "kubernetes.io/service-account-token";

#[test]
fn a_pod_is_freed_from_its_node_and_its_generated_token() {
    let mount = |name: &str| json!({"name": name, "mountPath": "/x"});
    let pod = prepared(
        "pods",
        json!({"spec": {
            "serviceAccountName": "web", "nodeName": "node-1", "priority": 5, "priorityClassName": "high",
            "ephemeralContainers": [{"name": "debug"}],
            "volumes": [
                {"name": "web-token-x7k2p", "secret": {"secretName": "web-token-x7k2p"}},
                {"name": "web-token-notes", "configMap": {"name": "notes"}},
            ],
            "containers": [{"name": "a", "volumeMounts": [mount("web-token-x7k2p"), mount("web-token-notes")]}],
            "initContainers": [{"name": "b", "volumeMounts": [mount("web-token-x7k2p")]}],
        }}),
    );
    assert_eq!(
        pod["spec"],
        json!({
            "serviceAccountName": "web", "priorityClassName": "high",
            "volumes": [{"name": "web-token-notes", "configMap": {"name": "notes"}}],
            "containers": [{"name": "a", "volumeMounts": [mount("web-token-notes")]}],
            "initContainers": [{"name": "b"}],
        })
    );
}

#[rstest]
#[case::generated(
    json!({"selector": {"matchLabels": {"controller-uid": "1", "batch.kubernetes.io/controller-uid": "1"}},
           "template": {"metadata": {"labels": {"controller-uid": "1", "app": "a"}}}}),
    json!({"template": {"metadata": {"labels": {"app": "a"}}}})
)]
#[case::manual(
    json!({"manualSelector": true, "selector": {"matchLabels": {"app": "a"}}}),
    json!({"manualSelector": true, "selector": {"matchLabels": {"app": "a"}}})
)]
fn a_job_forgets_its_identity(#[case] spec: Value, #[case] expected: Value) {
    assert_eq!(prepared("jobs.batch", json!({"spec": spec}))["spec"], expected);
}

#[test]
fn a_claim_is_bound_to_the_volume_that_is_restored_or_to_a_new_one() {
    let context = Context {
        provisioned_anew: ["made".to_owned()].into(),
        ..Context::default()
    };
    let claim = |volume: &str| {
        let annotations =
            json!({"pv.kubernetes.io/bind-completed": "yes", "volume.kubernetes.io/selected-node": "n"});
        json!({"metadata": {"annotations": annotations}, "spec": {"volumeName": volume}})
    };
    let kept = prepared_with("persistentvolumeclaims", claim("described"), &context);
    assert_eq!(
        kept,
        json!({"metadata": {"name": "it"}, "spec": {"volumeName": "described"}})
    );

    let mut object = object("persistentvolumeclaims", claim("made"));
    let notes = prepare(&mut object, &context);
    assert_eq!(object.json["spec"], json!({}));
    assert_eq!(notes[0].code, "volume-provisioned-anew");
}

#[test]
fn a_volume_waits_for_its_claim_by_name() {
    let volume = prepared(
        "persistentvolumes",
        json!({
            "metadata": {"annotations": {"pv.kubernetes.io/bound-by-controller": "yes", "pv.kubernetes.io/provisioned-by": "p"}},
            "spec": {"claimRef": {"namespace": "shop", "name": "data", "uid": "1", "resourceVersion": "2"}},
        }),
    );
    assert_eq!(
        volume["spec"],
        json!({"claimRef": {"namespace": "shop", "name": "data"}})
    );
    assert_eq!(
        volume["metadata"]["annotations"],
        json!({"pv.kubernetes.io/provisioned-by": "p"})
    );
}

#[rstest]
#[case::one(json!([{"name": "it-token-x7k2p"}]), None)]
#[case::among_others(json!([{"name": "mine"}, {"name": "it-token-x7k2p"}]), Some(json!([{"name": "mine"}])))]
#[case::no_generated(json!([{"name": "it-token"}]), Some(json!([{"name": "it-token"}])))]
fn a_service_account_forgets_its_generated_token(#[case] secrets: Value, #[case] expected: Option<Value>) {
    let account = prepared("serviceaccounts", json!({"secrets": secrets}));
    assert_eq!(account.get("secrets"), expected.as_ref());
}

#[test]
fn a_token_that_was_asked_for_is_filled_anew() {
    let secret = json!({
        "metadata": {"annotations": {"kubernetes.io/service-account.name": "web", "kubernetes.io/service-account.uid": "1"}},
        "type": TOKEN, "data": {"token": "x", "ca.crt": "y", "namespace": "z"},
    });
    let secret = prepared("secrets", secret);
    assert_eq!(secret["data"], json!({"namespace": "z"}));
    assert_eq!(
        secret["metadata"]["annotations"],
        json!({"kubernetes.io/service-account.name": "web"})
    );
}

#[test]
fn a_definition_keeps_unknown_fields_in_the_form_of_v1() {
    let definition = prepared(
        "customresourcedefinitions.apiextensions.k8s.io",
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "spec": {"preserveUnknownFields": true, "versions": [{"schema": {"openAPIV3Schema": {"type": "object"}}}]},
        }),
    );
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    assert_eq!(
        definition["spec"],
        json!({"versions": [{"schema": {"openAPIV3Schema": schema}}]})
    );
}

#[rstest]
#[case("None", "None")]
#[case("NoneOnDryRun", "NoneOnDryRun")]
#[case("Some", "None")]
#[case("Unknown", "None")]
fn webhooks_declare_side_effects_that_v1_accepts(#[case] before: &str, #[case] after: &str) {
    let webhooks = prepared(
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "webhooks": [{"sideEffects": before}]}),
    );
    assert_eq!(webhooks["webhooks"], json!([{"sideEffects": after}]));
}

#[rstest]
#[case("events", true)]
#[case("events.events.k8s.io", true)]
#[case("nodes", true)]
#[case("volumeattachments.storage.k8s.io", true)]
#[case("backups.velero.io", true)]
#[case("backups.example.com", false)]
#[case("configmaps", false)]
fn what_belongs_to_one_cluster_alone_is_never_restored(#[case] resource: &str, #[case] never: bool) {
    assert_eq!(left_out(&object(resource, json!({}))).is_some(), never);
}
