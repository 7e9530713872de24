use super::*;
use crate::object::{ObjectId, built_in_types};
use futures::TryStreamExt;
use rstest::rstest;
use serde_json::json;
use std::fs;
use tempfile::TempDir;

fn of(kind: &str) -> ResourceType {
    built_in_types()
        .iter()
        .find(|built_in| built_in.of.kind == kind)
        .unwrap()
        .of
        .clone()
}

fn shop() -> ResourceType {
    ResourceType {
        resource: "shops.example.com".parse().unwrap(),
        version: "v1".to_owned(),
        kind: "Shop".to_owned(),
        namespaced: true,
    }
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn open(files: &[(&str, &str)]) -> (TempDir, Manifests) {
    let folder = folder(files);
    let manifests = Manifests::open(folder.path()).unwrap();
    (folder, manifests)
}

/// The error for a folder with these files, with the folder's path left out.
fn refused(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let error = Manifests::open(folder.path()).unwrap_err().to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

async fn ids(manifests: &Manifests) -> Vec<String> {
    let mut ids: Vec<ObjectId> = Vec::new();
    for of in manifests.resource_types().await.unwrap().types {
        let pages: Vec<Page> = manifests
            .list(&of, &ListOptions::default())
            .try_collect()
            .await
            .unwrap();
        ids.extend(pages.into_iter().flat_map(|page| page.items).map(|item| item.id));
    }
    assert!(ids.is_sorted());
    ids.iter().map(ToString::to_string).collect()
}

/// The same objects are there after the folder is read again.
async fn assert_durable(manifests: &Manifests) {
    let again = Manifests::open(&manifests.path).unwrap();
    assert_eq!(ids(&again).await, ids(manifests).await);
}

fn config_map(namespace: Option<&str>, name: &str) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    object
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: \
    shops.example.com\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {plural: shops, kind: Shop}\n  \
    versions: [{name: v1, served: true, storage: true}]\n";
const SHOP: &str = "apiVersion: example.com/v1\nkind: Shop\nmetadata:\n  name: corner\n";

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
    let namespace = of("Namespace");
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        let found = manifests.get(&namespace, None, name).await.unwrap().unwrap();
        assert_eq!(found["metadata"]["name"], name);
    }
    assert_eq!(manifests.get(&namespace, None, "shop").await.unwrap(), None);
    assert!(ids(&manifests).await.is_empty());
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"a": "b"}}});
    manifests.create(&namespace, &object).await.unwrap();
    assert_eq!(
        manifests.get(&namespace, None, "default").await.unwrap(),
        Some(object.clone())
    );
    assert!(matches!(
        manifests.create(&namespace, &object).await,
        Err(ClusterError::Exists(_))
    ));
    assert_durable(&manifests).await;
}

#[tokio::test]
async fn an_object_is_created_in_a_namespace_that_is_there() {
    let (folder, manifests) = open(&[("pod.yaml", &format!("{POD}  namespace: elsewhere\n"))]);
    let config = of("ConfigMap");
    let created = manifests.create(&config, &config_map(None, "a")).await.unwrap();
    assert_eq!(created["metadata"]["namespace"], "default");
    assert!(matches!(
        manifests.create(&config, &created).await,
        Err(ClusterError::Exists(_))
    ));
    for namespace in ["shop", "elsewhere"] {
        let result = manifests.create(&config, &config_map(Some(namespace), "a")).await;
        assert!(matches!(result, Err(ClusterError::NamespaceNotFound(name)) if name == namespace));
    }
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    manifests.create(&of("Namespace"), &namespace).await.unwrap();
    manifests
        .create(&config, &config_map(Some("shop"), "a"))
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
        manifests.create(&shop(), &shop_object).await,
        Err(ClusterError::UnknownType(_))
    ));
    assert!(matches!(
        manifests.get(&shop(), Some("default"), "corner").await,
        Err(ClusterError::UnknownType(_))
    ));
    let definition = crate::object::yaml::parse(DEFINITION).unwrap();
    manifests
        .create(&of("CustomResourceDefinition"), &definition)
        .await
        .unwrap();
    manifests.create(&shop(), &shop_object).await.unwrap();
    assert!(manifests.resource_types().await.unwrap().types.contains(&shop()));
    let refused = manifests
        .delete(&of("CustomResourceDefinition"), None, "shops.example.com")
        .await;
    assert!(
        matches!(refused, Err(ClusterError::Rejected { message, .. }) if message.starts_with("1 of its objects"))
    );
    assert_durable(&manifests).await;
    manifests
        .delete(&shop(), Some("default"), "corner")
        .await
        .unwrap();
    manifests
        .delete(&of("CustomResourceDefinition"), None, "shops.example.com")
        .await
        .unwrap();
    assert!(!manifests.resource_types().await.unwrap().types.contains(&shop()));
}

#[tokio::test]
async fn an_object_is_replaced_and_deleted_in_its_file() {
    let text = format!("# the namespace\n{NAMESPACE}---\n# the pod\n{POD}");
    let (folder, manifests) = open(&[("all.yaml", &text)]);
    let mut pod = manifests
        .get(&of("Pod"), Some("default"), "web")
        .await
        .unwrap()
        .unwrap();
    pod["spec"] = json!({"hostNetwork": true});
    manifests.replace(&of("Pod"), &pod).await.unwrap();
    let read = || fs::read_to_string(folder.path().join("all.yaml")).ok();
    let expected = format!(
        "# the namespace\n{NAMESPACE}---\n# the pod\n{POD}  namespace: default\nspec:\n  hostNetwork: true\n"
    );
    assert_eq!(read().unwrap(), expected);
    assert_durable(&manifests).await;
    manifests
        .delete(&of("Pod"), Some("default"), "web")
        .await
        .unwrap();
    assert_eq!(read().unwrap(), format!("# the namespace\n{NAMESPACE}"));
    manifests
        .delete(&of("Pod"), Some("default"), "web")
        .await
        .unwrap();
    assert!(matches!(
        manifests.replace(&of("Pod"), &pod).await,
        Err(ClusterError::NotFound(_))
    ));
    manifests.delete(&of("Namespace"), None, "shop").await.unwrap();
    assert_eq!(read(), None);
    assert!(ids(&manifests).await.is_empty());
}

#[tokio::test]
async fn numbers_keep_all_their_digits() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nrate: 0.9717502954689279\nlarge: 18446744073709551615\n";
    let (_folder, manifests) = open(&[("a.yaml", text)]);
    let object = manifests
        .get(&of("ConfigMap"), Some("default"), "a")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(object["rate"].to_string(), "0.9717502954689279");
    assert_eq!(object["large"].to_string(), "18446744073709551615");
}

#[tokio::test]
async fn the_items_of_a_list_are_changed_one_by_one() {
    let list = "# configs\napiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n- \
        metadata: {name: c}\n";
    let (folder, manifests) = open(&[("list.yaml", list)]);
    let config = of("ConfigMap");
    manifests.delete(&config, Some("default"), "a").await.unwrap();
    let mut changed = config_map(Some("default"), "c");
    changed["data"] = json!({"x": "1"});
    manifests.replace(&config, &changed).await.unwrap();
    assert_eq!(
        manifests.get(&config, Some("default"), "c").await.unwrap(),
        Some(changed)
    );
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
        manifests.delete(&config, Some("default"), name).await.unwrap();
    }
    assert!(!folder.path().join("list.yaml").exists());
}

#[tokio::test]
async fn a_namespace_that_holds_objects_is_not_deleted() {
    let (_folder, manifests) = open(&[
        ("a.yaml", NAMESPACE),
        ("b.yaml", &format!("{POD}  namespace: shop\n")),
    ]);
    let refused = manifests.delete(&of("Namespace"), None, "shop").await;
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
    let result = manifests.replace(&of("Pod"), &pod).await;
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
    match manifests.create(&of("ConfigMap"), &object).await.unwrap_err() {
        ClusterError::Rejected { message, .. } => assert!(message.contains(expected), "{message}"),
        other => panic!("{other}"),
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
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
            .list(&of("ConfigMap"), &options)
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
            .list(&of("ConfigMap"), &wrong)
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

#[tokio::test(flavor = "multi_thread")]
async fn calls_from_many_tasks_all_count() {
    let (_folder, manifests) = open(&[]);
    let (config, manifests) = (of("ConfigMap"), Arc::new(manifests));
    let tasks = (0..50).map(|number| {
        let (config, manifests) = (config.clone(), Arc::clone(&manifests));
        let object = config_map(None, &format!("c{}", number % 25));
        tokio::spawn(async move { manifests.create(&config, &object).await.is_ok() })
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
        .create(&of("ConfigMap"), &config_map(None, "a"))
        .await
        .unwrap();
    assert!(path.join("default/configmaps/a.yaml").is_file());
    assert_durable(&manifests).await;
}

/// All objects of a cluster, as they are.
async fn objects(manifests: &Manifests) -> Vec<(ResourceType, Value)> {
    let mut objects = Vec::new();
    for of in manifests.resource_types().await.unwrap().types {
        let pages: Vec<Page> = manifests
            .list(&of, &ListOptions::default())
            .try_collect()
            .await
            .unwrap();
        let items = pages.into_iter().flat_map(|page| page.items);
        objects.extend(items.map(|item| (of.clone(), serde_json::from_str(item.json.get()).unwrap())));
    }
    objects
}

/// A folder, written object by object into another one, is the same there.
async fn assert_copied_whole(source: &Path) -> usize {
    let source = Manifests::open(source).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = Manifests::open_or_create(&folder.path().join("copy")).unwrap();
    let (all, namespace_type) = (objects(&source).await, of("Namespace"));
    let order = |of: &ResourceType| match of.kind.as_str() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        _ => 2,
    };
    let mut sorted = all.clone();
    sorted.sort_by_key(|(of, _)| order(of));
    for (of, object) in &sorted {
        if let Some(namespace) = object["metadata"]["namespace"].as_str() {
            let bare = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            let made = target.create(&namespace_type, &bare).await;
            assert!(matches!(made, Ok(_) | Err(ClusterError::Exists(_))));
        }
        target.create(of, object).await.unwrap();
    }
    let again = Manifests::open(&target.path).unwrap();
    let mut copied = objects(&again).await;
    copied
        .retain(|(of, object)| of.kind != "Namespace" || all.iter().any(|(_, original)| original == object));
    assert_eq!(copied.len(), all.len());
    assert!(copied == all, "every object is equal");
    all.len()
}

#[tokio::test]
async fn the_demo_is_a_whole_application() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/cluster");
    let manifests = Manifests::open(&demo).unwrap();
    assert!(manifests.resource_types().await.unwrap().warnings.is_empty());
    let found = ids(&manifests).await;
    for expected in [
        "deployments.apps shop/storefront",
        "persistentvolumeclaims shop/data-database-0",
        "campaigns.shop.example.com shop/spring-sale",
        "configmaps shop-staging/storefront",
    ] {
        assert!(found.iter().any(|id| id == expected), "{found:?}");
    }
    assert_eq!(assert_copied_whole(&demo).await, found.len());
}

/// Published manifests of other people, which are not part of this repository.
fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let corpus = std::env::var_os("LAZARETTE_CORPUS").map_or(beside, PathBuf::from);
    if corpus.is_dir() {
        return Some(corpus);
    }
    eprintln!(
        "skipped: no corpus at {}; name one with LAZARETTE_CORPUS",
        corpus.display()
    );
    None
}

#[tokio::test]
async fn published_manifests_are_copied_whole() {
    let Some(corpus) = corpus() else { return };
    let mut folders: Vec<_> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    for folder in folders {
        let count = assert_copied_whole(&folder).await;
        assert!(count > 10, "{} holds {count} objects", folder.display());
    }
}
