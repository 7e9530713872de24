//! Endpoints and EndpointSlices that a cluster keeps by itself for its Services.

use super::ObjectId;

/// Who makes EndpointSlices for Services, by the label `endpointslice.kubernetes.io/managed-by`.
const SLICE_CONTROLLERS: [&str; 2] = [
    "endpointslice-controller.k8s.io",
    "endpointslicemirroring-controller.k8s.io",
];

/// The annotation that the controller of Endpoints sets. Clusters older than 1.33 have no label for it.
const CHANGED_BY_CONTROLLER: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// Whether a controller, or the API server for itself, keeps this object for a Service. What people write themselves,
/// for a Service without a selector, has none of these marks. `has_annotation` is asked for Endpoints only.
pub fn is_kept_for_service<'l>(
    id: &ObjectId,
    labels: impl IntoIterator<Item = (&'l str, &'l str)>,
    has_annotation: impl FnOnce(&str) -> bool,
) -> bool {
    let of_server = || id.namespace.as_deref() == Some("default") && id.name == "kubernetes";
    let mut labels = labels.into_iter();
    if id.resource.is("", "endpoints") {
        let of_controller = ("endpoints.kubernetes.io/managed-by", "endpoint-controller");
        return of_server()
            || labels.any(|label| label == of_controller)
            || has_annotation(CHANGED_BY_CONTROLLER);
    }
    let of_controller = |(label, value): (&str, &str)| {
        label == "endpointslice.kubernetes.io/managed-by" && SLICE_CONTROLLERS.contains(&value)
    };
    id.resource.is("discovery.k8s.io", "endpointslices") && (of_server() || labels.any(of_controller))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SLICES: &str = "endpointslices.discovery.k8s.io";

    #[rstest]
    #[case::labelled("endpoints", "shop", "web", &[("endpoints.kubernetes.io/managed-by", "endpoint-controller")], false, true)]
    #[case::annotated("endpoints", "shop", "web", &[], true, true)]
    #[case::of_somebody("endpoints", "shop", "outside", &[("app", "web")], false, false)]
    #[case::of_the_server("endpoints", "default", "kubernetes", &[], false, true)]
    #[case::same_name_elsewhere("endpoints", "shop", "kubernetes", &[], false, false)]
    #[case::slice(SLICES, "shop", "web-1", &[("endpointslice.kubernetes.io/managed-by", SLICE_CONTROLLERS[0])], false, true)]
    #[case::mirrored_slice(SLICES, "shop", "web-1", &[("endpointslice.kubernetes.io/managed-by", SLICE_CONTROLLERS[1])], false, true)]
    #[case::slice_of_somebody(SLICES, "shop", "web-1", &[("endpointslice.kubernetes.io/managed-by", "me")], true, false)]
    #[case::another_type("configmaps", "default", "kubernetes", &[], true, false)]
    fn what_a_cluster_keeps_is_known(
        #[case] resource: &str,
        #[case] namespace: &str,
        #[case] name: &str,
        #[case] labels: &[(&str, &str)],
        #[case] is_annotated: bool,
        #[case] expected: bool,
    ) {
        let id = ObjectId {
            resource: resource.parse().unwrap(),
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        };
        let kept = is_kept_for_service(&id, labels.iter().copied(), |_| is_annotated);
        assert_eq!(kept, expected);
    }
}
