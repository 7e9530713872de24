use super::*;

#[tokio::test]
async fn every_object_of_a_folder_is_read() {
    let list = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \
        \"metadata\": {\"name\": \"key\", \"namespace\": \"shop\"}}]}";
    let documents = format!("# nothing\n---\n{NAMESPACE}---\n---\n{POD}");
    let (_folder, manifests) = open(&[
        ("a/b/list.json", list),
        ("all.yaml", &documents),
        ("a custom resource before its definition.yml", SHOP),
        ("definition.yaml", DEFINITION),
        ("readme.md", "# no manifest"),
    ]);
    let expected = [
        "namespaces shop",
        "pods default/web",
        "secrets shop/key",
        "customresourcedefinitions.apiextensions.k8s.io shops.example.com",
        "shops.example.com default/corner",
    ];
    assert_eq!(ids(&manifests).await, expected);
    assert!(manifests.resource_types().await.unwrap().warnings.is_empty());
}

#[tokio::test]
async fn what_is_no_object_is_left_out_with_a_warning() {
    let (_folder, manifests) = open(&[
        (
            "kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
        ),
        ("values.yaml", "# for the chart\nreplicas: 1\n"),
        ("pod.yaml", POD),
    ]);
    let warnings = manifests.resource_types().await.unwrap().warnings;
    assert!(
        warnings[0].contains("kustomization.yaml:1: left out")
            && warnings[1].contains("values.yaml:2: left out")
    );
    assert_eq!((ids(&manifests).await.len(), warnings.len()), (1, 2));
}

#[rstest]
#[case::twice(
    vec![("a.yaml", POD.to_owned()), ("b.yaml", format!("# again\n{POD}"))],
    "pods default/web is defined twice: in a.yaml:1 and in b.yaml:2"
)]
#[case::twice_in_two_versions(
    vec![("a.yaml", format!("{SHOP}---\n{DEFINITION}---\n{}", SHOP.replace("v1", "v2")))],
    "shops.example.com default/corner is defined twice: in a.yaml:1 and in a.yaml:16"
)]
#[case::unknown_kind(vec![("a.yaml", SHOP.to_owned())], "a.yaml:1: example.com/v1 Shop is no built-in kind")]
#[case::no_name(vec![("a.yaml", "---\napiVersion: v1\nkind: Pod\n".to_owned())], "a.yaml:2: the Pod has no metadata")]
#[case::in_a_list(
    vec![("a.yaml", "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {}\n".to_owned())],
    "a.yaml:1: item 1 of the list: the Pod has no metadata.name"
)]
#[case::no_yaml(vec![("a.yaml", "a: 1\nb: c: d\n".to_owned())], "a.yaml:2: column 5:")]
#[case::wrong_definition(
    vec![("a.yaml", DEFINITION.replace("Namespaced", "Both"))],
    "a.yaml:1: spec.scope must be"
)]
fn an_error_names_the_file_and_the_line(#[case] files: Vec<(&str, String)>, #[case] message: &str) {
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let error = refused(&files);
    assert!(error.contains(message), "{error}");
}

#[tokio::test]
async fn the_namespaces_of_every_cluster_are_there_and_not_listed() {
    let (_folder, manifests) = open(&[]);
    let namespace = built_in_type("Namespace");
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        let found = manifests.get(&namespace, None, name).await.unwrap().unwrap();
        assert_eq!(found["metadata"]["name"], name);
    }
    assert_eq!(manifests.get(&namespace, None, "shop").await.unwrap(), None);
    assert!(ids(&manifests).await.is_empty());
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"a": "b"}}});
    manifests.create(&namespace, &object, KEEP).await.unwrap();
    assert_eq!(
        manifests.get(&namespace, None, "default").await.unwrap(),
        Some(object.clone())
    );
    assert!(matches!(
        manifests.create(&namespace, &object, KEEP).await,
        Err(ClusterError::Exists(_))
    ));
    assert_durable(&manifests).await;
}

#[tokio::test]
async fn numbers_keep_all_their_digits() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nrate: 0.9717502954689279\nlarge: 18446744073709551615\n";
    let (_folder, manifests) = open(&[("a.yaml", text)]);
    let object = manifests
        .get(&built_in_type("ConfigMap"), Some("default"), "a")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(object["rate"].to_string(), "0.9717502954689279");
    assert_eq!(object["large"].to_string(), "18446744073709551615");
}

#[tokio::test]
async fn lists_come_in_pages_and_by_namespace_and_label() {
    let (_folder, manifests) = open(&[("a.yaml", NAMESPACE)]);
    let objects = (0..1201).map(|number| {
        let mut object = config_map(
            Some(if number % 2 == 0 { "shop" } else { "default" }),
            &format!("c{number:04}"),
        );
        object["metadata"]["labels"] = json!({"third": (number % 3 == 0).to_string()});
        object
    });
    let text: String = objects
        .map(|object| format!("---\n{}", crate::object::yaml::write(&object)))
        .collect();
    fs::write(manifests.path.join("many.yaml"), text).unwrap();
    let manifests = Manifests::open(&manifests.path).unwrap();
    let list = async |namespace: Option<&str>, selector: Option<&str>| {
        let options = ListOptions {
            namespace: namespace.map(str::to_owned),
            label_selector: selector.map(str::to_owned),
        };
        let pages: Vec<Page> = manifests
            .list(&built_in_type("ConfigMap"), &options)
            .try_collect()
            .await
            .unwrap();
        pages.iter().map(|page| page.items.len()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, [500, 500, 201]);
    assert_eq!(list(Some("shop"), None).await, [500, 101]);
    assert_eq!(list(None, Some("third=true")).await, [401]);
    assert_eq!(list(Some("default"), Some("third!=true")).await, [400]);
    assert!(list(Some("nowhere"), None).await.is_empty());
    let wrong = ListOptions {
        label_selector: Some("=".to_owned()),
        ..Default::default()
    };
    assert!(
        manifests
            .list(&built_in_type("ConfigMap"), &wrong)
            .try_collect::<Vec<_>>()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn objects_that_agree_on_a_version_are_served_in_it() {
    let scaler = |name: &str, version: &str| {
        format!(
            "---\napiVersion: autoscaling/{version}\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\n"
        )
    };
    let version = async |text: String| {
        let (_folder, manifests) = open(&[("a.yaml", &text)]);
        let types = manifests.resource_types().await.unwrap().types;
        types
            .into_iter()
            .find(|of| of.kind == "HorizontalPodAutoscaler")
            .unwrap()
            .version
    };
    assert_eq!(version(scaler("a", "v1")).await, "v1");
    assert_eq!(version(scaler("a", "v1") + &scaler("b", "v2beta2")).await, "v2");
    assert_eq!(version(String::new()).await, "v2");
}
