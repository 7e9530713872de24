use super::*;

/// All objects of a cluster, as they are.
pub(super) async fn objects(manifests: &Manifests) -> Vec<(ResourceType, Value)> {
    let mut objects = Vec::new();
    for of in manifests.resource_types().await.unwrap().types {
        let pages: Vec<Page> = manifests
            .list(&of, &ListOptions::default())
            .try_collect()
            .await
            .unwrap();
        let items = pages.into_iter().flat_map(|page| page.items);
        objects.extend(items.map(|item| (of.clone(), serde_json::from_str(&item.json).unwrap())));
    }
    objects
}

/// A folder, written object by object into another one, is the same there.
async fn assert_copied_whole(source: &Path) -> usize {
    let source = Manifests::open(source).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = Manifests::open_or_create(&folder.path().join("copy")).unwrap();
    let (all, namespace_type) = (objects(&source).await, built_in_type("Namespace"));
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
            let made = target.create(&namespace_type, &bare, KEEP).await;
            assert!(matches!(made, Ok(_) | Err(ClusterError::Exists(_))));
        }
        target.create(of, object, KEEP).await.unwrap();
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
