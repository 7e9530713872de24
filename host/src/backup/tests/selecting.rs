//! Which objects a backup takes, and in which order.

use super::*;
use crate::object::{ClusterScope, FilterSpec};
use rstest::rstest;

/// A shop whose pod has a claim with a volume, a service account with a cluster role, and a custom object; something of
/// each that it does not need; and what is never taken.
fn cluster() -> Given {
    Given::new([pod_and_volumes(), roles(), left_out(), others()].concat())
}

fn pod_and_volumes() -> Vec<Value> {
    let volumes = json!([
        { "name": "data", "persistentVolumeClaim": { "claimName": "data" } },
        { "name": "scratch", "ephemeral": { "volumeClaimTemplate": {} } },
        { "name": "none", "emptyDir": {} },
    ]);
    let pod = with(
        object("Pod", "shop/web"),
        "/metadata/labels",
        json!({ "app": "web" }),
    );
    vec![
        with(pod, "/spec", json!({ "volumes": volumes })),
        with(
            object("PersistentVolumeClaim", "shop/data"),
            "/spec",
            json!({ "volumeName": "pv-data" }),
        ),
        object("PersistentVolumeClaim", "shop/unused"),
        object("PersistentVolumeClaim", "shop/web-scratch"),
        object("PersistentVolume", "pv-data"),
        object("PersistentVolume", "pv-free"),
    ]
}

fn roles() -> Vec<Value> {
    let binding = |name, namespace, role| {
        let subjects = json!([{ "kind": "ServiceAccount", "namespace": namespace, "name": "web" }]);
        let binding = with(object("ClusterRoleBinding", name), "/subjects", subjects);
        with(
            binding,
            "/roleRef",
            json!({ "kind": "ClusterRole", "name": role }),
        )
    };
    vec![
        object("ServiceAccount", "shop/web"),
        binding("web", "shop", "reader"),
        binding("else", "other", "writer"),
        object("ClusterRole", "reader"),
        object("ClusterRole", "writer"),
    ]
}

fn left_out() -> Vec<Value> {
    let labelled = |object, label: &str| with(object, "/metadata/labels", json!({ label: "true" }));
    let going = json!("2026-01-01T00:00:00Z");
    vec![
        labelled(object("Namespace", "hidden"), "velero.io/exclude-from-backup"),
        object("ConfigMap", "hidden/any"),
        labelled(
            object("ConfigMap", "shop/private"),
            "lazarette.dev/exclude-from-backup",
        ),
        with(
            object("ConfigMap", "shop/going"),
            "/metadata/deletionTimestamp",
            going,
        ),
    ]
}

fn others() -> Vec<Value> {
    let label = json!({ "velero.io/exclude-from-backup": "false" });
    vec![
        object("Namespace", "shop"),
        object("Namespace", "other"),
        object("ConfigMap", "other/flags"),
        object("ConfigMap", "shop/flags"),
        with(object("ConfigMap", "shop/public"), "/metadata/labels", label),
        object("Widget", "shop/one"),
        object("CustomResourceDefinition", "gadgets.example.com"),
        object("CustomResourceDefinition", "widgets.example.com"),
        object("StorageClass", "fast"),
    ]
}

fn patterns(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn namespaces(text: &str) -> FilterSpec {
    FilterSpec {
        include_namespaces: patterns(text),
        ..FilterSpec::default()
    }
}

fn resources(text: &str) -> FilterSpec {
    FilterSpec {
        include_resources: patterns(text),
        ..FilterSpec::default()
    }
}

const SHOP: &[&str] = &[
    "configmaps shop/flags",
    "configmaps shop/public",
    "pods shop/web",
    "serviceaccounts shop/web",
    "widgets.example.com shop/one",
    "persistentvolumeclaims shop/data",
    "persistentvolumeclaims shop/unused",
    "persistentvolumeclaims shop/web-scratch",
];

const NEEDED_BY_THE_POD: &[&str] = &[
    "pods shop/web",
    "persistentvolumeclaims shop/data",
    "persistentvolumeclaims shop/web-scratch",
    "namespaces shop",
    "persistentvolumes pv-data",
];

#[rstest]
#[case::a_namespace_brings_what_its_objects_need(namespaces("shop"), [SHOP, &[
    "namespaces shop",
    "persistentvolumes pv-data",
    "clusterrolebindings.rbac.authorization.k8s.io web",
    "customresourcedefinitions.apiextensions.k8s.io widgets.example.com",
    "clusterroles.rbac.authorization.k8s.io reader",
]].concat())]
#[case::or_not_even_that(
    FilterSpec { include_cluster_resources: ClusterScope::Never, ..namespaces("shop") },
    [SHOP, &["namespaces shop"]].concat(),
)]
#[case::or_all_of_the_cluster(
    FilterSpec { include_cluster_resources: ClusterScope::Always, ..namespaces("shop") },
    [SHOP, &[
        "storageclasses.storage.k8s.io fast",
        "namespaces shop",
        "persistentvolumes pv-data",
        "persistentvolumes pv-free",
        "clusterrolebindings.rbac.authorization.k8s.io else",
        "clusterrolebindings.rbac.authorization.k8s.io web",
        "customresourcedefinitions.apiextensions.k8s.io gadgets.example.com",
        "customresourcedefinitions.apiextensions.k8s.io widgets.example.com",
        "clusterroles.rbac.authorization.k8s.io reader",
        "clusterroles.rbac.authorization.k8s.io writer",
    ]].concat(),
)]
#[case::a_pod_brings_claims_and_volumes(resources("pods"), NEEDED_BY_THE_POD.to_vec())]
#[case::also_one_that_a_selector_chose(
    FilterSpec { selectors: vec!["app=web".to_owned()], ..FilterSpec::default() },
    NEEDED_BY_THE_POD.to_vec(),
)]
#[case::a_binding_brings_its_role(
    resources("clusterrolebindings"),
    vec![
        "clusterrolebindings.rbac.authorization.k8s.io else",
        "clusterrolebindings.rbac.authorization.k8s.io web",
        "clusterroles.rbac.authorization.k8s.io reader",
        "clusterroles.rbac.authorization.k8s.io writer",
    ],
)]
#[case::what_is_excluded_is_not_needed(
    FilterSpec { exclude_resources: patterns("persistentvolumeclaims namespaces"), ..resources("pods") },
    vec!["pods shop/web"],
)]
#[case::an_excluded_namespace_stays_away(
    FilterSpec { exclude_namespaces: patterns("shop"), ..FilterSpec::default() },
    vec!["configmaps other/flags", "namespaces other"],
)]
#[tokio::test]
async fn a_backup_takes_what_is_asked_for_and_what_that_needs(
    #[case] filter: FilterSpec,
    #[case] expected: Vec<&str>,
) {
    let (_root, store) = folder();
    let request = BackupRequest {
        filter,
        ..request("b")
    };
    back_up(&request, &cluster(), store.as_ref()).await.unwrap();
    assert_eq!(contents(&store, &request.name).await, expected);
}

#[tokio::test]
async fn everything_but_what_is_going_or_labelled_and_a_count_of_those() {
    let (_root, store) = folder();
    let summary = back_up(&request("b"), &cluster(), store.as_ref()).await.unwrap();
    let contents = contents(&store, &request("b").name).await;
    assert_eq!(contents.len(), cluster().objects.len() - 4);
    assert!(
        contents
            .iter()
            .all(|id| !id.contains("hidden") && !id.contains("private") && !id.contains("going"))
    );
    let counted = &summary.manifest.contents;
    assert_eq!((counted.being_deleted, counted.excluded_by_label), (1, 3));
    assert_eq!(usize::try_from(counted.objects).unwrap(), contents.len());
    assert_eq!(summary.warnings, []);
}

#[tokio::test]
async fn what_fits_nothing_is_a_warning() {
    let (_root, store) = folder();
    let filter = FilterSpec {
        include_namespaces: patterns("shpo"),
        ..resources("widgts pods")
    };
    let summary = back_up(
        &BackupRequest {
            filter,
            ..request("b")
        },
        &cluster(),
        store.as_ref(),
    )
    .await
    .unwrap();
    assert_eq!(summary.warnings.len(), 2, "{:?}", summary.warnings);
    assert_eq!(summary.manifest.warnings, 2);
    assert_eq!(contents(&store, &request("b").name).await.len(), 0);
}

#[tokio::test]
async fn the_bytes_depend_on_the_objects_alone() {
    let (_root, store) = folder();
    let mut digests = Vec::new();
    for page_size in [1, 2, 100] {
        let cluster = Given {
            page_size,
            ..cluster()
        };
        let request = request(&format!("b-{page_size}"));
        let manifest = back_up(&request, &cluster, store.as_ref())
            .await
            .unwrap()
            .manifest;
        digests.push(manifest.file(archive::BackupFile::Objects).unwrap().sha256);
    }
    assert!(digests.iter().all(|digest| *digest == digests[0]));
}

#[rstest]
#[case::no_spec(json!({}))]
#[case::another_form(json!({ "spec": { "volumes": "x" } }))]
#[case::no_name(json!({ "spec": { "volumes": [{ "persistentVolumeClaim": {} }] } }))]
#[tokio::test]
async fn an_odd_object_needs_nothing(#[case] odd: Value) {
    let (_root, store) = folder();
    let mut pod = object("Pod", "shop/odd");
    pod.as_object_mut()
        .unwrap()
        .extend(odd.as_object().unwrap().clone());
    let request = BackupRequest {
        filter: resources("pods"),
        ..request("b")
    };
    back_up(&request, &Given::new(vec![pod]), store.as_ref())
        .await
        .unwrap();
    assert_eq!(contents(&store, &request.name).await, ["pods shop/odd"]);
}
