mod changing;
mod copies;
mod reading;
mod rewriting;

use super::*;
use crate::object::{ObjectId, built_in_type};
use futures::TryStreamExt;
use rstest::rstest;
use serde_json::json;
use std::fs;
use tempfile::TempDir;

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

/// What is written counts.
const KEEP: Write = Write { dry_run: false };
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: \
    shops.example.com\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {plural: shops, kind: Shop}\n  \
    versions: [{name: v1, served: true, storage: true}]\n";
const SHOP: &str = "apiVersion: example.com/v1\nkind: Shop\nmetadata:\n  name: corner\n";
