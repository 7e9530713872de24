use super::*;
use crate::object::built_in_types;
use rstest::rstest;

fn types() -> Vec<ResourceType> {
    let custom = |group: &str, resource: &str, kind: &str| ResourceType {
        resource: GroupResource::new(group, resource),
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespaced: true,
    };
    let mut types: Vec<_> = built_in_types()
        .iter()
        .map(|built_in| built_in.of.clone())
        .collect();
    types.push(custom("example.com", "shops", "Shop"));
    types.push(custom("serving.knative.dev", "services", "Service"));
    types
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

fn id(resource: &str, namespace: &str, name: &str) -> ObjectId {
    let namespace = Some(namespace)
        .filter(|namespace| !namespace.is_empty())
        .map(str::to_owned);
    ObjectId {
        resource: resource.parse().unwrap(),
        namespace,
        name: name.to_owned(),
    }
}

#[rstest]
#[case::all("", "", "shop", true)]
#[case::star("*", "", "shop", true)]
#[case::star_among_others("other *", "", "shop", true)]
#[case::named("shop", "", "shop", true)]
#[case::not_named("other", "", "shop", false)]
#[case::pattern("sh*", "", "shop", true)]
#[case::one_character("sho?", "", "shop", true)]
#[case::class("[r-t]hop", "", "shop", true)]
#[case::excluded("", "shop", "shop", false)]
#[case::exclusion_wins("shop", "s*", "shop", false)]
#[case::star_with_exclusion("*", "shop-*", "shop-test", false)]
#[case::all_excluded("", "*", "shop", false)]
fn namespaces_are_chosen(
    #[case] include: &str,
    #[case] exclude: &str,
    #[case] namespace: &str,
    #[case] admitted: bool,
) {
    let spec = FilterSpec {
        include_namespaces: words(include),
        exclude_namespaces: words(exclude),
        ..Default::default()
    };
    let filter = Filter::new(&spec, &types()).unwrap();
    assert_eq!(filter.admits(&id("pods", namespace, "web"), []), admitted);
    assert_eq!(
        filter.admits(&id("namespaces", "", namespace), []),
        admitted,
        "a Namespace goes by its own name"
    );
}

#[rstest]
#[case::all("", "", false)]
#[case::star("*", "", false)]
#[case::by_name("kube-system", "", true)]
#[case::by_pattern("kube-*", "", true)]
#[case::beside_star("* kube-system", "", true)]
#[case::excluded("* kube-system", "kube-system", false)]
#[case::another("* kube-public", "", false)]
fn a_filter_names_what_it_asks_for_in_particular(
    #[case] include: &str,
    #[case] exclude: &str,
    #[case] expected: bool,
) {
    let spec = FilterSpec {
        include_namespaces: words(include),
        exclude_namespaces: words(exclude),
        include_resources: words(include),
        exclude_resources: words(exclude),
        ..Default::default()
    };
    let filter = Filter::new(&spec, &types()).unwrap();
    assert_eq!(filter.names_namespace("kube-system"), expected);
    assert_eq!(
        filter.names_resource(&GroupResource::new("", "kube-system")),
        expected
    );
}

#[rstest]
#[case::resource("deployments", "deployments.apps deployments.extensions")]
#[case::with_group("deployments.apps", "deployments.apps")]
#[case::with_version("deployments.v1.apps", "deployments.apps")]
#[case::singular("deployment", "deployments.apps deployments.extensions")]
#[case::singular_with_group("deployment.apps", "deployments.apps")]
#[case::kind("Deployment", "deployments.apps deployments.extensions")]
#[case::group_and_kind("apps/Deployment", "deployments.apps")]
#[case::group_and_resource("apps/deployments", "deployments.apps")]
#[case::group_version_kind("apps/v1/Deployment", "deployments.apps")]
#[case::core_kind("v1/Secret", "secrets")]
#[case::core_version("secrets.v1", "secrets")]
#[case::short("deploy", "deployments.apps deployments.extensions")]
#[case::short_of_core("cm", "configmaps")]
#[case::built_in_first("services", "services")]
#[case::other_group("services.serving.knative.dev", "services.serving.knative.dev")]
#[case::custom("shops", "shops.example.com")]
#[case::custom_kind("Shop", "shops.example.com")]
#[case::pattern(
    "*.apps",
    "controllerrevisions.apps daemonsets.apps deployments.apps replicasets.apps statefulsets.apps"
)]
#[case::several("secrets,v1/ConfigMap", "configmaps secrets")]
#[case::unknown("shop.example.org", "")]
fn resource_types_are_known_by_many_names(#[case] entries: &str, #[case] expected: &str) {
    let entries: Vec<String> = entries.split(',').map(str::to_owned).collect();
    let types = types();
    let resources = |filter: &Filter| -> Vec<String> {
        let mut names: Vec<_> = types
            .iter()
            .filter(|of| filter.admits(&id(&of.resource.to_string(), "shop", "web"), []))
            .map(|of| of.resource.to_string())
            .collect();
        names.sort();
        names
    };
    let including = FilterSpec {
        include_resources: entries.clone(),
        ..Default::default()
    };
    let taken = resources(&Filter::new(&including, &types).unwrap());
    assert_eq!(taken, words(expected));
    let excluding = FilterSpec {
        exclude_resources: entries,
        ..Default::default()
    };
    let left = resources(&Filter::new(&excluding, &types).unwrap());
    assert_eq!(
        taken.len() + left.len(),
        types.len(),
        "what is not included is what is left by the exclusion"
    );
}

#[rstest]
#[case(
    "deploymets",
    "no resource type is called 'deploymets' (included resource types); did you mean 'deployments.apps'?"
)]
#[case("Confgmap", "did you mean 'configmaps'?")]
#[case("apps/Deploymnt", "did you mean 'deployments.apps'?")]
#[case("*.nowhere", "no resource type fits '*.nowhere'")]
fn a_name_that_is_none_is_a_warning_and_not_everything(#[case] entry: &str, #[case] warning: &str) {
    let spec = FilterSpec {
        include_resources: words(entry),
        ..Default::default()
    };
    let filter = Filter::new(&spec, &types()).unwrap();
    assert!(filter.warnings()[0].contains(warning), "{:?}", filter.warnings());
    assert!(!filter.admits(&id("deployments.apps", "shop", "web"), []));
}

#[test]
fn a_namespace_that_is_none_is_a_warning() {
    let spec = FilterSpec {
        include_namespaces: words("shop shpo-test x*"),
        exclude_namespaces: words("shop*"),
        ..Default::default()
    };
    let warnings = Filter::new(&spec, &types())
        .unwrap()
        .unmatched_namespaces(&["shop", "shop-test"]);
    let expected = [
        "no namespace is called 'shpo-test'; did you mean 'shop-test'?",
        "no namespace is called 'x*'",
    ];
    assert_eq!(warnings, expected);
}

#[rstest]
#[case::auto_takes_all_with_everything(ClusterScope::Auto, "", "", true)]
#[case::auto_with_star(ClusterScope::Auto, "*", "", true)]
#[case::auto_with_a_namespace(ClusterScope::Auto, "shop", "", false)]
#[case::auto_with_an_exclusion(ClusterScope::Auto, "", "other", false)]
#[case::always(ClusterScope::Always, "shop", "", true)]
#[case::never(ClusterScope::Never, "", "", false)]
fn objects_of_the_cluster_are_chosen(
    #[case] scope: ClusterScope,
    #[case] include: &str,
    #[case] exclude: &str,
    #[case] admitted: bool,
) {
    let spec = FilterSpec {
        include_namespaces: words(include),
        exclude_namespaces: words(exclude),
        include_cluster_resources: scope,
        ..Default::default()
    };
    let types = types();
    let filter = Filter::new(&spec, &types).unwrap();
    assert_eq!(
        filter.admits(&id("storageclasses.storage.k8s.io", "", "fast"), []),
        admitted
    );
    let of = types.iter().find(|of| of.kind == "StorageClass").unwrap();
    assert_eq!(filter.admits_type(of), admitted);
    assert!(
        filter.admits(&id("namespaces", "", "shop"), []),
        "namespaces go by their names"
    );
}

#[rstest]
#[case::none(&[], true)]
#[case::fits(&["app=web"], true)]
#[case::fits_not(&["app=db"], false)]
#[case::one_of_several(&["app=db", "app=web"], true)]
fn several_selectors_are_alternatives(#[case] selectors: &[&str], #[case] admitted: bool) {
    let selectors = selectors.iter().map(|&text| text.to_owned()).collect();
    let filter = Filter::new(
        &FilterSpec {
            selectors,
            ..Default::default()
        },
        &types(),
    )
    .unwrap();
    assert_eq!(
        filter.admits(&id("pods", "shop", "web"), [("app", "web")]),
        admitted
    );
}

#[rstest]
#[case(FilterSpec { include_namespaces: words("["), ..Default::default() }, "included namespaces: '[' is not a pattern")]
#[case(FilterSpec { exclude_resources: vec![String::new()], ..Default::default() }, "an entry is empty")]
#[case(FilterSpec { exclude_resources: words("*"), ..Default::default() }, "leaves nothing")]
#[case(FilterSpec { selectors: words("a,"), ..Default::default() }, "label selector 'a,'")]
fn a_filter_that_cannot_be_read_says_why(#[case] spec: FilterSpec, #[case] message: &str) {
    let problem = Problem::from(Filter::new(&spec, &types()).unwrap_err());
    assert_eq!(problem.code, Code::InvalidArgument);
    assert!(problem.message.contains(message), "{problem}");
}

#[test]
fn a_filter_is_kept_with_a_backup_as_it_was_given() {
    let spec = FilterSpec {
        include_namespaces: words("shop"),
        include_cluster_resources: ClusterScope::Never,
        ..Default::default()
    };
    let text = serde_json::to_string(&spec).unwrap();
    assert!(
        text.contains(r#""includeNamespaces":["shop"]"#)
            && text.contains(r#""includeClusterResources":"false""#)
    );
    assert_eq!(serde_json::from_str::<FilterSpec>(&text).unwrap(), spec);
    assert_eq!(
        serde_json::from_str::<FilterSpec>("{}").unwrap(),
        FilterSpec::default()
    );
}
