//! What a backup of a live cluster leaves out, and what it could not read.

use super::*;
use crate::archive::LeftOut;
use crate::object::FilterSpec;
use crate::report::{Code, Outcome};
use rstest::rstest;

/// A live cluster with what controllers make in it.
fn cluster() -> Given {
    let labelled = |object, name: &str, value: &str| with(object, "/metadata/labels", json!({ name: value }));
    let annotations = json!({ "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" });
    let objects = vec![
        object("Namespace", "default"),
        object("Namespace", "kube-system"),
        object("Namespace", "shop"),
        object("ConfigMap", "kube-system/extension"),
        object("ConfigMap", "shop/flags"),
        object("Secret", "shop/password"),
        object("Event", "shop/started"),
        object("Lease", "shop/leader"),
        object("Endpoints", "default/kubernetes"),
        with(
            object("Endpoints", "shop/web"),
            "/metadata/annotations",
            annotations,
        ),
        labelled(
            object("Endpoints", "shop/api"),
            "endpoints.kubernetes.io/managed-by",
            "endpoint-controller",
        ),
        object("Endpoints", "shop/outside"),
        labelled(
            object("EndpointSlice", "shop/web-1"),
            "endpointslice.kubernetes.io/managed-by",
            "endpointslice-controller.k8s.io",
        ),
        labelled(
            object("EndpointSlice", "shop/outside"),
            "endpointslice.kubernetes.io/managed-by",
            "me",
        ),
    ];
    Given {
        is_live: true,
        ..Given::new(objects)
    }
}

async fn taken(cluster: &Given, filter: FilterSpec) -> (Vec<String>, BackupSummary) {
    let (_root, store) = folder();
    let request = BackupRequest {
        filter,
        ..request("b")
    };
    let summary = back_up(&request, cluster, store.as_ref()).await.unwrap();
    (contents(&store, &request.name).await, summary)
}

fn list(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_a_cluster_makes_by_itself_is_left_out_and_the_report_says_so() {
    let (taken, summary) = taken(&cluster(), FilterSpec::default()).await;
    let expected = [
        "configmaps shop/flags",
        "endpoints shop/outside",
        "secrets shop/password",
        "endpointslices.discovery.k8s.io shop/outside",
        "namespaces default",
        "namespaces shop",
    ];
    assert_eq!(taken, expected);
    let left_out = LeftOut {
        types: vec![
            GroupResource::new("", "events"),
            GroupResource::new("coordination.k8s.io", "leases"),
        ],
        namespaces: list("kube-system"),
        objects: 6,
    };
    assert_eq!(summary.manifest.contents.left_out, left_out);
    assert_eq!(
        (summary.warnings.len(), summary.outcome()),
        (0, Outcome::Completed)
    );
}

#[rstest]
#[case::namespace(
    FilterSpec { include_namespaces: list("kube-*"), ..FilterSpec::default() },
    &["configmaps kube-system/extension", "namespaces kube-system"]
)]
#[case::namespace_beside_all(
    FilterSpec {
        include_namespaces: list("* kube-system"),
        include_resources: list("configmaps"),
        exclude_resources: list("namespaces"),
        ..FilterSpec::default()
    },
    &["configmaps kube-system/extension", "configmaps shop/flags"]
)]
#[case::types(
    FilterSpec { include_resources: list("events leases"), exclude_resources: list("namespaces"), ..FilterSpec::default() },
    &["events shop/started", "leases.coordination.k8s.io shop/leader"]
)]
#[case::endpoints(
    FilterSpec { include_resources: list("endpoints"), exclude_resources: list("namespaces"), ..FilterSpec::default() },
    &["endpoints default/kubernetes", "endpoints shop/api", "endpoints shop/outside", "endpoints shop/web"]
)]
#[tokio::test]
async fn a_filter_that_names_it_takes_it(#[case] filter: FilterSpec, #[case] expected: &[&str]) {
    assert_eq!(taken(&cluster(), filter).await.0, expected);
}

#[tokio::test]
async fn a_folder_has_nothing_that_a_cluster_makes_by_itself() {
    let cluster = Given {
        is_live: false,
        ..cluster()
    };
    let (taken, summary) = taken(&cluster, FilterSpec::default()).await;
    assert_eq!(taken.len(), cluster.objects.len());
    assert_eq!(summary.manifest.contents.left_out, LeftOut::default());
}

#[tokio::test]
async fn secrets_are_left_out_when_that_is_asked_for() {
    let filter = FilterSpec {
        exclude_secrets: true,
        ..FilterSpec::default()
    };
    let (taken, summary) = taken(&cluster(), filter).await;
    assert!(!taken.iter().any(|id| id.starts_with("secrets")), "{taken:?}");
    assert!(summary.manifest.source.filter.leaves_out_secrets());
}

#[rstest]
#[case(FilterSpec::default(), false)]
#[case(FilterSpec { exclude_secrets: true, ..FilterSpec::default() }, true)]
#[case(FilterSpec { exclude_resources: list("v1/Secret"), ..FilterSpec::default() }, true)]
#[case(FilterSpec { include_resources: list("pods"), ..FilterSpec::default() }, true)]
#[case(FilterSpec { include_resources: list("secrets pods"), ..FilterSpec::default() }, false)]
#[case(FilterSpec { include_namespaces: list("shop"), ..FilterSpec::default() }, false)]
fn a_filter_knows_whether_it_leaves_out_secrets(#[case] filter: FilterSpec, #[case] expected: bool) {
    assert_eq!(filter.leaves_out_secrets(), expected);
}

fn forbidden() -> ClusterError {
    ClusterError::Forbidden {
        verb: "list",
        resource: Box::new(GroupResource::new("", "secrets")),
        namespace: None,
        message: "eve".to_owned(),
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_the_rest_is_backed_up() {
    let cluster = Given {
        fails_on: Some((GroupResource::new("", "secrets"), forbidden)),
        ..cluster()
    };
    let (taken, summary) = taken(&cluster, FilterSpec::default()).await;
    assert!(
        taken.contains(&"endpointslices.discovery.k8s.io shop/outside".to_owned()),
        "{taken:?}"
    );
    let [error] = summary.errors.as_slice() else {
        panic!("{:?}", summary.errors)
    };
    assert_eq!(error.code, Code::Forbidden);
    let expected =
        "secrets: after 1 of them, the others are not in the backup: no right to list secrets: eve";
    assert_eq!(error.to_string(), expected);
    assert_eq!(
        (summary.manifest.errors, summary.outcome()),
        (1, Outcome::PartiallyFailed)
    );
}

#[tokio::test]
async fn a_type_that_is_gone_meanwhile_is_no_error() {
    let gone = || ClusterError::UnknownType(GroupResource::new("", "secrets"));
    let cluster = Given {
        fails_on: Some((GroupResource::new("", "secrets"), gone)),
        ..cluster()
    };
    assert_eq!(taken(&cluster, FilterSpec::default()).await.1.errors, []);
}

#[tokio::test]
async fn a_cluster_that_is_gone_meanwhile_leaves_no_backup() {
    let gone = || ClusterError::Unreachable {
        cluster: "c".to_owned(),
        message: "gone".to_owned(),
    };
    let cluster = Given {
        fails_on: Some((GroupResource::new("", "secrets"), gone)),
        ..cluster()
    };
    let (_root, store) = folder();
    let error = back_up(&request("b"), &cluster, store.as_ref())
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        BackupError::Cluster(ClusterError::Unreachable { .. })
    ));
    assert_eq!(store.list("").await.unwrap(), []);
}

#[tokio::test]
async fn who_may_not_list_namespaces_names_them() {
    let cluster = Given {
        fails_on: Some((GroupResource::new("", "namespaces"), forbidden)),
        ..cluster()
    };
    let filter = FilterSpec {
        include_namespaces: list("shop"),
        ..FilterSpec::default()
    };
    let (taken, summary) = taken(&cluster, filter).await;
    assert!(taken.contains(&"configmaps shop/flags".to_owned()), "{taken:?}");
    assert_eq!(
        summary.warnings.first().map(|problem| problem.code),
        Some(Code::Forbidden)
    );

    let (_root, store) = folder();
    let error = back_up(&request("b"), &cluster, store.as_ref())
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        BackupError::Cluster(ClusterError::Forbidden { .. })
    ));
}

#[tokio::test]
async fn of_a_few_namespaces_no_other_is_read() {
    let cluster = cluster();
    let filter = FilterSpec {
        include_namespaces: list("shop"),
        ..FilterSpec::default()
    };
    taken(&cluster, filter).await;
    let lists = cluster.lists.lock().unwrap();
    let of_config_maps: Vec<_> = lists.iter().filter(|(of, _)| of.is("", "configmaps")).collect();
    assert_eq!(
        of_config_maps,
        [&(GroupResource::new("", "configmaps"), Some("shop".to_owned()))]
    );
}

#[rstest]
#[case::its_label(true, FilterSpec::default(), "its label leaves it out")]
#[case::the_filter(
    false,
    FilterSpec { exclude_resources: list("persistentvolumeclaims"), ..FilterSpec::default() },
    "pods in the backup use 1 of them"
)]
#[tokio::test]
async fn a_claim_that_a_pod_uses_and_that_is_left_out_is_named(
    #[case] labelled: bool,
    #[case] filter: FilterSpec,
    #[case] message: &str,
) {
    let volumes =
        json!({ "volumes": [{ "name": "data", "persistentVolumeClaim": { "claimName": "data" } }] });
    let mut claim = object("PersistentVolumeClaim", "shop/data");
    if labelled {
        claim = with(
            claim,
            "/metadata/labels",
            json!({ "velero.io/exclude-from-backup": "true" }),
        );
    }
    let cluster = Given::new(vec![with(object("Pod", "shop/web"), "/spec", volumes), claim]);
    let (_, summary) = taken(&cluster, filter).await;
    let [warning] = summary.warnings.as_slice() else {
        panic!("{:?}", summary.warnings)
    };
    assert_eq!(warning.code, Code::NeedLeftOut);
    assert!(warning.message.contains(message), "{warning}");
}
