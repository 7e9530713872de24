use super::*;

#[tokio::test]
async fn an_object_is_created_in_a_namespace_that_is_there() {
    let (folder, manifests) = open(&[("pod.yaml", &format!("{POD}  namespace: elsewhere\n"))]);
    let config = built_in_type("ConfigMap");
    let created = manifests
        .create(&config, &config_map(None, "a"), KEEP)
        .await
        .unwrap();
    assert_eq!(created["metadata"]["namespace"], "default");
    assert!(matches!(
        manifests.create(&config, &created, KEEP).await,
        Err(ClusterError::Exists(_))
    ));
    let result = manifests
        .create(&config, &config_map(Some("shop"), "a"), KEEP)
        .await;
    assert!(matches!(result, Err(ClusterError::NamespaceNotFound(name)) if name == "shop"));
    manifests
        .create(&config, &config_map(Some("elsewhere"), "a"), KEEP)
        .await
        .unwrap();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    manifests
        .create(&built_in_type("Namespace"), &namespace, KEEP)
        .await
        .unwrap();
    manifests
        .create(&config, &config_map(Some("shop"), "a"), KEEP)
        .await
        .unwrap();
    let text = fs::read_to_string(folder.path().join("shop/configmaps/a.yaml")).unwrap();
    assert_eq!(
        text,
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: shop\n"
    );
    assert_durable(&manifests).await;
}

#[tokio::test]
async fn a_custom_kind_is_there_from_its_definition_on() {
    let (_folder, manifests) = open(&[]);
    let shop_object = json!({"apiVersion": "example.com/v1", "kind": "Shop", "metadata": {"name": "corner"}});
    assert!(matches!(
        manifests.create(&shop(), &shop_object, KEEP).await,
        Err(ClusterError::UnknownType(_))
    ));
    assert!(matches!(
        manifests.get(&shop(), Some("default"), "corner").await,
        Err(ClusterError::UnknownType(_))
    ));
    let definition = crate::object::yaml::parse(DEFINITION).unwrap();
    manifests
        .create(&built_in_type("CustomResourceDefinition"), &definition, KEEP)
        .await
        .unwrap();
    manifests.create(&shop(), &shop_object, KEEP).await.unwrap();
    assert!(manifests.resource_types().await.unwrap().types.contains(&shop()));
    let refused = manifests
        .delete(
            &built_in_type("CustomResourceDefinition"),
            None,
            "shops.example.com",
            None,
        )
        .await;
    assert!(
        matches!(refused, Err(ClusterError::Rejected { message, .. }) if message.starts_with("1 of its objects"))
    );
    assert_durable(&manifests).await;
    manifests
        .delete(&shop(), Some("default"), "corner", None)
        .await
        .unwrap();
    manifests
        .delete(
            &built_in_type("CustomResourceDefinition"),
            None,
            "shops.example.com",
            None,
        )
        .await
        .unwrap();
    assert!(!manifests.resource_types().await.unwrap().types.contains(&shop()));
}

#[tokio::test]
async fn an_object_is_replaced_and_deleted_in_its_file() {
    let text = format!("# the namespace\n{NAMESPACE}---\n# the pod\n{POD}");
    let (folder, manifests) = open(&[("all.yaml", &text)]);
    let mut pod = manifests
        .get(&built_in_type("Pod"), Some("default"), "web")
        .await
        .unwrap()
        .unwrap();
    pod["spec"] = json!({"hostNetwork": true});
    manifests
        .replace(&built_in_type("Pod"), &pod, KEEP)
        .await
        .unwrap();
    let read = || fs::read_to_string(folder.path().join("all.yaml")).ok();
    let expected = format!(
        "# the namespace\n{NAMESPACE}---\n# the pod\n{POD}  namespace: default\nspec:\n  hostNetwork: true\n"
    );
    assert_eq!(read().unwrap(), expected);
    assert_durable(&manifests).await;
    manifests
        .delete(&built_in_type("Pod"), Some("default"), "web", None)
        .await
        .unwrap();
    assert_eq!(read().unwrap(), format!("# the namespace\n{NAMESPACE}"));
    manifests
        .delete(&built_in_type("Pod"), Some("default"), "web", None)
        .await
        .unwrap();
    assert!(matches!(
        manifests.replace(&built_in_type("Pod"), &pod, KEEP).await,
        Err(ClusterError::NotFound(_))
    ));
    manifests
        .delete(&built_in_type("Namespace"), None, "shop", None)
        .await
        .unwrap();
    assert_eq!(read(), None);
    assert!(ids(&manifests).await.is_empty());
}

#[tokio::test]
async fn the_items_of_a_list_are_changed_one_by_one() {
    let list = "# configs\napiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n- \
        metadata: {name: c}\n";
    let (folder, manifests) = open(&[("list.yaml", list)]);
    let config = built_in_type("ConfigMap");
    let mut changed = config_map(Some("default"), "c");
    changed["data"] = json!({"x": "a text that ends its line\n"});
    manifests.replace(&config, &changed, KEEP).await.unwrap();
    manifests
        .delete(&config, Some("default"), "a", None)
        .await
        .unwrap();
    let again = Manifests::open(&manifests.path).unwrap();
    let found = again.get(&config, Some("default"), "c").await.unwrap();
    assert_eq!(found, Some(changed));
    assert_eq!(
        ids(&manifests).await,
        ["configmaps default/b", "configmaps default/c"]
    );
    assert_durable(&manifests).await;
    assert!(
        fs::read_to_string(folder.path().join("list.yaml"))
            .unwrap()
            .starts_with("# configs\napiVersion: v1\n")
    );
    for name in ["b", "c"] {
        manifests
            .delete(&config, Some("default"), name, None)
            .await
            .unwrap();
    }
    assert!(!folder.path().join("list.yaml").exists());
}

#[tokio::test]
async fn a_namespace_that_holds_objects_is_not_deleted() {
    let (_folder, manifests) = open(&[
        ("a.yaml", NAMESPACE),
        ("b.yaml", &format!("{POD}  namespace: shop\n")),
    ]);
    let refused = manifests
        .delete(&built_in_type("Namespace"), None, "shop", None)
        .await;
    assert!(matches!(refused, Err(ClusterError::Rejected { .. })));
    assert_eq!(ids(&manifests).await.len(), 2);
}

#[rstest]
#[case::equal(Some("1"), Some("1"), true)]
#[case::changed(Some("1"), Some("2"), false)]
#[case::not_asked(Some("1"), None, true)]
#[case::not_known(None, Some("2"), true)]
#[tokio::test]
async fn a_resource_version_that_both_have_must_agree(
    #[case] live: Option<&str>,
    #[case] wanted: Option<&str>,
    #[case] replaced: bool,
) {
    let line = live
        .map(|version| format!("  resourceVersion: '{version}'\n"))
        .unwrap_or_default();
    let (_folder, manifests) = open(&[("pod.yaml", &format!("{POD}{line}"))]);
    let mut pod = crate::object::yaml::parse(POD).unwrap();
    if let Some(wanted) = wanted {
        pod["metadata"]["resourceVersion"] = json!(wanted);
    }
    let result = manifests.replace(&built_in_type("Pod"), &pod, KEEP).await;
    assert_eq!(result.is_ok(), replaced);
    assert!(replaced || matches!(result, Err(ClusterError::Conflict(_))));
}

#[rstest]
#[case(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}), "which is not configmaps")]
#[case(json!({"metadata": {"name": "a"}}), "which is not configmaps")]
#[case(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a/b"}}), "is not a name")]
#[case(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"b": true}}}), "quote it")]
#[tokio::test]
async fn what_a_server_would_refuse_is_refused(#[case] object: Value, #[case] expected: &str) {
    let (folder, manifests) = open(&[]);
    match manifests
        .create(&built_in_type("ConfigMap"), &object, KEEP)
        .await
        .unwrap_err()
    {
        ClusterError::Rejected { message, .. } => assert!(message.contains(expected), "{message}"),
        other => panic!("{other}"),
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_from_many_tasks_all_count() {
    let (_folder, manifests) = open(&[]);
    let (config, manifests) = (built_in_type("ConfigMap"), Arc::new(manifests));
    let tasks = (0..50).map(|number| {
        let (config, manifests) = (config.clone(), Arc::clone(&manifests));
        let object = config_map(None, &format!("c{}", number % 25));
        tokio::spawn(async move { manifests.create(&config, &object, KEEP).await.is_ok() })
    });
    let created = futures::future::join_all(tasks)
        .await
        .into_iter()
        .filter(|result| *result.as_ref().unwrap())
        .count();
    assert_eq!(created, 25, "of two that create one object, one wins");
    assert_durable(&manifests).await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_made_by_the_first_object() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b");
    let error = Manifests::open(&path).unwrap_err();
    assert_eq!(
        crate::report::Problem::from(error).code,
        crate::report::Code::NotFound
    );
    let manifests = Manifests::open_or_create(&path).unwrap();
    assert!(ids(&manifests).await.is_empty() && !path.exists());
    manifests
        .create(&built_in_type("ConfigMap"), &config_map(None, "a"), KEEP)
        .await
        .unwrap();
    assert!(path.join("default/configmaps/a.yaml").is_file());
    assert_durable(&manifests).await;
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let (folder, manifests) = open(&[("pod.yaml", POD)]);
    let try_it = Write { dry_run: true };
    let created = manifests
        .create(&built_in_type("ConfigMap"), &config_map(None, "a"), try_it)
        .await
        .unwrap();
    assert_eq!(created["metadata"]["namespace"], "default");
    let mut pod = crate::object::yaml::parse(POD).unwrap();
    pod["spec"] = json!({"hostNetwork": true});
    manifests
        .replace(&built_in_type("Pod"), &pod, try_it)
        .await
        .unwrap();
    let definition = crate::object::yaml::parse(DEFINITION).unwrap();
    let definitions = built_in_type("CustomResourceDefinition");
    manifests.create(&definitions, &definition, try_it).await.unwrap();
    let taken = manifests.create(&built_in_type("Pod"), &pod, try_it).await;
    assert!(matches!(taken, Err(ClusterError::Exists(_))), "it is checked");
    let mut broken = definition.clone();
    broken["spec"]["versions"] = json!([]);
    let refused = manifests.create(&definitions, &broken, try_it).await;
    assert!(
        matches!(refused, Err(ClusterError::Rejected { .. })),
        "it is checked"
    );
    assert_eq!(ids(&manifests).await, ["pods default/web"]);
    assert_eq!(fs::read_to_string(folder.path().join("pod.yaml")).unwrap(), POD);
}

#[rstest]
#[case::the_one_that_was_meant(Some("1"), Some("1"), true)]
#[case::another_one_of_its_name(Some("1"), Some("2"), false)]
#[case::not_asked(Some("1"), None, true)]
#[case::not_known(None, Some("2"), true)]
#[tokio::test]
async fn only_the_object_that_was_meant_is_deleted(
    #[case] live: Option<&str>,
    #[case] meant: Option<&str>,
    #[case] deleted: bool,
) {
    let line = live.map(|uid| format!("  uid: '{uid}'\n")).unwrap_or_default();
    let (_folder, manifests) = open(&[("pod.yaml", &format!("{POD}{line}"))]);
    let result = manifests
        .delete(&built_in_type("Pod"), Some("default"), "web", meant)
        .await;
    assert_eq!(result.is_ok(), deleted);
    assert!(deleted || matches!(result, Err(ClusterError::Conflict(_))));
    assert_eq!(ids(&manifests).await.is_empty(), deleted);
}

#[tokio::test]
async fn the_versions_of_a_custom_kind_are_those_of_its_definition() {
    let versions = "[{name: v1beta1, served: true}, {name: v1, served: true}, {name: v2, served: false}]";
    let definition = DEFINITION.replace("[{name: v1, served: true, storage: true}]", versions);
    let (_folder, manifests) = open(&[("definition.yaml", &definition)]);
    let discovery = manifests.resource_types().await.unwrap();
    assert_eq!(discovery.versions[&shop().resource], ["v1", "v1beta1"]);
}

#[tokio::test]
async fn what_somebody_else_changed_or_removed_is_seen_when_it_is_looked_at_again() {
    let (folder, manifests) = open(&[]);
    let config = built_in_type("ConfigMap");
    let ours = config_map(None, "a");
    manifests.create(&config, &ours, KEEP).await.unwrap();
    let file = folder.path().join("default/configmaps/a.yaml");
    let theirs = format!("{}data:\n  by: them\n", fs::read_to_string(&file).unwrap());
    fs::write(&file, &theirs).unwrap();
    let conflict = manifests.replace(&config, &ours, KEEP).await;
    assert!(matches!(conflict, Err(ClusterError::Conflict(_))), "{conflict:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), theirs);
    let seen = manifests
        .get(&config, Some("default"), "a")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen["data"]["by"], "them");
    manifests.replace(&config, &ours, KEEP).await.unwrap();
    assert_durable(&manifests).await;

    fs::remove_file(&file).unwrap();
    let conflict = manifests.replace(&config, &ours, KEEP).await;
    assert!(matches!(conflict, Err(ClusterError::Conflict(_))), "{conflict:?}");
    assert_eq!(manifests.get(&config, Some("default"), "a").await.unwrap(), None);
    manifests.create(&config, &ours, KEEP).await.unwrap();
    assert_durable(&manifests).await;
}
