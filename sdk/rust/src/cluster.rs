//! Look-ups in the cluster that the operation works on. They need the grants `cluster.get` and `cluster.list`.

#[cfg(target_family = "wasm")]
use crate::bindings::modifier::lazarette::plugin::cluster as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::cluster as host;

use crate::{Error, Object};

/// One object as it was before the operation, or none. `group_resource` is `configmaps` or `deployments.apps`.
///
/// ```
/// use lazarette_sdk::{cluster, json, testing::{self, Fixture}};
///
/// testing::grant_objects(vec![Fixture::new(json!({
///     "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"},
/// }))]);
/// assert!(cluster::get("storageclasses.storage.k8s.io", None, "fast").unwrap().is_some());
/// assert!(cluster::get("storageclasses.storage.k8s.io", None, "slow").unwrap().is_none());
/// ```
pub fn get(
    group_resource: &str,
    namespace: Option<&str>,
    name: &str,
) -> Result<Option<Object<'static>>, Error> {
    Ok(host::get(group_resource, namespace, name)?.map(Object::owned))
}

/// All objects of a type that `label_selector` (as in `kubectl -l`, empty for all) fits, page by page.
///
/// ```
/// use lazarette_sdk::{cluster, json, testing::{self, Fixture}};
///
/// let config_map = |name| json!({
///     "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"},
/// });
/// testing::grant_objects(vec![Fixture::new(config_map("flags")), Fixture::new(config_map("texts"))]);
/// let found = cluster::list("configmaps", Some("shop"), "").unwrap();
/// assert_eq!(found.len(), 2);
/// assert!(cluster::list("configmaps", Some("bank"), "").unwrap().is_empty());
/// ```
pub fn list(
    group_resource: &str,
    namespace: Option<&str>,
    label_selector: &str,
) -> Result<Vec<Object<'static>>, Error> {
    let mut objects = Vec::new();
    let mut next = None;
    loop {
        let page = host::list(group_resource, namespace, label_selector, next.as_deref())?;
        objects.extend(page.items.into_iter().map(Object::owned));
        next = page.next;
        if next.is_none() {
            return Ok(objects);
        }
    }
}
