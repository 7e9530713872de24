//! Where new objects are written.

use crate::object::{GroupResource, ObjectKey};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The folder of objects that are in no namespace; no namespace can be called so.
const CLUSTER_FOLDER: &str = "_cluster";

/// Names that are longer are shortened in paths: file systems take 255 bytes, some of which the extension and the mark
/// of a second file of that name need.
const LONGEST_NAME: usize = 240;

/// The file for a new object: `shop/deployments.apps/web.yaml`, `_cluster/namespaces/shop.yaml`.
pub(super) fn new_file(root: &Path, resource: &GroupResource, key: &ObjectKey) -> PathBuf {
    let folder = key.namespace.as_deref().unwrap_or(CLUSTER_FOLDER);
    root.join(folder)
        .join(resource.to_string())
        .join(format!("{}.yaml", file_name(&key.name)))
}

/// A name as the name of a file: not hidden, and not too long. Two names never become one, as no name has a `%`.
fn file_name(name: &str) -> String {
    let visible = match name.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => name.to_owned(),
    };
    if visible.len() <= LONGEST_NAME {
        return visible;
    }
    let digest = hex::encode(Sha256::digest(name.as_bytes()));
    let start = visible
        .get(..visible.floor_char_boundary(200))
        .unwrap_or_default();
    format!("{start}%{}", digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("deployments.apps", Some("shop"), "web", "shop/deployments.apps/web.yaml")]
    #[case("namespaces", None, "shop", "_cluster/namespaces/shop.yaml")]
    #[case(
        "clusterroles.rbac.authorization.k8s.io",
        None,
        "system:node",
        "_cluster/clusterroles.rbac.authorization.k8s.io/system:node.yaml"
    )]
    #[case(
        "roles.rbac.authorization.k8s.io",
        Some("shop"),
        ".hidden",
        "shop/roles.rbac.authorization.k8s.io/%2Ehidden.yaml"
    )]
    fn an_object_has_its_file(
        #[case] resource: &str,
        #[case] namespace: Option<&str>,
        #[case] name: &str,
        #[case] expected: &str,
    ) {
        let key = ObjectKey::new(namespace, name);
        let path = new_file(Path::new("/x"), &resource.parse().unwrap(), &key);
        assert_eq!(path, Path::new("/x").join(expected));
    }

    #[test]
    fn long_names_stay_apart() {
        let names = ["é".repeat(126), format!("{}a", "é".repeat(126))].map(|name| file_name(&name));
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.len() <= LONGEST_NAME));
    }
}
